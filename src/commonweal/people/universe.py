"""The expression of a universe, as a tree of frozen nodes.

A universe is a saved selection of people, written in a small language (`docs/universes.md`). Text becomes a
tree in `grammar`, a tree becomes text or words in `wording`, and a filter in `selection` (the lake) and
`selection_sql` (the ledger). Nothing a user types ever becomes code or SQL text.

Two values only: a condition on something unknown is not met (nor are `!=` and `not in`), and `not` before a
condition turns not met into met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a subject is compared with."""

    NUMBER = "number"
    TEXT = "text"
    ANSWER = "answer"  # yes or no
    ANY = "any"  # number or text


class Operator(StrEnum):
    """How a subject is compared with one value."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    MORE = ">"
    MORE_OR_EQUAL = ">="


ORDERING = frozenset({Operator.LESS, Operator.LESS_OR_EQUAL, Operator.MORE, Operator.MORE_OR_EQUAL})

# Every field of the language, with what it is compared with.
FIELDS: dict[str, Kind] = {
    "age": Kind.NUMBER,
    "turnout": Kind.NUMBER,
    "support": Kind.NUMBER,
    "household_size": Kind.NUMBER,
    "lists": Kind.NUMBER,
    "sex": Kind.TEXT,
    "area": Kind.TEXT,
    "city": Kind.TEXT,
    "postcode": Kind.TEXT,
    "state": Kind.TEXT,
}

# What can be asked for with `has`, besides the fields, votes and attributes.
HAVABLE = ("email", "phone", "address", "location")

SEXES = ("f", "m", "x")

Value = float | str | bool


@dataclass(frozen=True)
class Field:
    """A field of a person: one of `FIELDS`, or of `HAVABLE` inside `Has`."""

    name: str

    @property
    def kind(self) -> Kind:
        """What the field is compared with."""
        return FIELDS[self.name]


@dataclass(frozen=True)
class Vote:
    """Whether the person voted in an election."""

    election: str
    kind: Kind = field(default=Kind.ANSWER, init=False, repr=False)


@dataclass(frozen=True)
class Attribute:
    """Any further attribute that a list gave."""

    name: str
    kind: Kind = field(default=Kind.ANY, init=False, repr=False)


Subject = Field | Vote | Attribute


@dataclass(frozen=True)
class Compare:
    """`age < 30`, `sex = "f"`, `vote("2022_t2") = yes`: the value's type says how it is compared."""

    subject: Subject
    operator: Operator
    value: Value


@dataclass(frozen=True)
class In:
    """`area in ("0113", "0114")`: the subject equals one of the values, all of one type; or none (`not in`)."""

    subject: Subject
    values: tuple[float | str, ...]
    inside: bool = True


@dataclass(frozen=True)
class Between:
    """`support between 40 and 60`, both ends included; or outside of them (`not between`)."""

    subject: Subject
    low: float
    high: float
    inside: bool = True


@dataclass(frozen=True)
class Has:
    """`has email`: the value is known."""

    subject: Subject


@dataclass(frozen=True)
class Tagged:
    """`tag("volunteer")`: some list gave the person this tag."""

    tag: str


@dataclass(frozen=True)
class OnList:
    """`list("donors")`: the person is found on this list."""

    source: str


@dataclass(frozen=True)
class Not:
    """The person does not meet `term`."""

    term: Node


@dataclass(frozen=True)
class And:
    """The person meets every one of two or more terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """The person meets at least one of two or more terms."""

    terms: tuple[Node, ...]


Leaf = Compare | In | Between | Has | Tagged | OnList
Node = Leaf | Not | And | Or


@dataclass(frozen=True)
class Vocabulary:
    """The names that a campaign's people really carry: what an expression may ask for."""

    elections: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


def leaves(node: Node) -> Iterator[Leaf]:
    """Every condition of the tree, left to right."""
    match node:
        case Not(term):
            yield from leaves(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from leaves(term)
        case _:
            yield node


def subjects(node: Node) -> list[Subject]:
    """Every subject that the tree asks about, each once, in order of first appearance."""
    found = (leaf.subject for leaf in leaves(node) if isinstance(leaf, Compare | In | Between | Has))
    return list(dict.fromkeys(found))
