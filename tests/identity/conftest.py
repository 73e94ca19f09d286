"""Small lists, loaded as a campaign loads its own."""

from __future__ import annotations

import csv
from collections.abc import Callable

import msgspec
import pytest

from commonweal.campaign import Campaign
from commonweal.intake.actions import import_file
from commonweal.intake.model import Batch, Column, Mapping, Mode

Row = dict[str, str]
Load = Callable[..., Batch]

JEANNE: Row = {
    "given_name": "Jeanne",
    "surname": "Abadie",
    "birth_date": "1961-03-04",
    "house_number": "12",
    "street": "rue des Lilas",
    "postcode": "31000",
    "city": "Toulouse",
}
MARRIED: Row = {"given_name": "Jeanne", "surname": "Roux", "email": "jeanne@example.org"}


@pytest.fixture
def load(campaign: Campaign) -> Load:
    """Load rows as a list whose headers are the targets themselves; `id` is the list's own key."""
    return loading(campaign)


def loading(campaign: Campaign) -> Load:
    """What the fixture `load` does, for a campaign."""
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")

    def load(source: str, rows: list[Row], mode: Mode = Mode.SNAPSHOT) -> Batch:
        headers = list(dict.fromkeys(header for row in rows for header in row))
        path = campaign.folder / f"{source}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, headers)
            writer.writeheader()
            writer.writerows(rows)
        columns = {header: Column(target="" if header == "id" else header) for header in headers}
        mapping = Mapping(list_name=source.capitalize(), mode=mode, key=("id",), columns=columns)
        return import_file(campaign, path, source=source, mapping=mapping)

    return load
