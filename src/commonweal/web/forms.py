"""What browsers send of forms."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def several(told: list[T] | T | None) -> list[T]:
    """All values of a field with several boxes: a form with one of them ticked sends that value alone, with none nothing."""
    if told is None:
        return []
    return told if isinstance(told, list) else [told]
