"""Pure decisions of scoring: which election comes before which, which one to learn from, what counts as support."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from commonweal.experiments.rules import uniform
from commonweal.experiments.tables import TELLING
from commonweal.scoring.model import AttributeCount, Columns, Election, ElectionVotes, Window

Ids = npt.NDArray[np.int64]

LAGS = 6
"""How many past elections stand in a row of features, at most."""

ENOUGH = 60
"""Persons of each outcome (yes, no) without which no model is trained."""

_OUTCOMES = (*TELLING, "support_level")
_ATTRIBUTES = 40
_TEXTS = 500
_A_KIND = 20  # persons of a kind, on average

_ISO = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)[-_./ ]?(?P<month>0[1-9]|1[0-2])(?:[-_./ ]?(?P<day>0[1-9]|[12]\d|3[01]))?(?!\d)"
)
_YEAR = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)")
_SHORT_YEAR = re.compile(r"(?<!\d)(?P<year>\d\d)(?!\d)")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")

_FIRST = {"p", "primary", "primaire", "pp", "pri"}
_LAST = {"g", "general", "generale", "gen", "runoff", "r"}


def read_election(name: str) -> Election | None:
    """The election that a list calls `name`: "g2004", "2022-04-24", "2022-T2", "Primary 18". None without a year.

    Its kind is what remains of the name without the date, in small letters: elections of one kind are
    compared with each other.
    """
    found = _ISO.search(name) or _YEAR.search(name) or _SHORT_YEAR.search(name)
    if found is None:
        return None
    parts = found.groupdict()
    rest = (name[: found.start()] + " " + name[found.end() :]).lower()
    year = int(parts["year"])
    return Election(
        name=name,
        year=year if year > 99 else year + (2000 if year < 60 else 1900),
        month=int(parts["month"]) if parts.get("month") else None,
        day=int(parts["day"]) if parts.get("day") else None,
        kind=" ".join(re.findall(r"\w+", rest.replace("_", " "))),
    )


def order(names: Iterable[str]) -> list[Election]:
    """The elections that bear a year, oldest first; within a year first rounds and primaries come first."""
    known = (read_election(name) for name in set(names))
    return sorted((election for election in known if election is not None), key=_position)


def _position(election: Election) -> tuple[int, int, int, int, int, str]:
    words = set(_WORD.findall(election.kind))
    phase = -1 if words & _FIRST else 1 if words & _LAST else 0
    rounds = _DIGITS.findall(election.kind)
    return (
        election.year,
        election.month or 6,
        election.day or 15,
        phase,
        int(rounds[-1]) if rounds else 0,
        election.name,
    )


def choose_target(votes: Sequence[ElectionVotes], enough: int = ENOUGH) -> Election | None:
    """The latest election of which enough voters and enough non-voters are known; None when there is none."""
    counts = {each.election: each for each in votes}
    for election in reversed(order(counts)):
        count = counts[election.name]
        if min(count.voted, count.stayed) >= enough:
            return election
    return None


def window_before(
    elections: Sequence[Election], target: Election | None, kind: str, as_of: date, lags: int
) -> Window:
    """The last `lags` elections before `target` (all, when None), newest first; and the last two of its kind.

    `elections` is sorted, oldest first. Nothing of the target itself, or after it, can stand in a window.
    """
    newest = elections[: elections.index(target) if target else None][::-1]
    return Window(
        as_of=target.held if target else as_of,
        recent=tuple(each.name for each in newest[:lags]),
        alike=tuple(each.name for each in newest if each.kind == kind)[:2],
    )


def choose_columns(
    persons: int, elections: int, attributes: Sequence[AttributeCount], lists: Sequence[str]
) -> Columns:
    """Which facts to look at: past votes, the lists, and attributes that enough persons have.

    An attribute is a number if most of its values are; a text of very many different values (a name, a remark)
    is none. What tells of an experiment, or how people answered when asked for whom they are, is no fact but
    an outcome.
    """
    enough = max(50.0, 0.01 * persons)
    facts = [each for each in attributes if each.persons >= enough and not _is_outcome(each.name)]
    facts.sort(key=lambda each: (-each.persons, each.name))
    facts = facts[:_ATTRIBUTES]
    numbers = sorted(each.name for each in facts if each.numbers >= each.persons / 2)
    texts = sorted(each.name for each in facts if each.name not in numbers and _is_kind(each))
    return Columns(min(LAGS, elections), numbers=tuple(numbers), texts=tuple(texts), lists=tuple(lists))


def _is_kind(attribute: AttributeCount) -> bool:
    """Does a text sort people into kinds, rather than say something of each?"""
    return attribute.levels <= min(_TEXTS, attribute.persons / _A_KIND)


def _is_outcome(name: str) -> bool:
    return name.startswith(_OUTCOMES)


def folds(household: Ids, count: int, seed: int) -> Ids:
    """The fold 0 … count-1 of each household id; the same household falls into the same fold in every run."""
    return np.floor(uniform(household, f"scoring.fold.{seed}") * count).astype(np.int64)


def parts_of(option: str) -> tuple[str, str]:
    """Channel and message of an option, "door:housing"; without a colon it is a message of the one channel there is."""
    channel, colon, message = option.partition(":")
    return (channel, message) if colon else ("", option)
