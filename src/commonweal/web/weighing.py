"""Two records side by side, and why they may be one person: field by field, in times and not in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from commonweal.errors import _
from commonweal.identity.queries import Doubt
from commonweal.people.model import ListRecord
from commonweal.store.catalogue import PERSON_FIELDS
from commonweal.web import words
from commonweal.web.language import Language

# Fields that tell nothing of who somebody is.
_LEFT_OUT = {"latitude", "longitude", "household_key", *(name for name in PERSON_FIELDS if "consent" in name)}
_BEYOND = 1_000_000  # more times than this are all the same to a reader
_TIMES = {
    (True, False): _("%(times)s times likelier"),
    (True, True): _("over %(times)s times likelier"),
    (False, False): _("%(times)s times less likely"),
    (False, True): _("over %(times)s times less likely"),
}


@dataclass(frozen=True)
class Pairing:
    """A field as two records give it; `verdict`: same, differ, or one (the other says nothing)."""

    field: str
    left: Any
    right: Any
    verdict: str


@dataclass(frozen=True)
class Step:
    """One part of the odds: what it is called, what it does in words, and its bar, from and to in percent of the width."""

    label: str
    effect: str
    kind: str  # "for", "against", "start" or "sum"
    start: float
    end: float


@dataclass(frozen=True)
class Waterfall:
    """The parts of the odds one after the other, and where even odds are, in percent of the width."""

    steps: tuple[Step, ...]
    even: float


def pairings(left: ListRecord, right: ListRecord) -> list[Pairing]:
    """The fields that either record gives."""
    found = []
    for field in PERSON_FIELDS:
        one, other = left.given.get(field), right.given.get(field)
        if field in _LEFT_OUT or (one is None and other is None):
            continue
        both = one is not None and other is not None
        same = str(one).casefold() == str(other).casefold()
        found.append(Pairing(field, one, other, ("same" if same else "differ") if both else "one"))
    return found


def waterfall(doubt: Doubt, language: Language) -> Waterfall:
    """From the odds of any two records to those of this pair: first what speaks for one person, then what against."""
    begin = doubt.evidence.get("beforehand", 0.0)
    rest = {name: bits for name, bits in doubt.evidence.items() if name != "beforehand"}
    ordered = sorted(rest.items(), key=lambda part: -part[1])
    edges = [0.0, doubt.weight, *accumulate((bits for _name, bits in ordered), initial=begin)]
    least, most = min(edges), max(edges)

    def place(bits: float) -> float:
        return round(100 * (bits - least) / ((most - least) or 1), 2)

    steps, at = [], begin
    steps.append(_step("beforehand", begin, "start", place(0), place(begin), language))
    for name, bits in ordered:
        kind = "for" if bits >= 0 else "against"
        steps.append(_step(name, bits, kind, place(at), place(at + bits), language))
        at += bits
    label = language.gettext("All together")
    steps.append(Step(label, language.percent(chance(doubt)), "sum", place(0), place(doubt.weight)))
    return Waterfall(tuple(steps), place(0))


def _step(name: str, bits: float, kind: str, start: float, end: float, language: Language) -> Step:
    label = words.word("comparison", name.removeprefix("extra_"), language.gettext)
    return Step(label, times(bits, language), kind, start, end)


def times(bits: float, language: Language) -> str:
    """How many times likelier a part makes it that they are one person."""
    factor = 2 ** min(abs(bits), 60.0)
    if factor < 1.05:
        return language.gettext("changes nothing")
    beyond = factor > _BEYOND
    number = language.number(_BEYOND if beyond else _rounded(factor), 1 if factor < 9.95 else 0)
    return language.gettext(_TIMES[bits > 0, beyond]) % {"times": number}


def _rounded(factor: float) -> float:
    """Two digits are enough."""
    digits = 1 - math.floor(math.log10(factor))
    return round(factor, digits)


def chance(doubt: Doubt) -> float:
    """How likely it is that they are one person, from 0 to 1."""
    return float(1 / (1 + 2.0**-doubt.weight))
