import json

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from commonweal.electorate import Electorate, areas_geojson, names
from commonweal.electorate.groups import rank_within
from commonweal.electorate.households import gather
from commonweal.electorate.model import FEMALE, MALE, REFERENCE_DAY, Block, People
from commonweal.electorate.people import populate, registration_number


@pytest.fixture(scope="module")
def block() -> Block:
    return next(iter(Electorate(40_000, seed=3).blocks()))


@pytest.fixture(scope="module")
def people(block: Block) -> People:
    return populate(block)


def test_each_place_has_its_voters_and_others(block: Block, people: People) -> None:
    everyone = np.bincount(people.place, minlength=265)[block.places]
    voters = np.bincount(people.place[people.on_roll], minlength=265)[block.places]
    assert (everyone == block.registered + block.others).all()
    assert (voters == block.registered).all()


def test_blocks_cover_the_town_without_overlap() -> None:
    electorate = Electorate(50_000)
    blocks = list(electorate.blocks())
    assert np.concatenate([block.places for block in blocks]).tolist() == list(range(265))
    assert sum(int(block.registered.sum()) for block in blocks) == 50_000
    ends = [block.first_person + block.size for block in blocks]
    assert [block.first_person for block in blocks] == [0, *ends[:-1]]


def test_addresses_on_the_roll_lie_inside_their_polling_place(people: People) -> None:
    features = json.loads(areas_geojson().read_text(encoding="utf-8"))["features"]
    areas = np.array([shape(feature["geometry"]) for feature in features])[people.place]
    assert shapely.contains_xy(areas, people.point[:, 0], people.point[:, 1]).all()
    assert set(people.registered_home.town) == {"Toulouse"}


def test_a_household_shares_its_home(people: People) -> None:
    first = people.household - people.number[0]
    assert (people.registered_home.street == people.registered_home.street[first]).all()
    assert (people.home.street == people.home.street[first]).all()
    assert (people.household <= people.number).all()


def test_all_are_adults_born_before_they_registered(people: People) -> None:
    assert people.age.min() >= 17  # REFERENCE_DAY less 18.05 years, counted in whole years
    assert people.age.max() <= 101
    assert (people.registered_on > people.born).all()
    assert (people.registered_on <= REFERENCE_DAY).all()


def test_registration_numbers_are_unique_and_have_nine_digits() -> None:
    found = registration_number(np.concatenate([np.arange(200_000), np.arange(10_300_000, 10_400_000)]))
    assert len(np.unique(found)) == 300_000
    assert found.min() >= 100_000_000
    assert found.max() <= 999_999_999


def test_kinship_makes_juniors_twins_and_shared_names(block: Block) -> None:
    kin = gather(block)
    member = rank_within(kin.home)
    head = np.flatnonzero(member == 0)[kin.home]
    younger = (REFERENCE_DAY - kin.born).astype(int) + 20 * 365 < (REFERENCE_DAY - kin.born[head]).astype(int)
    son = (member > 0) & younger & (kin.sex == MALE) & (kin.sex[head] == MALE)
    junior = son & (kin.given == kin.given[head]) & (kin.birth_name == kin.birth_name[head])
    assert 0.02 < junior.sum() / son.sum() < 0.15
    twins = (kin.born[1:] == kin.born[:-1]) & (kin.home[1:] == kin.home[:-1])
    assert twins.sum() > 0
    wife = (member == 1) & (kin.sex == FEMALE) & (kin.used_name != kin.birth_name)
    assert (kin.used_name[wife] == kin.birth_name[head][wife]).mean() > 0.8


def test_couples_share_e_mails_and_nobody_else_does(people: People) -> None:
    seen: dict[str, int] = {}
    shared = 0
    for email, household in zip(people.email, people.household, strict=True):
        if not email:
            continue
        assert seen.setdefault(email, household) == household
        shared += 1
    assert shared > len(seen)


def test_homonyms_occur(people: People) -> None:
    pool = names.given_names()
    full = [f"{pool[g]} {s}" for g, s in zip(people.given, people.used_name, strict=True)]
    assert len(full) - len(set(full)) > 5
