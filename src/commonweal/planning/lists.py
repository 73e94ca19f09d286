"""The lists that a plan hands out: walk, phone and mailing lists as CSV, for people and their spreadsheets.

A cell that a spreadsheet would take for a formula is defused by an apostrophe before it (OWASP, "CSV injection").
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from commonweal.planning.errors import ListsNotWritten
from commonweal.planning.options import CampaignOption
from commonweal.store import disk

_PLACE = ("area_code", "street", "house_number", "unit", "postcode", "city")
_SHOWN = ("given_name", "surname", *_PLACE, "phone", "email")
_COLUMNS = {
    "door": ("area", "street", "number", "unit", "postcode", "city", "names", "message"),
    "post": ("names", "number", "street", "unit", "postcode", "city", "message"),
    "phone": ("names", "phone", "area", "message"),
    "sms": ("names", "phone", "message"),
    "email": ("names", "email", "message"),
}
_FORMULA = re.compile(
    r"(^|[;\t\r\n]\s*)(?=[=+\-@\t\r])"
)  # a French spreadsheet begins a cell at each semicolon
_NUMBER = re.compile(r"\d+")


def pieces(rows: Iterable[dict[str, Any]], options: dict[str, CampaignOption]) -> Iterator[dict[str, str]]:
    """Rows of people, households together, as pieces: one a person, or one a household where the option says so."""
    for (_household, code), members in groupby(rows, key=lambda row: (row["household_id"], row["option"])):
        option, people = options[code], list(members)
        for together in [people] if option.per == "household" else [[person] for person in people]:
            yield _piece(together, option)


def _piece(members: list[dict[str, Any]], option: CampaignOption) -> dict[str, str]:
    first = members[0]
    names = " & ".join(" ".join(filter(None, (row["given_name"], row["surname"]))) for row in members)
    return {
        "channel": option.channel,
        "message": option.message,
        "names": names,
        "day": min((row["day"].isoformat() for row in members if row["day"]), default=""),
        "area": first["area_code"] or "",
        "number": first["house_number"] or "",
        **{name: first[name] or "" for name in ("street", "unit", "postcode", "city", "phone", "email")},
    }


def _walking_order(piece: dict[str, str]) -> tuple[Any, ...]:
    """Day, area, street, then one side of the street after the other, from low numbers to high."""
    digits = _NUMBER.search(piece["number"])
    number = int(digits.group()) if digits else 0
    return (piece["day"], piece["area"], piece["street"], number % 2, number, piece["number"], piece["names"])


def sheet(channel: str, found: Iterable[dict[str, str]]) -> list[list[str]]:
    """A channel's pieces as the rows of its list, the column names first, in the order in which one works; with the day that
    each is meant for, where the plan has days.
    """
    rows = sorted(found, key=_walking_order)
    dated = any(row["day"] for row in rows)
    columns = ("day", *_COLUMNS[channel]) if dated else _COLUMNS[channel]
    return [list(columns), *([defused(row[column]) for column in columns] for row in rows)]


def file_name(channel: str) -> str:
    """What a channel's list is called."""
    return {"door": "walk-list", "post": "mailing-list"}.get(channel, f"{channel}-list") + ".csv"


def write_list(path: Path, rows: list[list[str]]) -> Path:
    """Write a list as CSV, whole or not at all, readable by its owner. Raises ListsNotWritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace(path, as_csv(rows), mode=0o600)
    except OSError as error:
        raise ListsNotWritten(folder=path.parent, reason=error.strerror or error) from error
    return path


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV, in UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def defused(cell: str) -> str:
    """A telephone number keeps its plus sign; all else that begins as a formula does gets an apostrophe."""
    return cell if re.fullmatch(r"\+\d+", cell) else _FORMULA.sub(r"\1'", cell)
