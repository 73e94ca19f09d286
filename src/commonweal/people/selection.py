"""A universe on the lake: the tree of its expression to an Ibis filter over profiles, scores, votes, attributes.

`selection_sql` says the same for the ledger; a property test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commonweal.intake.normalise import addresses
from commonweal.people.universe import (
    And,
    Attribute,
    Between,
    Compare,
    Field,
    Has,
    In,
    Leaf,
    Node,
    Not,
    OnList,
    Operator,
    Or,
    Subject,
    Tagged,
    Value,
    Vote,
    subjects,
)
from commonweal.store.lake import Lake

# The column of a profile or score behind each field. Cities are compared folded: see `comparable`.
COLUMN: dict[str, str] = {
    "turnout": "turnout",
    "support": "support",
    "household_size": "household_size",
    "lists": "sources",
    "sex": "sex",
    "area": "area_code",
    "city": "city_key",
    "postcode": "postcode",
    "state": "state",
    "email": "email",
    "phone": "phone",
    "address": "street",
    "location": "latitude",
}


@dataclass(frozen=True)
class People:
    """The lake's tables that a universe asks."""

    profile: ir.Table
    score: ir.Table
    vote: ir.Table
    attribute: ir.Table

    @classmethod
    def of(cls, lake: Lake) -> Self:
        """As they are now."""
        names = ("people.profile", "scoring.score", "people.vote", "people.attribute")
        return cls(*(lake.table(name) for name in names))


def chosen(node: Node, people: People, today: date) -> ir.Table:
    """The persons (person_id) who meet an expression; ages are those of `today`."""
    asked = subjects(node)
    table = people.profile.left_join(people.score, "person_id").drop("person_id_right")
    for place, subject in enumerate(asked):
        if not isinstance(subject, Field):
            side = _answers(subject, people, place)
            table = table.left_join(side, "person_id").drop("person_id_right")
    condition = _Filter(table, {subject: place for place, subject in enumerate(asked)}, today).of(node)
    return table.filter(condition).select("person_id")


def comparable(subject: Subject, value: Value) -> Value:
    """The value as the subject's column holds it: a city is folded as at intake, "Saint-Étienne" to "st etienne"."""
    if subject != Field("city"):
        return value
    nothing = pa.nulls(1, pa.string())
    folded = addresses.keys(nothing, nothing, nothing, pa.array([str(value)]), "").city[0].as_py()
    return str(folded or "")  # no city's key is empty


def _answers(subject: Vote | Attribute, people: People, place: int) -> ir.Table:
    if isinstance(subject, Vote):
        answers = people.vote.filter(people.vote.election == subject.election)
        return answers.select("person_id", **{f"voted_{place}": answers.voted})
    answers = people.attribute.filter(people.attribute.name == subject.name)
    text = ibis.ifelse(answers.number.isnull(), answers.text, ibis.null("string"))
    return answers.select("person_id", **{f"number_{place}": answers.number, f"text_{place}": text})


@dataclass(frozen=True)
class _Filter:
    """Turns a tree into a condition on `table`; `places` says which joined columns belong to a vote or attribute."""

    table: ir.Table
    places: dict[Subject, int]
    today: date

    def of(self, node: Node) -> ir.BooleanValue:
        match node:
            case And(terms):
                return reduce(and_, [self.of(term) for term in terms])
            case Or(terms):
                return reduce(or_, [self.of(term) for term in terms])
            case Not(term):
                return ~self.of(term)
            case _:
                return self._met(node).fill_null(False)

    def _met(self, leaf: Leaf) -> ir.BooleanValue:
        match leaf:
            case Compare(subject, operator, value):
                return _compared(self._column(subject, value), operator, _literal(comparable(subject, value)))
            case In(subject, values, inside):
                column = self._column(subject, values[0])
                found = column.isin([_literal(comparable(subject, value)) for value in values])
                return found if inside else ~found
            case Between(subject, low, high, inside):
                found = self._column(subject, low).between(_literal(low), _literal(high))
                return found if inside else ~found
            case Has(subject):
                return self._known(subject)
            case Tagged(tag):
                return self.table.tags.contains(tag)
            case OnList(source):
                return self.table.lists.contains(source)

    def _known(self, subject: Subject) -> ir.BooleanValue:
        if isinstance(subject, Attribute):
            return self._column(subject, 0.0).notnull() | self._column(subject, "").notnull()
        return self._column(subject, True).notnull()

    def _column(self, subject: Subject, value: Value) -> ir.Value:
        """What is compared with a value of this type; numbers as float64, so that no engine rounds its own way."""
        if isinstance(subject, Vote):
            return self.table[f"voted_{self.places[subject]}"]
        if isinstance(subject, Attribute):
            kind = "text" if isinstance(value, str) else "number"
            return self.table[f"{kind}_{self.places[subject]}"]
        if subject.name == "age":
            return self._age().cast("float64")
        column = self.table[COLUMN[subject.name]]
        return column.cast("float64") if isinstance(value, float) else column

    def _age(self) -> ir.IntegerValue:
        born, today = self.table.birth_date, self.today
        later_in_year = born.month() * 100 + born.day() > today.month * 100 + today.day
        exact = today.year - born.year() - ibis.ifelse(later_in_year, 1, 0)
        return ibis.coalesce(exact, today.year - self.table.birth_year)


def _literal(value: Value) -> ir.Scalar:
    return ibis.literal(value, "float64") if isinstance(value, float) else ibis.literal(value)


def _compared(column: ir.Value, operator: Operator, value: ir.Scalar) -> ir.BooleanValue:
    results = {
        Operator.EQUAL: column.__eq__,
        Operator.UNEQUAL: column.__ne__,
        Operator.LESS: column.__lt__,
        Operator.LESS_OR_EQUAL: column.__le__,
        Operator.MORE: column.__gt__,
        Operator.MORE_OR_EQUAL: column.__ge__,
    }
    return results[operator](value)
