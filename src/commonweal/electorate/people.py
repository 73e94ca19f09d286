"""The people of a block as they really are, before any list gets hold of them."""

from __future__ import annotations

import numpy as np

from commonweal.electorate import contact_points
from commonweal.electorate.groups import highest, rank_within
from commonweal.electorate.households import Kin, gather
from commonweal.electorate.model import (
    INCOME_BANDS,
    JOBS,
    REFERENCE_DAY,
    TOPICS,
    Block,
    Days,
    Flags,
    Floats,
    Ints,
    People,
    Texts,
)
from commonweal.electorate.places import toulouse
from commonweal.electorate.streets import Homes, elsewhere, settle

# Households no longer at the address on the roll: of young heads more, of old ones fewer, 9% of the people in all.
_MOVED = 0.085
_SHARED_EMAIL = 0.22  # couples over 50 with one address between them

# Registration numbers are a permutation of the persons' numbers: unique, nine digits, telling nothing.
_REGISTRATION_MODULUS = 899_999_963
_REGISTRATION_STRIDE = 387_420_489
_REGISTRATION_BASE = 100_000_000


def populate(block: Block) -> People:
    """The people of `block`: kinship, names, ages, homes, work, interests and contact points."""
    kin = gather(block)
    homes = settle(block, kin.home_place)
    rng = block.stream("people")
    place = kin.home_place[kin.home]
    number = block.first_person + np.arange(len(kin.home))
    first = np.flatnonzero(rank_within(kin.home) == 0)[kin.home]
    on_roll = _on_roll(rng, block, place, kin.born)
    moved = _moved(rng, kin)
    registered_home = homes.address.take(kin.home)
    new_home = elsewhere(block, rng, len(homes.building)).take(kin.home)
    wealth = _wealth()[block.places[place]]
    job = _jobs(rng, kin.born, wealth)
    mine = contact_points.emails(rng, block.voters, kin.usual, kin.used_name, _year(kin.born))
    email, mobile, landline = _reach(rng, kin, number, first, mine)
    return People(
        number=number,
        household=number[first],
        place=block.places[place],
        registration=np.where(on_roll, registration_number(number), 0),
        sex=kin.sex,
        born=kin.born,
        registered_on=_registered_on(rng, kin.born),
        given=kin.given,
        second=kin.second,
        usual=kin.usual,
        birth_name=kin.birth_name,
        used_name=kin.used_name,
        registered_home=registered_home,
        home=new_home.where(moved, registered_home),
        point=homes.point[kin.home],
        building=homes.building[kin.home],
        moved=moved,
        owner=_owners(rng, kin, homes, first, wealth),
        household_size=_household_sizes(rng, kin),
        job=job,
        income=_incomes(rng, job, wealth, first),
        interests=_interests(rng, kin, wealth),
        email=email,
        mobile=mobile,
        landline=landline,
    )


def registration_number(number: Ints) -> Ints:
    """The number on the roll of each person: one to one, nine digits."""
    return np.asarray(_REGISTRATION_BASE + number * _REGISTRATION_STRIDE % _REGISTRATION_MODULUS)


def _year(born: Days) -> Ints:
    return np.asarray(born.astype("datetime64[Y]").astype(np.int64) + 1970)


def _age(born: Days) -> Floats:
    return np.asarray((REFERENCE_DAY - born).astype(np.int64) / 365.25)


def _wealth() -> Floats:
    """How well-off each place is, mean 0 and deviation 1: read from its turnout and its result."""
    ground = toulouse()
    index = _standard(np.log(ground.share_a / (1 - ground.share_a))) + _standard(ground.turnout_rate)
    return np.clip(_standard(index), -2.5, 2.5)


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / values.std())


def _on_roll(rng: np.random.Generator, block: Block, place: Ints, born: Days) -> Flags:
    """Exactly as many as each place has registered; the young and the middle-aged are missing most."""
    score = rng.gumbel(size=len(place)) + np.clip(_age(born), 18, 60) / 20
    return highest(score, place, block.registered)


def _registered_on(rng: np.random.Generator, born: Days) -> Days:
    """The day of registration: most at 18 (or 50 years ago, if that is later), others when they came to town."""
    earliest = np.maximum(born + np.timedelta64(6575, "D"), REFERENCE_DAY - np.timedelta64(18_262, "D"))
    late = rng.random(len(born)) < 0.30
    wait = (REFERENCE_DAY - earliest).astype(np.int64) * np.where(late, rng.random(len(born)) ** 2.2, 0)
    return np.asarray(earliest + wait.astype("timedelta64[D]"))


def _moved(rng: np.random.Generator, kin: Kin) -> Flags:
    """Whole households that live elsewhere now; young ones more often."""
    first = np.flatnonzero(rank_within(kin.home) == 0)
    age = _age(kin.born)[first]
    chance = _MOVED * np.clip(2.1 - age / 45, 0.45, 1.7)
    return np.asarray((rng.random(len(first)) < chance)[kin.home])


def _jobs(rng: np.random.Generator, born: Days, wealth: Floats) -> Ints:
    age = _age(born)
    #            land, trades, managers, intermediate, clerks, workers
    level = np.log([0.003, 0.06, 0.27, 0.27, 0.25, 0.147])
    slope = np.array([0.0, 0.05, 0.55, 0.1, -0.35, -0.6])
    score = level + slope * wealth[:, None] + rng.gumbel(size=(len(born), len(level)))
    job = score.argmax(axis=1)
    u = rng.random(len(born))
    job = np.where(u < np.clip((age - 57) / 9, 0, 0.97), JOBS.index("retraites"), job)
    student = u < np.clip((27 - age) / 9, 0.06, 0.85)
    return np.where(student & (age < 62), JOBS.index("etudiants_sans_activite"), job).astype(np.int64)


def _owners(rng: np.random.Generator, kin: Kin, homes: Homes, first: Ints, wealth: Floats) -> Flags:
    age = _age(kin.born)[first]
    score = -1.9 + 0.045 * np.clip(age - 25, 0, 45) + 1.3 * homes.house[kin.home] + 0.35 * wealth
    return np.asarray((rng.random(len(first)) < 1 / (1 + np.exp(-score)))[first])


def _household_sizes(rng: np.random.Generator, kin: Kin) -> Ints:
    """All who live there: the adults and, with couples of the right age, their children."""
    adults = np.bincount(kin.home)
    first = np.flatnonzero(rank_within(kin.home) == 0)
    age = _age(kin.born)[first]
    young = (adults >= 2) & (age > 27) & (age < 52)
    children = np.where(young, rng.binomial(3, 0.42, len(first)), 0)
    return np.asarray((adults + children)[kin.home], dtype=np.int64)


def _incomes(rng: np.random.Generator, job: Ints, wealth: Floats, first: Ints) -> Ints:
    """Band of the household's income, an index into INCOME_BANDS, alike for all its members."""
    by_job = np.array([1.2, 2.4, 3.7, 2.7, 1.7, 1.6, 2.0, 0.7])
    band = by_job[job] + 0.5 * wealth + rng.normal(0.3, 0.9, len(job))
    return np.clip(np.round(band), 0, len(INCOME_BANDS) - 1).astype(np.int64)[first]


def _interests(rng: np.random.Generator, kin: Kin, wealth: Floats) -> Ints:
    """Which TOPICS a person cares about, as bits: two or three of ten, by age and place."""
    youth = np.clip((45 - _age(kin.born)) / 20, -2, 1.5)[:, None]
    level = np.array([-1.2, -1.3, -1.4, -1.3, -1.6, -1.0, -1.6, -0.7, -1.7, -1.6])
    by_youth = np.array([0.55, 0.45, -0.25, 0.25, 0.30, -0.45, -0.40, 0.0, 0.25, 0.45])
    by_wealth = np.array([-0.40, 0.35, -0.10, 0.0, 0.10, 0.0, -0.05, -0.45, 0.35, -0.25])
    score = level + by_youth * youth + by_wealth * wealth[:, None]
    cares = rng.random(score.shape) < 1 / (1 + np.exp(-score))
    return np.asarray(cares @ (1 << np.arange(len(TOPICS))), dtype=np.int64)


def _reach(
    rng: np.random.Generator, kin: Kin, number: Ints, first: Ints, mine: Texts
) -> tuple[Texts, Texts, Texts]:
    """E-mail, mobile and landline, empty where a person has none; some older couples share one e-mail."""
    n, age = len(number), _age(kin.born)
    partner = (np.arange(n) == first + 1) & (np.abs(age - age[first]) < 12)
    shares = partner & (age > 50) & (rng.random(n) < _SHARED_EMAIL)
    email = np.where(shares, mine[first], mine)
    email[rng.random(n) > np.clip(1.35 - age / 110, 0.4, 0.97)] = ""
    mobile = contact_points.mobiles(number, rng.random(n) < np.clip(1.4 - age / 160, 0.5, 0.96))
    has_landline = (rng.random(n) < np.clip(age / 110, 0.1, 0.8))[first]
    return email, mobile, contact_points.landlines(number[first], has_landline)
