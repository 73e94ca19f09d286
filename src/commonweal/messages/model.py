"""Messages and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

TEXT_MOST = 5000  # characters of a version's words in one language
CODE_MOST = 100


@dataclass(frozen=True)
class Version:
    """One wording of a message. `texts` by language (ISO 639-1). What was approved may be withdrawn, for a reason."""

    version_id: int
    code: str
    number: int
    texts: Mapping[str, str]
    written_by: int
    written_at: datetime
    approved_by: int | None
    approved_at: datetime | None
    withdrawn_by: int | None = None
    withdrawn_at: datetime | None = None
    withdrawn_for: str | None = None

    @property
    def name(self) -> str:
        """What events call it: "housing-2"; the bare code is the version approved last."""
        return f"{self.code}-{self.number}"
