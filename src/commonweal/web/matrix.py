"""A person as a table: one row a field, one column a list's row, the chosen value marked, with the rule that chose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commonweal.people.model import Chosen, ListRecord, Person
from commonweal.people.rules import CONSENTS, GROUPS
from commonweal.store.catalogue import PERSON_FIELDS

SHORT = (
    "given_name",
    "surname",
    "birth_date",
    "house_number",
    "street",
    "postcode",
    "email",
    "phone",
    "area_code",
)
"""What is enough to recognise somebody."""

_RULES = {field: group.rule.__name__ for group in GROUPS.values() for field in group.fields}
_RULES |= dict.fromkeys(CONSENTS, "strictest")


@dataclass(frozen=True)
class Cell:
    """What one row of a list says; `chosen` is the value that the profile took."""

    value: Any
    chosen: bool


@dataclass(frozen=True)
class Row:
    """One field: the chosen value, what each column says, and the name of the rule that chose."""

    field: str
    value: Any
    cells: tuple[Cell | None, ...]
    rule: str

    @property
    def agree(self) -> bool:
        """Whether all columns that say anything say the same."""
        return len({str(cell.value).casefold() for cell in self.cells if cell}) <= 1


@dataclass(frozen=True)
class Matrix:
    """The whole table."""

    person_id: int
    name: str
    columns: tuple[ListRecord, ...]
    rows: tuple[Row, ...]


def matrix(
    person: Person, fields: Sequence[str] = tuple(PERSON_FIELDS), *, most: int = 12, quiet: bool = True
) -> Matrix:
    """The table of a person, for the fields that any list gives.

    `most` columns at the most, those that gave most of the chosen values first; `quiet`: also those that say nothing
    of these fields.
    """
    chosen = {each.field: each for each in person.fields if each.field in fields}
    columns = sorted(person.records, key=lambda record: _weight(record, chosen))
    if not quiet:
        columns = [
            record for record in columns if any(record.given.get(field) is not None for field in fields)
        ]
    columns = columns[:most]
    rows = []
    for field in fields:
        winner = chosen.get(field)
        batch = winner.provenance.batch_id if winner and winner.provenance else None
        if winner is None and not any(column.given.get(field) is not None for column in columns):
            continue
        value = winner.value if winner else None
        cells = tuple(_cell(column, field, value, batch) for column in columns)
        rows.append(Row(field, value, cells, _RULES.get(field, "")))
    return Matrix(person.person_id, person.name, tuple(columns), tuple(rows))


def _weight(record: ListRecord, chosen: Mapping[str, Chosen]) -> tuple[int, str, int]:
    won = [
        each for each in chosen.values() if each.provenance and each.provenance.batch_id == record.batch_id
    ]
    return (-sum(record.given.get(each.field) is not None for each in won), record.source, record.line)


def _cell(column: ListRecord, field: str, value: Any, batch: int | None) -> Cell | None:
    given = column.given.get(field)
    if given is None:
        return None
    return Cell(given, chosen=column.batch_id == batch and str(given) == str(value))
