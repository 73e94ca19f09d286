"""Cells of a list of promises to what they mean: amounts, levers, yes and no, where a promise stands. English and French."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commonweal.intake.rules import fold_header
from commonweal.mandate.levers import Levers
from commonweal.mandate.model import Direction, Funding, Pull, Status

_UNITS = {
    10**3: ("k", "thousand", "mille", "milliers"),
    10**6: ("m", "mn", "million", "millions"),
    10**9: ("b", "bn", "billion", "billions", "md", "mds", "mrd", "milliard", "milliards"),
}
_UNIT = {word: factor for factor, words in _UNITS.items() for word in words}
_NOTHING = frozenset({"nothing", "none", "free", "rien", "gratuit", "nul", "neant", "zero"})
_AMOUNT = re.compile(
    r"(?P<sign>[-−+]?)\s*[€$£]?\s*(?P<number>\d[\d\s.,'\u00a0\u202f]*)(?P<unit>[a-z]*)\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    r"(?:(?:d )?(?:eur|euros?|usd|cad|dollars?|gbp|pounds?))? ?"
    r"(?:(?:a|per|par|each) (?:year|an|annum)|yearly|annuels?|annuelles?)?"
)
_SYMBOLS = re.compile(r"[€$£]")

_WAYS: Mapping[Direction, tuple[str, ...]] = {
    Direction.UP: ("up", "raise", "raised", "increase", "more", "higher", "hausse", "augmenter", "plus", "monter"),
    Direction.DOWN: ("down", "lower", "cut", "reduce", "decrease", "less", "baisse", "baisser", "reduire", "moins"),
    Direction.HOLD: ("hold", "keep", "unchanged", "freeze", "same", "maintien", "maintenir", "stable", "gel", "inchange"),
}  # fmt: skip
_WAY = {word: way for way, words in _WAYS.items() for word in words}
_SIGNS = {"↑": Direction.UP, "+": Direction.UP, "↓": Direction.DOWN, "-": Direction.DOWN, "−": Direction.DOWN, "=": Direction.HOLD}  # fmt: skip

_ANSWERS = {"yes": True, "true": True, "y": True, "1": True, "oui": True, "vrai": True, "x": True}
_ANSWERS |= {"no": False, "false": False, "n": False, "0": False, "non": False, "faux": False}

_STATUS: Mapping[Status, tuple[str, ...]] = {
    Status.DRAFT: ("draft", "brouillon", "projet"),
    Status.ANNOUNCED: ("announced", "made", "promised", "annonce", "annoncee", "promis", "promise"),
    Status.UNDER_WAY: ("under way", "underway", "in progress", "in the works", "en cours"),
    Status.STALLED: ("stalled", "blocked", "bloque", "bloquee", "en panne"),
    Status.KEPT: ("kept", "done", "tenu", "tenue", "realise", "realisee"),
    Status.KEPT_IN_PART: (
        "kept in part",
        "partly kept",
        "compromise",
        "tenu en partie",
        "partiellement tenue",
    ),
    Status.BROKEN: ("broken", "rompu", "rompue", "non tenu", "non tenue"),
    Status.WITHDRAWN: ("withdrawn", "dropped", "retire", "retiree", "abandonne", "abandonnee"),
}
_STANDS = {word: status for status, words in _STATUS.items() for word in words}


def amount(text: str, minor_units: int) -> int:
    """Money in minor units: "1.2 million", "390 M€", "1 200 000", "-5 milliards", "nothing". Raises ValueError."""
    if fold_header(text) in _NOTHING:
        return 0
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    unit, after = found["unit"].lower(), _SYMBOLS.sub("", found["rest"])
    factor = _UNIT.get(unit)
    if factor is None:
        factor, after = 1, f"{unit} {after}"
    if not re.fullmatch(r"[\w\s'’]*", after) or not _CURRENCY.fullmatch(fold_header(after)):
        raise ValueError(text)
    value = round(_number(found["number"], scaled=factor > 1) * factor * minor_units)
    return -value if found["sign"] in {"-", "−"} else value


def _number(text: str, *, scaled: bool) -> float:
    """Digits with the separators of any country. One comma or point before three last digits parts thousands, unless a
    word such as "million" follows."""
    bare = re.sub(r"[\s'\u00a0\u202f]", "", text).rstrip(".,")
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        decimal = "." if bare.rfind(".") > bare.rfind(",") else ","
    elif points + commas == 1 and (scaled or not re.search(r"[.,]\d{3}$", bare)):
        decimal = "." if points else ","
    else:
        decimal = ""
    kept = "".join(letter for letter in bare if letter.isdigit() or letter == decimal)
    return float(kept.replace(",", "."))


def pulls(text: str, levers: Levers, directions: str = "") -> tuple[Pull, ...]:
    """The levers of a cell, each with its way: "VAT down; pensions up", or beside a column of ways. Raises ValueError."""
    names, ways = _parts(text), _parts(directions)
    if ways and len(ways) not in {1, len(names)}:
        raise ValueError(directions)
    if ways:
        pairs = [(name, _way(ways[place % len(ways)])) for place, name in enumerate(names)]
    else:
        pairs = [_pair(part) for part in names]
    return tuple(Pull(levers.code(name), way) for name, way in pairs)


def _pair(part: str) -> tuple[str, Direction]:
    """ "VAT down", "VAT ↓", "down VAT", "VAT: down"."""
    bare = part.strip()
    for sign, way in _SIGNS.items():
        if bare.endswith(sign) or bare.startswith(sign):
            return bare.strip(sign + " "), way
    words = bare.replace(":", " ").split()
    for place in (-1, 0):
        way_of = _WAY.get(fold_header(words[place]))
        if way_of and len(words) > 1:
            return " ".join(words[:-1] if place else words[1:]), way_of
    raise ValueError(part)


def _way(text: str) -> Direction:
    way = _SIGNS.get(text.strip()) or _WAY.get(fold_header(text))
    if way is None:
        raise ValueError(text)
    return way


def funding(text: str, minor_units: int) -> tuple[Funding, ...]:
    """What pays: "fraud: 2 billion; the reserve". Budgets are told apart by their names, folded. Raises ValueError."""
    found: dict[str, int | None] = {}
    for part in _parts(text):
        name, colon, told = part.rpartition(":")
        source = budget(name if colon else part)
        given = amount(told, minor_units) if colon else None
        if not source or (given is not None and given < 0):
            raise ValueError(text)
        found[source] = given if given is None else (found.get(source) or 0) + given
    return tuple(Funding(source, given) for source, given in found.items())


def budget(name: str) -> str:
    """The name by which a budget is known, whatever its capitals and accents."""
    return fold_header(name)


def answer(text: str) -> bool:
    """Yes or no. Raises ValueError."""
    try:
        return _ANSWERS[fold_header(text)]
    except KeyError:
        raise ValueError(text) from None


def status(text: str) -> Status:
    """Where a promise stands, in a word. Raises ValueError."""
    try:
        return _STANDS[fold_header(text)]
    except KeyError:
        raise ValueError(text) from None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;\n|]", text) if part.strip()]


def keys(text: str) -> tuple[str, ...]:
    """Keys of promises: "12; 14"."""
    return tuple(part.strip() for part in re.split(r"[;,\n|]", text) if part.strip())
