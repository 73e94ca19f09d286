"""Reports as plain data: what a run keeps and what --json prints."""

from __future__ import annotations

import dataclasses
import math
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import numpy as np


def as_plain(value: object) -> Any:
    """Dataclasses, dates, enums and NumPy values as what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    match value:
        case msgspec.Struct():
            return as_plain(msgspec.structs.asdict(value))
        case dict():
            return {str(key): as_plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [as_plain(each) for each in value]
        case np.ndarray():
            return as_plain(value.tolist())
        case np.generic():
            return as_plain(value.item())
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Path():
            return str(value)
        case float() if math.isnan(value):
            return None
        case _:
            return value
