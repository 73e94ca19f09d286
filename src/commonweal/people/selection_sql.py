"""A universe on the ledger: the tree of its expression to a parameterised condition on people.person.

Columns and operators are constants of this module; all that a user wrote goes in as parameters. `selection` says
the same for the lake; a property test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from psycopg import sql

from commonweal.people.selection import COLUMN, comparable
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
)

_OPERATORS: dict[Operator, sql.SQL] = {
    Operator.EQUAL: sql.SQL("="),
    Operator.UNEQUAL: sql.SQL("<>"),
    Operator.LESS: sql.SQL("<"),
    Operator.LESS_OR_EQUAL: sql.SQL("<="),
    Operator.MORE: sql.SQL(">"),
    Operator.MORE_OR_EQUAL: sql.SQL(">="),
}
_AGE = sql.SQL(
    "coalesce({year} - extract(year FROM birth_date)::integer"
    " - (extract(month FROM birth_date) * 100 + extract(day FROM birth_date) > {day})::integer,"
    " {year} - birth_year)::double precision"
)


@dataclass(frozen=True)
class Condition:
    """A condition for WHERE on people.person or people.counted, with its named parameters."""

    where: sql.Composable
    parameters: dict[str, Value | int | list[float] | list[str]]


def condition(node: Node, today: date) -> Condition:
    """The condition that persons meet; ages are those of `today`."""
    compiler = _Compiler(today)
    where = compiler.of(node)
    return Condition(where, compiler.parameters)


@dataclass
class _Compiler:
    today: date
    parameters: dict[str, Value | int | list[float] | list[str]] = field(default_factory=dict)

    def of(self, node: Node) -> sql.Composable:
        match node:
            case And(terms):
                return sql.SQL("({})").format(sql.SQL(" AND ").join([self.of(term) for term in terms]))
            case Or(terms):
                return sql.SQL("({})").format(sql.SQL(" OR ").join([self.of(term) for term in terms]))
            case Not(term):
                return sql.SQL("NOT {}").format(self.of(term))
            case _:
                return sql.SQL("coalesce({}, false)").format(self._met(node))

    def _met(self, leaf: Leaf) -> sql.Composable:
        match leaf:
            case Compare(subject, operator, value):
                parts = (self._column(subject, value), _OPERATORS[operator], self._value(subject, value))
                return sql.SQL(" ").join(parts)
            case In(subject, values, inside):
                return self._in(subject, values, inside)
            case Between(subject, low, high, inside):
                words = sql.SQL("{} BETWEEN {} AND {}" if inside else "{} NOT BETWEEN {} AND {}")
                ends = (self._value(subject, low), self._value(subject, high))
                return words.format(self._column(subject, low), *ends)
            case Has(subject):
                return self._known(subject)
            case Tagged(tag):
                return sql.SQL("{} = ANY (tags)").format(self._parameter(tag, "text"))
            case OnList(source):
                return sql.SQL("{} = ANY (lists)").format(self._parameter(source, "text"))

    def _in(self, subject: Subject, values: tuple[float | str, ...], inside: bool) -> sql.Composable:
        words = sql.SQL("{} = ANY ({})" if inside else "{} <> ALL ({})")
        kind = "text[]" if isinstance(values[0], str) else "double precision[]"
        listed: list[str] | list[float] = [comparable(subject, value) for value in values]  # type: ignore[assignment]
        return words.format(self._column(subject, values[0]), self._parameter(listed, kind))

    def _known(self, subject: Subject) -> sql.Composable:
        match subject:
            case Vote(election):
                return sql.SQL("votes ? {}").format(self._parameter(election, "text"))
            case Attribute(name):
                return sql.SQL("attributes ? {}").format(self._parameter(name, "text"))
            case Field("age"):
                return sql.SQL("(birth_date IS NOT NULL OR birth_year IS NOT NULL)")
            case Field(name):
                return sql.SQL("{} IS NOT NULL").format(sql.Identifier(COLUMN[name]))

    def _column(self, subject: Subject, value: Value) -> sql.Composable:
        """What is compared with a value of this type; numbers as double precision, as on the lake."""
        match subject:
            case Vote(election):
                return sql.SQL("(votes -> {})::boolean").format(self._parameter(election, "text"))
            case Attribute(name):
                return self._attribute(name, value)
            case Field("age"):
                day = self.today.month * 100 + self.today.day
                year = self._parameter(self.today.year, "integer")
                return _AGE.format(year=year, day=self._parameter(day, "integer"))
            case Field(name):
                cast = sql.SQL("::double precision" if isinstance(value, float) else "")
                return sql.SQL("{}{}").format(sql.Identifier(COLUMN[name]), cast)

    def _attribute(self, name: str, value: Value) -> sql.Composable:
        key = self._parameter(name, "text")
        if isinstance(value, str):
            words = "CASE WHEN jsonb_typeof(attributes -> {0}) = 'string' THEN attributes ->> {0} END"
        else:
            words = (
                "CASE WHEN jsonb_typeof(attributes -> {0}) = 'number'"
                " THEN (attributes ->> {0})::double precision END"
            )
        return sql.SQL(words).format(key)

    def _value(self, subject: Subject, value: Value) -> sql.Composable:
        kinds = {bool: "boolean", float: "double precision", str: "text"}
        return self._parameter(comparable(subject, value), kinds[type(value)])

    def _parameter(self, value: Value | int | list[float] | list[str], kind: str) -> sql.Composable:
        name = f"u{len(self.parameters)}"
        self.parameters[name] = value
        return sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(kind))
