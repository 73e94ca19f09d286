"""What hands do to names, dates and addresses on their way into a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonweal.electorate import names
from commonweal.electorate.model import REFERENCE_DAY, Days, Flags, Ints, People, Texts

# Neighbours on a French keyboard (AZERTY).
_NEIGHBOURS = {
    "a": "zq", "b": "vn", "c": "xv", "d": "sf", "e": "zr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "km", "m": "lp", "n": "b", "o": "ip", "p": "om", "q": "as", "r": "et", "s": "qd", "t": "ry",
    "u": "yi", "v": "cb", "w": "x", "x": "wc", "y": "tu", "z": "ae",
}  # fmt: skip
# What the ear confuses, tried in this order: the first that occurs in the name is swapped.
_SOUNDS = (
    ("ph", "f"), ("th", "t"), ("pp", "p"), ("eau", "aud"), ("ault", "aud"), ("ss", "s"), ("ll", "l"), ("nn", "n"), ("tt", "t"),
    ("ier", "ié"), ("ie", "y"), ("y", "i"), ("ck", "k"), ("qu", "k"), ("ez", "es"), ("et", "ez"), ("s", "ss"), ("l", "ll"),
)  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """How people write in one list: chance of each slip, a row.

    nickname: the everyday short form. shortened: "Jean" for "Jean-Pierre". initial: "J." for the given name.
    birth_name: the nom de naissance where a nom d'usage exists. half: one part of a double name.
    given_typo, surname_typo: a wrong, missing, extra or swapped letter. misheard: spelt by ear.
    swapped: given name and surname in each other's place. bare: without accents. shouted: in capitals.
    """

    nickname: float = 0.0
    shortened: float = 0.0
    initial: float = 0.0
    birth_name: float = 0.0
    half: float = 0.0
    given_typo: float = 0.0
    surname_typo: float = 0.0
    misheard: float = 0.0
    swapped: float = 0.0
    bare: float = 0.0
    shouted: float = 0.0


def some(rng: np.random.Generator, size: int, chance: float) -> Flags:
    """Marks each of `size` rows with the given chance."""
    return np.asarray(rng.random(size) < chance)


def write_names(rng: np.random.Generator, people: People, rows: Ints, hand: Hand) -> tuple[Texts, Texts]:
    """Given name and surname of the people at `rows`, as `hand` writes them."""
    n = len(rows)
    usual = people.usual[rows]
    given = names.given_names()[usual]
    short = names.nicknames()[usual]
    given = np.where(some(rng, n, hand.nickname) & (short != ""), short, given)
    surname = np.where(some(rng, n, hand.birth_name), people.birth_name[rows], people.used_name[rows])
    _change(given, some(rng, n, hand.shortened), lambda text: text.split("-")[0])
    _change(surname, some(rng, n, hand.half), _half)
    given = mistype(rng, given, hand.given_typo)
    surname = mistype(rng, surname, hand.surname_typo)
    _change(surname, some(rng, n, hand.misheard), mishear)
    _change(given, some(rng, n, hand.initial), lambda text: f"{text[0]}.")
    swapped = some(rng, n, hand.swapped)
    given, surname = np.where(swapped, surname, given), np.where(swapped, given, surname)
    for column in (given, surname):
        _change(column, some(rng, n, hand.bare), names.unaccented)
    shouted = some(rng, n, hand.shouted)
    _change(given, shouted & some(rng, n, 0.5), str.upper)
    _change(surname, shouted, str.upper)
    return given, surname


def _change(texts: Texts, flags: Flags, how: Callable[[str], str]) -> None:
    for row in np.flatnonzero(flags):
        texts[row] = how(texts[row])


def _half(name: str) -> str:
    """One part of a double name, or a name without its particle."""
    if "-" in name:
        return name.rsplit("-", maxsplit=1)[-1]
    return name.rsplit(" ", maxsplit=1)[-1] if name.startswith(("De ", "Du ", "Le ", "La ")) else name


def mishear(name: str) -> str:
    """`name` spelt by ear: the first confusion of sounds that fits."""
    low = name.lower()
    for heard, written in _SOUNDS:
        at = low.find(heard, 1)
        if at > 0:
            return name[:at] + written + name[at + len(heard) :]
    return name


def mistype(rng: np.random.Generator, texts: Texts, chance: float) -> Texts:
    """`texts` with one slip of the finger in some of them."""
    out = texts.copy()
    rows = np.flatnonzero(some(rng, len(texts), chance))
    draws = rng.random((len(rows), 3))
    for row, (where, what, which) in zip(rows.tolist(), draws.tolist(), strict=True):
        out[row] = _slip(out[row], where, what, which)
    return out


def _slip(text: str, where: float, what: float, which: float) -> str:
    """One slip of the finger; the three numbers in [0, 1) say where and what. First letters are mostly spared."""
    if len(text) < 3:
        return text
    at = min(len(text) - 1, int(where * len(text) + 0.9))
    letter = text[at]
    if what < 0.28:
        near = _NEIGHBOURS.get(letter.lower(), "e")
        return text[:at] + near[int(which * len(near))] + text[at + 1 :]
    if what < 0.52:
        return text[:at] + text[at + 1 :]
    if what < 0.70:
        return text[:at] + letter + text[at:]
    if what < 0.82:
        near = _NEIGHBOURS.get(letter.lower(), "e")
        return text[:at] + near[int(which * len(near))] + text[at:]
    at = min(at, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def wrong_days(rng: np.random.Generator, born: Days, chance: float) -> Days:
    """Dates of birth with, in some rows, day and month swapped, a digit off, or the year one off."""
    year = born.astype("datetime64[Y]")
    month = born.astype("datetime64[M]")
    day_of_month = (born - month.astype("datetime64[D]")).astype(np.int64)
    month_of_year = (month - year.astype("datetime64[M]")).astype(np.int64)
    swapped = (year.astype("datetime64[M]") + np.minimum(day_of_month, 11)).astype(
        "datetime64[D]"
    ) + month_of_year
    off = born + rng.choice([-10, -1, 1, 10, 365, -365, 3652, -3652], len(born)).astype("timedelta64[D]")
    slip = np.where((rng.random(len(born)) < 0.4) & (day_of_month < 12), swapped, off)
    wrong = some(rng, len(born), chance)
    latest = REFERENCE_DAY - np.timedelta64(16 * 365, "D")
    return np.where(wrong, np.minimum(slip, latest), born)


def french_dates(days: Days) -> Texts:
    """Days as text, JJ/MM/AAAA."""
    return np.array([f"{d[8:]}/{d[5:7]}/{d[:4]}" for d in days.astype(str).tolist()], dtype=object)


def iso_dates(days: Days) -> Texts:
    """Days as text, YYYY-MM-DD."""
    return np.asarray(days.astype(str).astype(object))


def days_between(rng: np.random.Generator, size: int, first: str, last: str) -> Days:
    """Random days from `first` to `last`, both included."""
    begin, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    return np.asarray(begin + rng.integers(0, int((end - begin).astype(int)) + 1, size))


def phone_forms(rng: np.random.Generator, numbers: Texts) -> Texts:
    """Ten-digit numbers in the many ways people write them; empty texts stay empty."""
    style = rng.integers(0, 8, len(numbers)).tolist()
    return np.array([_phone(n, s) if n else "" for n, s in zip(numbers, style, strict=True)], dtype=object)


def _phone(number: str, style: int) -> str:
    pairs = [number[at : at + 2] for at in range(0, 10, 2)]
    match style:
        case 0 | 1:
            return number
        case 2 | 3 | 4:
            return " ".join(pairs)
        case 5:
            return ".".join(pairs)
        case 6:
            return "+33" + number[1:]
        case _:
            return f"0033 {number[1]} " + " ".join(pairs[1:])


def lost(rng: np.random.Generator, texts: Texts, chance: float) -> Texts:
    """`texts` with some of them missing."""
    return np.where(some(rng, len(texts), chance), "", texts).astype(object)


_ABBREVIATIONS = (
    ("Avenue", "Av."), ("Boulevard", "Bd"), ("Chemin", "Ch."), ("Allée", "All."), ("Impasse", "Imp."), ("Place", "Pl."),
    ("Route", "Rte"), ("Rue", "r."), ("Passage", "Pass."), ("Square", "Sq."),
)  # fmt: skip


def abbreviate(rng: np.random.Generator, streets: Texts, chance: float) -> Texts:
    """Streets with the type of way cut short in some of them: "Bd des Tilleuls"."""
    out = streets.copy()
    _change(out, some(rng, len(out), chance), _short_street)
    return out


def _short_street(street: str) -> str:
    for full, short in _ABBREVIATIONS:
        if street.startswith(full):
            return short + street[len(full) :]
    return street
