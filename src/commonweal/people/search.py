"""Finding a person: by the beginnings of names in any order, e-mail, phone, registration number, street address.

Beginnings are asked for as ranges of code points (`prefix <= x < prefix + the last code point`) and not with LIKE: under
row-level security PostgreSQL lets only comparisons that leak nothing use an index, and LIKE is not among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from psycopg.rows import dict_row

from commonweal.intake.normalise.names import name_keys
from commonweal.intake.normalise.text import fold
from commonweal.people.model import Found
from commonweal.store.ledger import Connection

_LONGEST = 200  # characters of a question that are read
_LEAST_DIGITS = 4
_STREETS = 40
_LAST = "\U0010ffff"

Probe = Callable[[Connection, str, int], list[int]]


def search(connection: Connection, text: str, limit: int = 20) -> list[Found]:
    """Up to `limit` persons whom the transaction's account may see; none for an empty question."""
    question = " ".join(text.split())[:_LONGEST]
    found: dict[int, str] = {}
    for by, probe in _probes(question):
        for person in probe(connection, question, limit):
            found.setdefault(person, by)
        if len(found) >= limit:
            break
    return _shown(connection, dict(list(found.items())[:limit]))


def _probes(question: str) -> Iterator[tuple[str, Probe]]:
    """What to try, the most telling first."""
    if not question:
        return
    if "@" in question:
        yield "email", _by_email
        return
    if len(_digits(question)) >= _LEAST_DIGITS and not re.search(r"[^\W\d_]", question):
        yield "phone", _by_phone
    if " " not in question and re.search(r"\d", question):
        yield "registration", _by_registration
    if re.match(r"\d+\S*\s+\D", question):
        yield "address", _by_address
    yield "name", _by_name
    yield "address", _by_address
    if " " not in question:
        yield "email", _by_email


def _by_email(connection: Connection, question: str, limit: int) -> list[int]:
    return _range(connection, "email", question.lower(), limit)


def _by_registration(connection: Connection, question: str, limit: int) -> list[int]:
    return _range(connection, "registration_number", question, limit)


def _by_phone(connection: Connection, question: str, limit: int) -> list[int]:
    """By the last digits; with a + by all of them. A national number's first 0 is not part of E.164."""
    digits = _digits(question)
    if question.startswith("00"):
        digits = digits[2:]
    elif not question.startswith("+"):
        digits = digits.lstrip("0")
    return _range(connection, "phone_reversed", digits[::-1], limit) if digits else []


def _range(connection: Connection, column: str, prefix: str, limit: int) -> list[int]:
    rows = connection.execute(
        f"SELECT person_id FROM people.profile WHERE {column} >= %(prefix)s AND {column} < %(end)s"
        f" ORDER BY {column}, person_id LIMIT %(limit)s",
        {"prefix": prefix, "end": prefix + _LAST, "limit": limit},
    ).fetchall()
    return [person for (person,) in rows]


def _by_name(connection: Connection, question: str, limit: int) -> list[int]:
    """The longest word leads through the index; each other word must begin a word of the same names."""
    words = sorted(_folded_name(question), key=len, reverse=True)
    if not words:
        return []
    rows = connection.execute(
        "SELECT person_id FROM people.name_word"
        " WHERE word >= %(lead)s AND word < %(end)s AND ' ' || sort_key LIKE ALL (%(others)s::text[])"
        " ORDER BY word, sort_key, person_id LIMIT %(limit)s",
        {
            "lead": words[0],
            "end": words[0] + _LAST,
            "others": [f"% {word}%" for word in words[1:]],
            "limit": limit * 4,  # one person may have several words that begin so
        },
    ).fetchall()
    return list(dict.fromkeys(person for (person,) in rows))


def _by_address(connection: Connection, question: str, limit: int) -> list[int]:
    """Streets with words that begin so, then who lives there; a number in front is the house's."""
    number, words = _number_and_words(question)
    if not words:
        return []
    streets = connection.execute(
        "SELECT street_key FROM people.street WHERE ' ' || street_key LIKE ALL (%s::text[])"
        " ORDER BY persons DESC, street_key LIMIT %s",
        ([f"% {word}%" for word in words], _STREETS),
    ).fetchall()
    rows = connection.execute(
        "SELECT person_id FROM people.profile WHERE street_key = ANY (%(streets)s)"
        " AND (%(number)s::text IS NULL OR house_number = %(number)s OR house_number LIKE %(number)s || ' %%')"
        " ORDER BY street_key, house_number, sort_key, person_id LIMIT %(limit)s",
        {"streets": [street for (street,) in streets], "number": number, "limit": limit},
    ).fetchall()
    return [person for (person,) in rows]


def _number_and_words(question: str) -> tuple[str | None, list[str]]:
    found = re.match(r"(\d+)\s+(.*)", question)
    number, rest = (found[1], found[2]) if found else (None, question)
    folded = fold(pa.array([rest]), digits=True)[0].as_py() or ""
    return number, folded.split()


def _folded_name(question: str) -> list[str]:
    folded = name_keys(pa.array([question]))[0].as_py() or ""
    return list(dict.fromkeys(folded.split()))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")


def _shown(connection: Connection, found: dict[int, str]) -> list[Found]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT person_id, given_name, surname, birth_year, birth_date, house_number, street, unit, postcode,"
            " city, area_code, sources FROM people.profile WHERE person_id = ANY (%s)",
            (list(found),),
        ).fetchall()
    by_person = {row["person_id"]: row for row in rows}
    return [_found(by_person[person], by) for person, by in found.items() if person in by_person]


def _found(row: dict[str, Any], by: str) -> Found:
    return Found(
        row["person_id"],
        name_of(row),
        row["birth_year"],
        address_of(row),
        row["area_code"],
        row["sources"],
        by,
    )


def name_of(row: dict[str, Any]) -> str:
    """Given name and surname, as far as they are known."""
    return " ".join(part for part in (row["given_name"], row["surname"]) if part)


def address_of(row: dict[str, Any]) -> str:
    """The address on one line: "12 rue des Lilas, 31000 Toulouse"."""
    street = " ".join(part for part in (row["house_number"], row["street"], row["unit"]) if part)
    town = " ".join(part for part in (row["postcode"], row["city"]) if part)
    return ", ".join(part for part in (street, town) if part)
