"""Small lists, loaded as a campaign loads its own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from commonweal.campaign import Campaign
from commonweal.intake.actions import import_file
from commonweal.intake.model import Batch, Column, Mapping, Mode

Row = dict[str, str]
Load = Callable[..., Batch]


@pytest.fixture
def load(campaign: Campaign, tmp_path: Path) -> Load:
    """Load rows as a list whose headers are the targets themselves; `id` is the list's own key."""

    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")

    def load(source: str, rows: list[Row], mode: Mode = Mode.SNAPSHOT) -> Batch:
        headers = list(dict.fromkeys(header for row in rows for header in row))
        path = tmp_path / f"{source}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, headers)
            writer.writeheader()
            writer.writerows(rows)
        columns = {header: Column(target="" if header == "id" else header) for header in headers}
        mapping = Mapping(list_name=source.capitalize(), mode=mode, key=("id",), columns=columns)
        return import_file(campaign, path, source=source, mapping=mapping)

    return load
