from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.intake.model import Kind, Origin
from commonweal.people import rules
from commonweal.people.errors import BadSourcesRank, TooManyBatches
from commonweal.people.model import ListBatch, ListColumn
from commonweal.people.tables import Sources
from commonweal.store.catalogue import KEY_FIELDS, PERSON_FIELDS

from .lists import BATCHES

_batches = st.lists(
    st.builds(
        ListBatch,
        batch_id=st.integers(1, 10_000),
        source=st.sampled_from(["a", "b", "c"]),
        kind=st.sampled_from(Kind),
        origin=st.sampled_from(Origin),
        as_of=st.dates(date(2020, 1, 1), date(2027, 1, 1)),
    ),
    unique_by=lambda batch: batch.batch_id,
    max_size=8,
)


def order(group, preferred=()):
    places = rules.ranks(BATCHES, group, preferred)
    return [batch.source for batch in sorted(BATCHES, key=lambda batch: places[batch.batch_id])]


def test_each_group_has_its_order():
    assert order("name") == ["roll", "canvass", "signups", "donors", "append"]
    assert order("address") == ["canvass", "signups", "donors", "roll", "append"]
    assert order("email") == ["signups", "donors", "canvass", "roll", "append"]


def test_preferred_lists_and_kinds_go_first_in_their_order():
    assert order("name", ["append", "signups"]) == ["append", "signups", "roll", "canvass", "donors"]


def test_every_field_has_one_rule():
    grouped = [name for group in rules.GROUPS.values() for name in group.fields]
    assert sorted([*grouped, *rules.CONSENTS]) == sorted(PERSON_FIELDS)
    assert set(rules.KEY_OF) == set(KEY_FIELDS)


@given(_batches, st.sampled_from(sorted(rules.GROUPS)), st.permutations(["a", "roll", "b", "zzz"]))
def test_an_order_has_no_ties_and_does_not_depend_on_the_order_of_the_batches(batches, group, preferred):
    places = rules.ranks(batches, group, preferred)
    assert sorted(places.values()) == list(range(len(batches)))
    assert rules.ranks(batches[::-1], group, preferred) == places


@given(_batches, st.sampled_from(sorted(rules.GROUPS)))
def test_of_the_same_list_the_newer_batch_wins(batches, group):
    for batch in batches:
        newer = replace(batch, batch_id=20_000, as_of=batch.as_of + timedelta(days=1))
        places = rules.ranks([*batches, newer], group)
        assert places[newer.batch_id] < places[batch.batch_id]


@given(_batches)
def test_a_yes_beats_a_no_only_as_the_persons_own_later_word(batches):
    places = rules.consent_ranks(batches)
    assert len(set(places.values())) == 2 * len(batches)
    for no in batches:
        for yes in batches:
            own_and_later = yes.origin is Origin.GIVEN and yes.as_of > no.as_of
            assert (places[yes.batch_id, "yes"] < places[no.batch_id, "no"]) == own_and_later


def test_a_column_may_stand_for_several_fields():
    columns = {name: ListColumn(name.upper(), "", "") for name in ("full_name", "age", "surname")}
    found = {
        target: rules.column_of(columns, target) for target in ("surname", "given_name", "birth_year", "sex")
    }
    assert {target: column and column.name for target, column in found.items()} == {
        "surname": "SURNAME",
        "given_name": "FULL_NAME",
        "birth_year": "AGE",
        "sex": None,
    }


def test_preferences_name_groups():
    rules.check_preferences({"name": ("roll",)})
    with pytest.raises(BadSourcesRank, match="'emial'"):
        rules.check_preferences({"emial": ("roll",)})


def test_a_profile_numbers_only_so_many_batches():
    many = [replace(BATCHES[0], batch_id=number) for number in range(rules.MOST_BATCHES + 1)]
    with pytest.raises(TooManyBatches, match="65537"):
        Sources(*[None] * 5, many)
