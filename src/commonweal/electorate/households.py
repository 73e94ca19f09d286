"""Who lives with whom: households of adults with their ages, kinship and names.

Kinship is what makes identity hard: couples with one surname, sons with their father's first name, twins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.electorate import names
from commonweal.electorate.groups import fill, rank_within
from commonweal.electorate.model import FEMALE, MALE, REFERENCE_DAY, Block, Days, Flags, Ints, Texts

HEAD, PARTNER, CHILD, ELDER, MATE = range(5)

# Kinds of households by their adults, with their share of all households.
_KINDS: tuple[tuple[float, tuple[int, ...]], ...] = (
    (0.420, (HEAD,)),
    (0.270, (HEAD, PARTNER)),
    (0.075, (HEAD, PARTNER, CHILD)),
    (0.040, (HEAD, PARTNER, CHILD, CHILD)),
    (0.060, (HEAD, CHILD)),
    (0.020, (HEAD, CHILD, CHILD)),
    (0.055, (HEAD, MATE)),
    (0.040, (HEAD, MATE, MATE)),
    (0.020, (HEAD, PARTNER, ELDER)),
)
_SHARES = np.array([share for share, _roles in _KINDS])
_SIZES = np.array([len(roles) for _share, roles in _KINDS])
_ROLES = np.array([roles + (MATE,) * (4 - len(roles)) for _share, roles in _KINDS])
_ALONE, _COUPLE, _FLATSHARE = (0,), (1,), (6, 7)

_SAME_SEX_COUPLES = 0.035
_MARRIED = 0.62
_TAKES_SPOUSES_NAME = 0.72  # of married women; another 8% join both names
_JOINS_NAMES = 0.08
_JUNIORS = 0.06  # sons given their father's first name
_TWINS = 0.06  # of two adult children at home
_GOES_BY_SECOND_NAME = 0.025


@dataclass(frozen=True, eq=False)
class Kin:
    """The adults of a block, household by household; see `People` for the arrays with the same names.

    `home` numbers the household within the block; `home_place`, one entry a household, is its place there.
    """

    home: Ints
    home_place: Ints
    sex: Ints
    born: Days
    given: Ints
    second: Ints
    usual: Ints
    birth_name: Texts
    used_name: Texts


def gather(block: Block) -> Kin:
    """Fill the block's places with households, to exactly the number of people they hold."""
    rng = block.stream("households")
    kinds = rng.choice(len(_KINDS), size=block.size, p=_SHARES)
    used, places, sizes = fill(_SIZES[kinds], block.registered + block.others)
    kinds = kinds[used]
    home = np.repeat(np.arange(len(kinds)), sizes)
    member = rank_within(home)
    kind, role = kinds[home], _ROLES[kinds[home], member]
    head = np.flatnonzero(member == 0)[home]
    sex = _sexes(rng, role, head)
    born = _births(rng, kind, role, member, head)
    father = _fathers(role, sex, head)
    given = _given(rng, sex, born, role, father)
    second = names.draw_given(rng, sex, _year(born) - 25)
    by_second = rng.random(len(home)) < _GOES_BY_SECOND_NAME
    birth_name, used_name = _surnames(rng, role, sex, head, father)
    return Kin(
        home=home,
        home_place=places,
        sex=sex,
        born=born,
        given=given,
        second=second,
        usual=np.where(by_second, second, given),
        birth_name=birth_name,
        used_name=used_name,
    )


def _sexes(rng: np.random.Generator, role: Ints, head: Ints) -> Ints:
    sex = np.where(rng.random(len(role)) < 0.525, FEMALE, MALE)
    same = rng.random(len(role)) < _SAME_SEX_COUPLES
    return np.where(role == PARTNER, np.where(same, sex[head], 1 - sex[head]), sex).astype(np.int64)


def _births(rng: np.random.Generator, kind: Ints, role: Ints, member: Ints, head: Ints) -> Days:
    """Dates of birth: adults on REFERENCE_DAY, children 20 or more years younger than the head."""
    n = len(kind)
    young, settled, old = rng.normal(29, 5.5, n), rng.uniform(34, 64, n), rng.normal(74, 9, n)
    which = rng.random(n)
    alone = np.where(which < 0.42, young, np.where(which < 0.70, settled, old))
    couple = np.where(which < 0.36, young + 4, np.where(which < 0.68, settled, old - 2))
    parent = rng.normal(52, 5, n)
    head_age = np.where(np.isin(kind, _ALONE), alone, np.where(np.isin(kind, _COUPLE), couple, parent))
    head_age = np.where(np.isin(kind, _FLATSHARE), rng.normal(27, 4, n), head_age)
    head_age = np.clip(head_age, 18.1, 99)[head]
    age = np.select(
        [role == PARTNER, role == CHILD, role == ELDER, role == MATE],
        [
            head_age + rng.normal(-1, 3.2, n),
            np.minimum(18.3 + rng.gamma(2.0, 3.2, n), head_age - 20),
            head_age + rng.uniform(21, 34, n),
            head_age + rng.normal(0, 2, n),
        ],
        head_age,
    )
    born = REFERENCE_DAY - (np.clip(age, 18.05, 101) * 365.25).astype("timedelta64[D]")
    twin = (role == CHILD) & (np.roll(role, 1) == CHILD) & (member >= 2) & (rng.random(n) < _TWINS)
    return np.asarray(np.where(twin, np.roll(born, 1), born))


def _fathers(role: Ints, sex: Ints, head: Ints) -> Ints:
    """For each child the row of a father in the household, else -1."""
    partner = np.minimum(head + 1, len(role) - 1)
    has_partner = role[partner] == PARTNER
    father = np.where(sex[head] == MALE, head, np.where(has_partner & (sex[partner] == MALE), partner, -1))
    return np.where(role == CHILD, father, -1)


def _year(born: Days) -> Ints:
    return np.asarray(born.astype("datetime64[Y]").astype(np.int64) + 1970)


def _given(rng: np.random.Generator, sex: Ints, born: Days, role: Ints, father: Ints) -> Ints:
    given = names.draw_given(rng, sex, _year(born))
    junior = (father >= 0) & (sex == MALE) & (rng.random(len(sex)) < _JUNIORS)
    return np.where(junior, given[father], given)


def _surnames(
    rng: np.random.Generator, role: Ints, sex: Ints, head: Ints, father: Ints
) -> tuple[Texts, Texts]:
    """Nom de naissance and nom d'usage. Children bear the father's name, else the head's; 7% bear both."""
    n = len(role)
    pool = names.surnames()
    own = names.draw_surname(rng, n)
    partner = np.minimum(head + 1, n - 1)
    second = np.where(role[partner] == PARTNER, partner, head)
    line = np.where(father >= 0, father, head)
    other = np.where(line == head, second, head)
    row = np.arange(n)
    source = np.where((role == CHILD) | ((role == ELDER) & (sex == MALE)), line, row)
    birth = pool[own[source]]
    double = (role == CHILD) & (other != line) & (rng.random(n) < 0.07)
    birth[double] = _joined(birth[double], pool[own[other[double]]])
    return birth, _used(rng, birth, role, sex, head, second)


def _used(rng: np.random.Generator, birth: Texts, role: Ints, sex: Ints, head: Ints, second: Ints) -> Texts:
    n = len(role)
    married = (rng.random(n) < _MARRIED)[head]
    spouse = np.where(role == HEAD, second, head)
    wife = married & (sex == FEMALE) & (spouse != np.arange(n)) & np.isin(role, (HEAD, PARTNER))
    wife &= (sex[spouse] == MALE) | (role == PARTNER)  # of two wives one at most changes her name
    choice = rng.random(n)
    used = birth.copy()
    takes = wife & (choice < _TAKES_SPOUSES_NAME)
    used[takes] = birth[spouse[takes]]
    joins = wife & (choice >= _TAKES_SPOUSES_NAME) & (choice < _TAKES_SPOUSES_NAME + _JOINS_NAMES)
    used[joins] = _joined(birth[joins], birth[spouse[joins]])
    widow = (sex == FEMALE) & (((role == ELDER) & (choice < 0.85)) | _lives_alone(role, head))
    name = np.where(role == ELDER, birth[head], names.surnames()[names.draw_surname(rng, n)])
    widow &= (role == ELDER) | (choice < 0.22)  # living alone: widowed or divorced, bears a spouse's name
    used[widow] = name[widow]
    return used


def _lives_alone(role: Ints, head: Ints) -> Flags:
    alone = np.bincount(head, minlength=len(role)) == 1
    return np.asarray((role == HEAD) & alone[head])


def _joined(first: Texts, second: Texts) -> Texts:
    """Two names as one: "Durand-Petit". A name that is already joined gives its first part."""
    pairs = zip(first, second, strict=True)
    return np.array([f"{a.split('-')[0]}-{b.split('-')[0]}" for a, b in pairs], dtype=object)
