"""A promise as a form gives it, understood: the same words as in a list's cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from commonweal.consent.model import Field
from commonweal.mandate import cells, scopes
from commonweal.mandate.errors import FieldUnreadable, LeverUnknown, NotSaid, ServesNobody, TooLong
from commonweal.mandate.levers import Levers
from commonweal.mandate.likeness import language_of
from commonweal.mandate.model import Promise, Pull, Scope
from commonweal.people.universe import Vocabulary

T = TypeVar("T")

TEXT_MOST = 1000  # characters of a promise
LINE_MOST = 500
_EXAMPLES = {
    "cost": "1 200 000; 1.2 million; 390 M€",
    "funding": "the reserve: 2 million; fraud",
    "levers": "VAT down; retirement age up",
}


@dataclass(frozen=True)
class Draft:
    """What somebody wrote. `new_levers`: a lever that nobody knows is one, not a slip of the pen."""

    text: str
    language: str = ""
    issue: str = ""
    gains: str = ""
    pays: str = ""
    cost: str = ""
    funding: str = ""
    levers: str = ""
    source: str = ""
    public: bool = True
    new_levers: bool = False


@dataclass(frozen=True)
class Ground:
    """What a draft is understood by: the levers that are known, the day, the fields of the campaign's lists, the names
    that its people carry, and the minor units of its money."""

    levers: Levers
    today: date
    held: Mapping[str, Field]
    vocabulary: Vocabulary | None
    minor_units: int


def understood(draft: Draft, ground: Ground, key: str) -> Promise:
    """The promise that a draft makes.

    Raises NotSaid, TooLong, FieldUnreadable, LeverUnknown, ServesNobody, ExpressionError, NotOfTheElectorate,
    RefusedByPolicy.
    """
    text = _fitting(" ".join(draft.text.split()), TEXT_MOST)
    if not text:
        raise NotSaid()
    promise = Promise(
        key=key,
        text=text,
        language=draft.language or language_of(text),
        issue=_fitting(" ".join(draft.issue.split()), 100),
        gains=_scope(draft.gains, ground),
        pays=_scope(draft.pays, ground),
        cost=_field("cost", draft.cost, lambda told: cells.amount(told, ground.minor_units), None),
        funding=_field("funding", draft.funding, lambda told: cells.funding(told, ground.minor_units), ()),
        pulls=tuple(
            dict.fromkeys(_field("levers", draft.levers, partial(_pulls, ground.levers), tuple[Pull, ...]()))
        ),
        public=draft.public,
        source=_fitting(" ".join(draft.source.split()), LINE_MOST),
    )
    for pull in promise.pulls:
        if pull.lever not in ground.levers.codes and not draft.new_levers:
            near = ", ".join(ground.levers.near(pull.lever)) or "-"
            raise LeverUnknown(lever=pull.lever.replace("_", " "), near=near)
    if promise.gains is not None and scopes.is_empty(promise.gains):
        raise ServesNobody(scope=promise.gains.text)
    return promise


def _pulls(levers: Levers, told: str) -> tuple[Pull, ...]:
    return cells.pulls(told, levers)


def _scope(told: str, ground: Ground) -> Scope | None:
    if not told.strip():
        return None
    return scopes.read(_fitting(told, 2000), ground.today, held=ground.held, vocabulary=ground.vocabulary)


def _field(name: str, told: str, understand: Callable[[str], T], otherwise: T) -> T:
    if not told.strip():
        return otherwise
    try:
        return understand(told)
    except ValueError:
        raise FieldUnreadable(value=told, example=_EXAMPLES[name]) from None


def _fitting(text: str, most: int) -> str:
    text = text.replace("\x00", "")
    if len(text) > most:
        raise TooLong(length=len(text), most=most)
    return text


def budget(name: str, holds: str, minor_units: int) -> tuple[str, int]:
    """A budget's name and what it holds a year, in minor units. Raises NotSaid, TooLong, FieldUnreadable."""
    known = _fitting(cells.budget(name), 100)
    if not known:
        raise NotSaid()
    held = _field("cost", holds, lambda told: cells.amount(told, minor_units), None)
    if held is None or held < 0:
        raise FieldUnreadable(value=holds, example=_EXAMPLES["cost"])
    return known, held
