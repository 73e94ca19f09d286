"""The nouns of intake: a list's mapping, its batches, and what became of each row.

A *source* is one list that a campaign receives again and again; a *mapping* says what its columns mean; a *batch*
is one file of it, loaded.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

Blank = Literal["no", "unknown"]
DateOrder = Literal["dmy", "mdy", "ymd"]
NameOrder = Literal["given_first", "surname_first"]
AttributeType = Literal["text", "number", "yesno", "date"]


class Kind(StrEnum):
    """What sort of list it is: decides which source wins where two disagree."""

    ROLL = "roll"
    SIGNUPS = "signups"
    DONORS = "donors"
    CANVASS = "canvass"
    APPEND = "append"
    EXPERIMENT = "experiment"
    OTHER = "other"


class Mode(StrEnum):
    """A snapshot is the whole list: who is absent from it is inactive. A delta adds to what is there."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"


class Origin(StrEnum):
    """How the data came to the campaign: which uses the law allows depends on it."""

    OFFICIAL = "official"
    GIVEN = "given"
    OBSERVED = "observed"
    BOUGHT = "bought"
    SYNTHETIC = "synthetic"
    RESEARCH = "research"


class FileKind(StrEnum):
    """How a file holds its table. Tab-separated text is `csv` with a tab; gzip is seen through."""

    CSV = "csv"
    JSON = "json"
    EXCEL = "excel"
    PARQUET = "parquet"


class Status(StrEnum):
    """Where a batch stands. Only the rows of loaded batches are in the lake."""

    LOADED = "loaded"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Format(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How to read the file. What is None is sniffed from the content, each time.

    `header` is the line of the column names (1 = the first; 0 = none: columns are column_1, column_2, …).
    """

    kind: FileKind | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: int | None = None
    sheet: str | None = None
    date_order: DateOrder | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one column means. `target` is a field of a person, or one of the targets in `rules`; "" ignores it.

    part, glue          several columns make one target: text is joined in the order of `part`, with `glue` between;
                        of telephone numbers, e-mail addresses, dates and codes the first that can be read counts
    yes, no, blank      which values (any case) mean yes and no; what an empty cell means
    other               "yes": any further value of a vote means that the person voted
    refusal             the column marks a refusal (do not call): yes means no consent, and no means nothing
    order               of dates, or of the parts of a full name
    codes               sex: value = "f", "m" or "x"
    region              ISO 3166 country of phone numbers that don't name one
    separator           between tags
    type                of an attribute
    purpose, legal_basis, sensitive
                        of this column, where they differ from the list's; `sensitive` names the category of
                        GDPR article 9 ("political_opinion", "religion", "origin", "health", …)
    """

    target: str = ""
    part: int | None = None
    glue: str | None = None
    yes: tuple[str, ...] | None = None
    no: tuple[str, ...] | None = None
    blank: Blank | None = None
    other: Literal["yes"] | None = None
    refusal: bool | None = None
    order: DateOrder | NameOrder | None = None
    codes: dict[str, str] | None = None
    region: str | None = None
    separator: str | None = None
    type: AttributeType | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    sensitive: str | None = None

    @property
    def prefix(self) -> str:
        """ "vote" of "vote:2022_general"; "" where the target is a plain field."""
        return self.target.partition(":")[0] if ":" in self.target else ""

    @property
    def name(self) -> str:
        """ "2022_general" of "vote:2022_general"; the whole target where it has no prefix."""
        return self.target.partition(":")[2] or self.target


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list is, and what its columns mean: one file sources/NAME.toml.

    `key` names the columns (by header) that tell the list's own rows apart; without any, a row is told by its
    content. `constants` gives a target one value for the whole list (country = "FR").
    """

    list_name: str = msgspec.field(name="list")
    kind: Kind = Kind.OTHER
    mode: Mode = Mode.DELTA
    key: tuple[str, ...] = ()
    origin: Origin = Origin.GIVEN
    purpose: str = ""
    legal_basis: str = ""
    format: Format = Format()
    constants: dict[str, str] = {}
    columns: dict[str, Column] = {}

    def targets(self) -> dict[str, list[str]]:
        """The headers mapped to each target, in the order in which they are joined."""
        found: dict[str, list[str]] = {}
        for header, column in self.columns.items():
            if column.target:
                found.setdefault(column.target, []).append(header)
        for headers in found.values():
            headers.sort(key=lambda header: self.columns[header].part or 0)
        return found


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a source, loaded. rows_read = records + quarantined; `set_aside` counts single values.

    `already` is true on the result of an import that found the same bytes loaded under the same mapping.
    """

    batch_id: int
    source: str
    mode: Mode
    file_name: str
    sha256: str
    mapping_version: str
    as_of: date
    columns: tuple[str, ...]
    rows_read: int
    records: int
    quarantined: int
    set_aside: int
    status: Status
    loaded_at: datetime
    actor: str
    seconds: float
    already: bool = False


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would make of a file: its mapping, its first rows as they are, and what they would say.

    `reasons` counts what could not be taken as it came among the `sampled` first rows.
    """

    source: str
    mapping: dict[str, Any]
    mapping_version: str
    guessed: bool
    format: Format
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    records: tuple[dict[str, Any], ...]
    sampled: int
    reasons: dict[str, int]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A list that the campaign has loaded at least once, with its latest mapping."""

    name: str
    list_name: str
    kind: Kind
    mode: Mode
    origin: Origin
    purpose: str
    legal_basis: str
    mapping_version: str
    mapping: dict[str, Any]


class QuarantineCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows (or, for a reason that spares the row, values) of a batch one reason holds.

    line, column_name: where the first of them stands; None where the reader may not see rows, or none is kept any more.
    """

    batch_id: int
    reason: str
    rows: int
    line: int | None = None
    column_name: str | None = None


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One example of a quarantined row or value, with its place in the file."""

    batch_id: int
    line: int
    reason: str
    column_name: str | None
    value: str | None
    cells: tuple[str | None, ...]
