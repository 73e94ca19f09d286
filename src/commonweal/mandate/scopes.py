"""Whom a promise serves and who pays: expressions over the electorate, what they may ask, whether two of them can meet.

They are written as universes are (docs/universes.md). Age, sex, place, job and the like are allowed; the special
categories of GDPR article 9 never are, and neither is what the campaign thinks of somebody: a score, a list, a tag.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise, product
from math import floor, inf

from commonweal.consent import packs
from commonweal.consent.model import Channel, Use
from commonweal.consent.model import Field as Asked
from commonweal.intake.headers import exactly
from commonweal.intake.rules import fold_header
from commonweal.mandate.errors import NotOfTheElectorate
from commonweal.mandate.model import EVERYONE, Scope
from commonweal.people.grammar import parse
from commonweal.people.universe import (
    SEXES,
    And,
    Attribute,
    Between,
    Compare,
    Field,
    Has,
    In,
    Kind,
    Leaf,
    Node,
    Not,
    OnList,
    Operator,
    Or,
    Subject,
    Tagged,
    Value,
    Vocabulary,
    Vote,
    leaves,
)

_LAW = "eu"  # its rule on special categories holds whatever the campaign's own pack says
_ALLOWED = frozenset({"age", "sex", "area", "city", "postcode", "state", "household_size"})
_COUNTED: dict[Subject, int] = {Field("age"): 0, Field("household_size"): 1}
_EVERYONE = frozenset({"everyone", "everybody", "all", "tous", "toutes", "tout le monde", "chacun"})
_MOST_CASES = 4_096  # of an expression multiplied out; beyond, two scopes are said to meet

# Words of GDPR article 9(1) as attributes carry them: origin, opinion, belief, union, genes, body, health, sexual life.
_SPECIAL = re.compile(
    r"\b(race|racial\w*|ethni\w*|origin\w*|nationalit\w*|birthplace|birth (place|country)|pays de naissance|"
    r"political\w*|politique\w*|party|parti|partisan\w*|opinion\w*|vote[sd]?|ideolog\w*|"
    r"religio\w*|relig\w*|belief\w*|faith|church|croyan\w*|culte|confession|philosoph\w*|"
    r"union\w*|syndica\w*|syndiqu\w*|genetic\w*|genetique\w*|biometri\w*|"
    r"health|sante|illness\w*|disease\w*|maladie\w*|malade\w*|disab\w*|handicap\w*|invalid\w*|"
    r"sexual\w*|sexuel\w*|orientation|gay|lgbt\w*)\b"
)


def read(
    text: str,
    on: date,
    *,
    held: Mapping[str, Asked] | None = None,
    vocabulary: Vocabulary | None = None,
) -> Scope:
    """The scope of an expression; "everyone" is everyone. `held`: the fields of the campaign's lists, some of them marked
    as sensitive. `on`: the day whose law holds. Raises ExpressionError, NotOfTheElectorate, RefusedByPolicy (article 9).
    """
    if fold_header(text) in _EVERYONE:
        return EVERYONE
    node = parse(text)
    check(node, on, held or {})
    if vocabulary is not None:
        parse(text, vocabulary)
    return Scope(text.strip(), node)


def check(node: Node, on: date, held: Mapping[str, Asked]) -> None:
    """Refuse what a promise may not be made by. Raises NotOfTheElectorate, RefusedByPolicy."""
    for leaf in leaves(node):
        name = _name(leaf)
        asked = held.get(name, Asked(name))
        if name.startswith("attribute:") and _is_special(name.removeprefix("attribute:")):
            asked = Asked(name, asked.origins, sensitive=True)
        pack = packs.load(_LAW, on)
        barred = packs.fields_refused(pack, Use.CONTACT, Channel.ANY, [asked])
        if barred:
            raise packs.refuse(pack, barred[name])
        if not name.startswith("attribute:") and name not in _ALLOWED:
            raise NotOfTheElectorate(field=name)


def _is_special(name: str) -> bool:
    words = fold_header(name)
    known = exactly(words)
    return bool(_SPECIAL.search(words) or (known and known.sensitive))


def _name(leaf: Leaf) -> str:
    """What a condition asks, as lists' mappings name it."""
    match leaf:
        case Tagged():
            return "tags"
        case OnList():
            return "lists"
        case Compare(subject) | In(subject) | Between(subject) | Has(subject):
            return _subject(subject)


def _subject(subject: Subject) -> str:
    match subject:
        case Vote(election):
            return f"vote:{election}"
        case Attribute(name):
            return f"attribute:{name}"
        case Field(name):
            return name


def is_empty(scope: Scope) -> bool:
    """Whether nobody at all can meet it, whoever lives here."""
    return not _can_meet([[scope]])


def can_meet(some: Collection[Scope], others: Collection[Scope]) -> bool:
    """Whether one person may be in one of `some` and in one of `others`. True also where that is too long to work out."""
    return _can_meet([list(some), list(others)])


def _can_meet(sides: Sequence[Sequence[Scope]]) -> bool:
    """Whether a person may be in one scope of each side."""
    spread = [
        [case for scope in side for case in (_cases(scope.node, met=True) if scope.node else [()])]
        for side in sides
    ]
    count = 1
    for cases in spread:
        count *= len(cases)
    if count > _MOST_CASES:
        return True
    return any(_possible([one for case in chosen for one in case]) for chosen in product(*spread))


Condition = tuple[Leaf, bool]
"""A leaf, and whether it is met."""

Case = tuple[Condition, ...]
"""Conditions that hold together."""


def _cases(node: Node, *, met: bool) -> list[Case]:
    """The tree multiplied out: the cases in which it is met, or not met; at most `_MOST_CASES` and one more."""
    match node:
        case Not(term):
            return _cases(term, met=not met)
        case And(terms) | Or(terms):
            together = isinstance(node, And) is met
            parts = [_cases(term, met=met) for term in terms]
            return (
                _joined(parts) if together else [case for part in parts for case in part][: _MOST_CASES + 1]
            )
        case _:
            return [((node, met),)]


def _joined(parts: Iterable[list[Case]]) -> list[Case]:
    found: list[Case] = [()]
    for part in parts:
        found = [(*before, *case) for before in found for case in part][: _MOST_CASES + 1]
    return found


def _possible(case: Sequence[Condition]) -> bool:
    """Whether one person can meet all of these: subject by subject, for each has one value or none that is known."""
    by_subject: dict[Subject, list[Condition]] = {}
    for leaf, met in case:
        if isinstance(leaf, Compare | In | Between | Has):
            by_subject.setdefault(leaf.subject, []).append((leaf, met))
    return all(_one_value(subject, conditions) for subject, conditions in by_subject.items())


def _one_value(subject: Subject, conditions: Sequence[Condition]) -> bool:
    """Whether one subject can meet them: unknown, where none has to be met; else by a value of those that can matter."""
    if not any(met for _leaf, met in conditions):
        return True
    values = _telling(subject, conditions)
    return any(all(_meets(value, leaf) is met for leaf, met in conditions) for value in values)


def _telling(subject: Subject, conditions: Sequence[Condition]) -> list[Value]:
    """Values of the subject of which one meets the conditions if any value does."""
    named: set[Value] = set()
    for leaf, _met in conditions:
        match leaf:
            case Compare(_, _, value):
                named.add(value)
            case In(_, values):
                named.update(values)
            case Between(_, low, high):
                named.update((low, high))
    if subject == Field("sex"):
        return list(SEXES)
    if subject.kind is Kind.ANSWER:
        return [True, False]
    numbers = _around(sorted(value for value in named if isinstance(value, float)), subject)
    texts = [value for value in named if isinstance(value, str)]
    texts.append("".join(texts) + "\x00")  # one that nobody named
    of_kind: dict[Kind, list[Value]] = {Kind.NUMBER: [*numbers], Kind.TEXT: [*texts]}
    return of_kind.get(subject.kind, [*numbers, *texts])


def _around(numbers: Sequence[float], subject: Subject) -> list[float]:
    """The numbers, and one between each two and beyond; of what is counted only whole ones, none below the least."""
    least = _COUNTED.get(subject)
    if least is None:
        between = [(low + high) / 2 for low, high in pairwise(numbers)]
        return [*numbers, *between, numbers[0] - 1, numbers[-1] + 1] if numbers else [0.0]
    near = {floor(number) + step for number in numbers for step in (-1, 0, 1, 2)} | {least}
    return [float(number) for number in near if number >= least]


def _meets(value: Value, leaf: Leaf) -> bool:
    match leaf:
        case Compare(_, operator, other):
            return type(value) is type(other) and _compared(value, operator, other)
        case In(_, values, inside):
            return type(value) is type(values[0]) and (value in values) is inside
        case Between(_, low, high, inside):
            return isinstance(value, float) and (low <= value <= high) is inside
        case Has():
            return True
        case _:
            return True


def _compared(value: Value, operator: Operator, other: Value) -> bool:
    if operator is Operator.EQUAL:
        return value == other
    if operator is Operator.UNEQUAL:
        return value != other
    low, high = (value, other) if isinstance(value, float) and isinstance(other, float) else (inf, inf)
    return {
        Operator.LESS: low < high,
        Operator.LESS_OR_EQUAL: low <= high,
        Operator.MORE: low > high,
        Operator.MORE_OR_EQUAL: low >= high,
    }[operator]
