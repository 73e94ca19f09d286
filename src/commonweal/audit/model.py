"""What the audit keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One act or look: who, what, to whom or what; `detail` holds ids, counts and field names, never values."""

    entry_id: int
    at: datetime
    actor: str
    verb: str
    subject: str | None
    detail: dict[str, Any]
