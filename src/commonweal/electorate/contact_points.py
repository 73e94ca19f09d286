"""E-mail addresses and telephone numbers that can reach nobody.

E-mail addresses lie under the domains reserved by RFC 2606. Telephone numbers are of three kinds, none of which can
ever be a subscriber's (ARCEP, national numbering plan: decision 2018-0881, annex as changed by 2022-1583):

- kept for fiction (2.5.12): mobiles 06 39 98 for the first 10,000 people, landlines 05 36 49, 01 99 00, 02 61 91,
  03 53 01 and 04 65 71 for the first 50,000;
- routing prefixes of mobile portability (2.5.6), which no telephone can have: 06 00 for the next million people, then
  05 09 to 05 15 and 05 26 to 05 30 for twelve million more.

No mobile number is given to two people, no landline to two households.
"""

from __future__ import annotations

import numpy as np

from commonweal.electorate import names
from commonweal.electorate.model import Flags, Ints, Texts

_HOSTS = ("mail", "poste", "boite", "courrier", "web", "libre")
_TOP = ("example.org", "example.com", "example.net")
_VOTERS_A_DOMAIN = 2_000

# Blocks of mobile numbers, filled in this order: prefix and how many digits follow.
_MOBILE_BLOCKS = (
    ("063998", 4),
    ("0600", 6),
    *((f"05{ab:02d}", 6) for ab in (*range(9, 16), *range(26, 31))),
)
_LANDLINE_BLOCKS = ("053649", "019900", "026191", "035301", "046571")
_STRIDE = 7_919  # prime: spreads neighbouring people over a block of numbers


def emails(rng: np.random.Generator, voters: int, given: Ints, surname: Texts, year: Ints) -> Texts:
    """An address for each person, of the kinds people choose, at one of many small providers.

    Providers grow in number with `voters`, which keeps two people from drawing the same address but for a
    handful in ten million.
    """
    n = len(given)
    pool = np.array([names.typed(name) for name in names.given_names()], dtype=object)
    style, digits, host = rng.integers(0, 8, n), rng.integers(1, 1000, n), rng.integers(0, len(_HOSTS), n)
    server = rng.integers(1, max(12, voters // _VOTERS_A_DOMAIN), n)
    top = rng.integers(0, len(_TOP), n)
    rows = zip(
        pool[given],
        surname,
        style.tolist(),
        digits.tolist(),
        (year % 100).tolist(),
        host.tolist(),
        server.tolist(),
        top.tolist(),
        strict=True,
    )
    return np.array(
        [
            f"{_local(first, names.typed(last), kind, number, born)}@{_HOSTS[at]}{nth}.{_TOP[under]}"
            for first, last, kind, number, born, at, nth, under in rows
        ],
        dtype=object,
    )


def _local(first: str, last: str, style: int, number: int, year: int) -> str:
    match style:
        case 0 | 1:
            return f"{first}.{last}"
        case 2:
            return f"{first[0]}{last}{year:02d}"
        case 3:
            return f"{first}{last[0]}{number}"
        case 4:
            return f"{last}.{first}"
        case 5:
            return f"{first}.{last}{year:02d}"
        case 6:
            return f"{first[:4]}{last[:4]}{number}"
        case _:
            return f"{first}_{last}"


def mobiles(number: Ints, has: Flags) -> Texts:
    """The mobile number, ten digits, of the people numbered `number`; an empty text where they have none."""
    sizes = np.array([10**digits for _prefix, digits in _MOBILE_BLOCKS])
    ends = sizes.cumsum()
    block = np.searchsorted(ends, number, side="right")
    tail = (number - (ends - sizes)[block]) * _STRIDE % sizes[block]
    rows = zip(has.tolist(), block.tolist(), tail.tolist(), strict=True)
    return np.array([_mobile(at, digits) if any_ else "" for any_, at, digits in rows], dtype=object)


def _mobile(block: int, tail: int) -> str:
    prefix, digits = _MOBILE_BLOCKS[block]
    return f"{prefix}{tail:0{digits}d}"


def landlines(household: Ints, has: Flags) -> Texts:
    """A household's landline, ten digits; only the first 50,000 numbers of persons can have one."""
    capacity = 10_000 * len(_LANDLINE_BLOCKS)
    rows = zip((has & (household < capacity)).tolist(), household.tolist(), strict=True)
    return np.array(
        [
            f"{_LANDLINE_BLOCKS[at % len(_LANDLINE_BLOCKS)]}{at // len(_LANDLINE_BLOCKS):04d}" if any_ else ""
            for any_, at in rows
        ],
        dtype=object,
    )
