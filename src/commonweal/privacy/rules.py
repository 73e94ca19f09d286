"""Pure decisions of privacy: days, and what a person is known by."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date

from commonweal.intake.graveyard import SURE, name_and_birth

Known = tuple[str, str]
"""A kind (registration, email, phone, name_birth) and its normalised value."""

CORRECTABLE = (
    *("title", "given_name", "middle_name", "surname", "birth_surname", "sex", "birth_date"),
    *("house_number", "street", "unit", "postcode", "city", "email", "phone"),
)

MONTHS_TO_ANSWER = 1
MONTHS_MORE = 2


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last one (Regulation 1182/71, article 3(2)(c))."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def due(received: date) -> date:
    """By when a request must be answered: one month (GDPR 12(3))."""
    return months_after(received, MONTHS_TO_ANSWER)


def extended(received: date) -> date:
    """By when at the latest, if the request is complex: two months more (GDPR 12(3))."""
    return months_after(received, MONTHS_TO_ANSWER + MONTHS_MORE)


def known_by(rows: Iterable[Mapping[str, object]]) -> set[Known]:
    """What rows of fields (with surname_key and given_key) tell a person by.

    Name and date of birth count together only: neither alone is one person's.
    """
    found: set[Known] = set()
    for row in rows:
        for field, kind in SURE.items():
            if row.get(field):
                found.add((kind, str(row[field])))
        parts = [row.get(name) for name in ("surname_key", "given_key", "birth_date")]
        if all(parts):
            found.add(("name_birth", name_and_birth(*map(str, parts))))
    return found
