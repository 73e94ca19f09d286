"""What rows say: the values of a chunk, column by column, and what could not be taken as it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.intake.hashing import Hashes
from commonweal.intake.keys import Flags
from commonweal.intake.model import DateOrder
from commonweal.intake.normalise.dates import OLDEST
from commonweal.intake.normalise.text import Text


@dataclass(frozen=True)
class Finding:
    """Cells of one column that could not be taken as they came: reason codes, null where all is well."""

    column: str
    cells: Text
    reasons: Text


@dataclass(frozen=True)
class Attribute:
    """One further fact for each row, as text and, where it is a number, as a number."""

    name: str
    text: Text
    number: pa.Array


@dataclass
class Records:
    """What a chunk's rows say, column by column; every array has one entry a row."""

    rows: int
    fields: dict[str, pa.Array] = field(default_factory=dict)
    keys: dict[str, Text] = field(default_factory=dict)
    tags: pa.Array | None = None
    refused: Text | None = None
    votes: dict[str, pa.BooleanArray] = field(default_factory=dict)
    attributes: list[Attribute] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    empty: Flags = field(default_factory=lambda: np.empty(0, bool))
    nobody: Flags = field(default_factory=lambda: np.empty(0, bool))
    key: Text | None = None
    key_hashes: Hashes = field(default_factory=lambda: np.empty(0, np.int64))
    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True)
class Terms:
    """How the cells of one file are meant.

    `country` (ISO 3166) is meant where a row names none: its way of writing addresses, telephone numbers and decimals.
    `as_of` is the day that the list tells of. `whole_streets`: a street's cell may hold the house number too.
    Nobody on the list was born more than `oldest` years ago.
    """

    country: str
    as_of: date
    date_order: DateOrder
    whole_streets: bool
    oldest: int = OLDEST
