"""Pure decisions: which targets and options there are, whether a mapping holds, what each reason means.

A value that is present but can't be is never dropped in silence. Where it decides who the person is, or what they
refuse (a key, a birth date, a consent), the whole row goes to quarantine; elsewhere (a telephone number, a
score) only the value is set aside, counted and shown, and the person stays.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping as Map
from enum import StrEnum

from commonweal.errors import CommonwealError, Phrase, _
from commonweal.intake.errors import (
    BadOption,
    BadSourceName,
    KeyNotMapped,
    NothingMapped,
    OptionMisplaced,
    TwoColumnsOneTarget,
    UnknownTarget,
)
from commonweal.intake.model import Column, Mapping
from commonweal.store.catalogue import PERSON_FIELDS


class Reason(StrEnum):
    """Why a row, or a value, could not be taken."""

    RAGGED = "ragged"
    BROKEN_QUOTES = "broken_quotes"
    UNDECODABLE = "undecodable"
    NUL = "nul"
    LINE_TOO_LONG = "line_too_long"
    BROKEN_JSON = "broken_json"
    NOT_A_ROW = "not_a_row"
    EMPTY_ROW = "empty_row"
    NOBODY = "nobody"
    MISSING_KEY = "missing_key"
    DUPLICATE_KEY = "duplicate_key"
    DUPLICATE_ROW = "duplicate_row"
    ERASED = "erased"
    IMPOSSIBLE_DATE = "impossible_date"
    UNREADABLE_DATE = "unreadable_date"
    FUTURE_DATE = "future_date"
    UNREADABLE_CONSENT = "unreadable_consent"
    TOO_OLD = "too_old"
    BAD_AGE = "bad_age"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    SEVERAL_VALUES = "several_values"
    UNKNOWN_CODE = "unknown_code"
    NOT_A_NUMBER = "not_a_number"
    OFF_THE_MAP = "off_the_map"
    IMPOSSIBLE_VALUE_DATE = "impossible_value_date"


MEANING: dict[Reason, str] = {
    Reason.RAGGED: _("The line has more or fewer cells than there are columns."),
    Reason.BROKEN_QUOTES: _("A quotation mark opens or closes where it can't."),
    Reason.UNDECODABLE: _("Some bytes are no text in the file's encoding."),
    Reason.NUL: _("The line holds null characters: it is damaged."),
    Reason.LINE_TOO_LONG: _("The line is longer than any row can be."),
    Reason.BROKEN_JSON: _("The line is no complete JSON."),
    Reason.NOT_A_ROW: _("The JSON value is neither an object nor a list."),
    Reason.EMPTY_ROW: _("All mapped cells of the row are empty."),
    Reason.NOBODY: _("The row names nobody: it has no name, e-mail address or telephone number."),
    Reason.MISSING_KEY: _("The row lacks the key that tells it from the others."),
    Reason.DUPLICATE_KEY: _("An earlier row of the file has the same key and says something else."),
    Reason.DUPLICATE_ROW: _("An earlier row of the file says exactly the same."),
    Reason.ERASED: _("The row is about somebody who had their data erased; what it said was not kept."),
    Reason.IMPOSSIBLE_DATE: _("No calendar has this date."),
    Reason.UNREADABLE_DATE: _("This is no date in the order of the column."),
    Reason.FUTURE_DATE: _("The person would not be born yet."),
    Reason.UNREADABLE_CONSENT: _("It is not clear whether this is a yes or a no."),
    Reason.TOO_OLD: _("The person would be more than 125 years old; the value was set aside."),
    Reason.BAD_AGE: _("No age; the value was set aside."),
    Reason.BAD_EMAIL: _("No e-mail address; the value was set aside."),
    Reason.BAD_PHONE: _("No telephone number of that country; the value was set aside."),
    Reason.SEVERAL_VALUES: _("The cell holds several values; the first was taken."),
    Reason.UNKNOWN_CODE: _("The code is not known; the value was set aside."),
    Reason.NOT_A_NUMBER: _("No number; the value was set aside."),
    Reason.OFF_THE_MAP: _("No place on earth; the value was set aside."),
    Reason.IMPOSSIBLE_VALUE_DATE: _("No date; the value was set aside."),
}

# These spare the row: only the value is set aside.
VALUE_REASONS = frozenset(
    {
        Reason.TOO_OLD,
        Reason.BAD_AGE,
        Reason.BAD_EMAIL,
        Reason.BAD_PHONE,
        Reason.SEVERAL_VALUES,
        Reason.UNKNOWN_CODE,
        Reason.NOT_A_NUMBER,
        Reason.OFF_THE_MAP,
        Reason.IMPOSSIBLE_VALUE_DATE,
    }
)

# Targets that stand for several fields, or are no field of a person.
COMPOSITE = ("full_name", "given_names", "address_line", "age", "tags", "do_not_contact")
PREFIXES = ("vote", "attribute", "arm", "before", "outcome")
CONSENTS = tuple(name for name in PERSON_FIELDS if name.startswith("consent_"))
_DATES = ("dmy", "mdy", "ymd")
_NAMES = ("given_first", "surname_first")
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_PREFIXED_NAME = re.compile(r"[^\s:][^:\x00-\x1f]{0,79}")

_PROVENANCE = ("purpose", "legal_basis", "sensitive")
_JOINING = ("part", "glue")
_YES_NO = ("yes", "no")
_OPTIONS: dict[str, tuple[str, ...]] = {
    "birth_date": ("order",),
    "full_name": (*_JOINING, "order"),
    "sex": ("codes",),
    "phone": ("region",),
    "tags": ("separator",),
    "vote": ("yes", "no", "blank", "other"),
    "attribute": ("type", "order", *_JOINING, "yes", "no"),
    "before": ("type", "yes", "no"),
    "outcome": ("type", "yes", "no"),
    "arm": (),
    "do_not_contact": _YES_NO,
    **dict.fromkeys(CONSENTS, (*_YES_NO, "refusal")),
}
# Of several columns with one of these targets, the first that can be read counts; others are joined.
_CHOSEN = (
    "birth_date",
    "birth_year",
    "sex",
    "latitude",
    "longitude",
    "email",
    "phone",
    "age",
    "do_not_contact",
)


def spares_row(reason: str) -> bool:
    """Was only a value set aside, and the row kept?"""
    return reason in VALUE_REASONS


def is_target(target: str) -> bool:
    """Is this "", a field of a person, a composite target, or a well-formed prefixed one (vote:2022_general)?"""
    prefix, colon, name = target.partition(":")
    if colon:
        return prefix in PREFIXES and bool(_PREFIXED_NAME.fullmatch(name))
    return not target or target in PERSON_FIELDS or target in COMPOSITE


def is_joined(target: str) -> bool:
    """Are several columns with this target joined to one text? Else the first that can be read counts."""
    return target not in _CHOSEN and target not in CONSENTS


def options_of(column: Column) -> tuple[str, ...]:
    """The options that mean something for a column's target."""
    kind = column.prefix or column.target
    if not kind:
        return ()
    several = () if column.prefix else _JOINING if is_joined(kind) else ("part",)
    return tuple(dict.fromkeys((*_OPTIONS.get(kind, ()), *several, *_PROVENANCE)))


def check(source: str, mapping: Mapping) -> None:
    """Raise what is wrong with a mapping in itself; `source` is its name, for the message."""
    for header, column in mapping.columns.items():
        _check_column(source, header, column)
    for target, value in mapping.constants.items():
        if target not in PERSON_FIELDS:
            raise _unknown(source, f"[constants] {target}", target)
        if not value.strip():
            raise BadOption(
                source=source, column="[constants]", option=target, value=value, known=Phrase(_("a value"))
            )
    for target, headers in mapping.targets().items():
        parts = [mapping.columns[header].part for header in headers]
        if len(headers) > 1 and (None in parts or len(set(parts)) < len(parts)):
            raise TwoColumnsOneTarget(source=source, target=target, columns=", ".join(map(repr, headers)))
    for header in mapping.key:
        if header not in mapping.columns:
            raise KeyNotMapped(source=source, column=header)
    if not mapping.targets():
        raise NothingMapped(source=source, mapping=f"sources/{source}.toml")


def _check_column(source: str, header: str, column: Column) -> None:
    if not is_target(column.target):
        raise _unknown(source, header, column.target)
    known = options_of(column)
    for option in column.__struct_fields__:
        if option != "target" and getattr(column, option) is not None and option not in known:
            raise OptionMisplaced(
                source=source,
                column=header,
                option=option,
                target=column.target,
                known=", ".join(known) or "-",
            )
    allowed = _NAMES if column.target == "full_name" else _DATES
    if column.order is not None and column.order not in allowed:
        raise BadOption(
            source=source, column=header, option="order", value=column.order, known=", ".join(allowed)
        )
    if column.codes and set(column.codes.values()) - {"f", "m", "x", ""}:
        raise BadOption(source=source, column=header, option="codes", value=column.codes, known="f, m, x")


def _unknown(source: str, header: str, target: str) -> CommonwealError:
    known = [*PERSON_FIELDS, *COMPOSITE, *(f"{prefix}:…" for prefix in PREFIXES)]
    nearest = difflib.get_close_matches(target, known, 1, 0) or [known[0]]
    return UnknownTarget(
        source=source, column=header, target=target, nearest=nearest[0], known=", ".join(known)
    )


def fold_header(header: str) -> str:
    """A header's letters and digits, small, without accents, single spaces between words.

    "Numéro_Électeur" and "numero electeur" fold to the same; "LastName" becomes "last name".
    """
    split = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", header)
    plain = unicodedata.normalize("NFKD", split.replace("œ", "oe")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()


def resolve_headers(
    wanted: Map[str, Column] | tuple[str, ...], headers: tuple[str, ...]
) -> dict[str, str | None]:
    """For each wanted header the file's own: the same text, else the only one that folds alike; None = absent."""
    folded: dict[str, list[str]] = {}
    for header in headers:
        folded.setdefault(fold_header(header), []).append(header)
    found: dict[str, str | None] = {}
    for name in wanted:
        alike = folded.get(fold_header(name), [])
        found[name] = name if name in headers else alike[0] if len(alike) == 1 else None
    return found


def unique_headers(cells: list[str]) -> tuple[str, ...]:
    """Column names that are all different: empty ones are numbered, repeated ones get " (2)"."""
    names: list[str] = []
    seen: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        base = " ".join(cell.replace("\ufeff", "").replace("\x00", "").split()) or f"column_{position}"
        name, again = base, 2
        while name in seen:
            name, again = f"{base} ({again})", again + 1
        seen.add(name)
        names.append(name)
    return tuple(names)


def source_name(file_name: str) -> str:
    """A source's name made from a file's: "Roll 2026-03.csv.gz" and "roll_2026-04.csv" both give "roll"."""
    stem = re.sub(
        r"\.(gz|csv|tsv|txt|xlsx?|xlsm|xlsb|ods|parquet|pq|jsonl?|ndjson)(?=\.|$)", "", file_name.lower()
    )
    words = [word for word in fold_header(stem).split() if not word.isdigit()]
    name = "_".join(words)[:60].strip("_")
    return name if _SOURCE_NAME.fullmatch(name) else f"list_{name}"[:60].rstrip("_")


def check_source_name(name: str) -> None:
    """Raise BadSourceName unless `name` can name a mapping file and a source."""
    if not _SOURCE_NAME.fullmatch(name):
        raise BadSourceName(name=name)
