"""Ids that a campaign draws at random, drawn alike in every run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest


@contextmanager
def same_ids(drawn: str) -> Iterator[None]:
    """Every campaign draws the same ids: arms go by them, and a small town's effects and plan by its arms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("commonweal.campaign.secrets", SimpleNamespace(token_hex=lambda size: drawn * size))
        yield
