"""Given names and what their bearers are called for short: "robert" and "bob", "philippe" and "phil"."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import pyarrow as pa


@lru_cache(maxsize=1)
def forms() -> dict[str, frozenset[str]]:
    """For each folded name the other names that its bearers go by: those beside it in a line of nicknames.txt."""
    text = (resources.files("commonweal.identity") / "nicknames.txt").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        group = [] if line.startswith("#") else line.split()
        for name in group:
            found.setdefault(name, set()).update(group)
    return {name: frozenset(others - {name}) for name, others in found.items() if others - {name}}


@lru_cache(maxsize=1)
def table() -> pa.Table:
    """name, and `forms`: its other forms with a space before and after each."""
    known = sorted(forms().items())
    return pa.table(
        {
            "name": [name for name, _ in known],
            "forms": [f" {' '.join(sorted(others))} " for _, others in known],
        }
    )
