from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.intake.actions import import_file

ROLL = """Numéro électeur;Nom;Prénoms;Né le;Adresse;Code postal;Ville;Bureau
R-1001;BERGER;Nadia;03/05/1984;12 rue des Lilas;31000;Toulouse;0113
R-1002;BERGER;Paul;11/09/1981;12 rue des Lilas;31000;Toulouse;0113
R-1003;MARTIN;Zoé;30/01/1990;3 rue Neuve;31000;Toulouse;0114
R-1003;MARTIN;Zoë;30/01/1990;3 rue Neuve;31000;Toulouse;0114
"""
SIGNUPS = """name,email,phone
Nadia Berger,nadia.berger@example.org,06 39 98 00 11
Nadia Berger,nadia.berger@example.org,not a number
Luc Petit,luc.petit@example.org,06 39 98 00 12
"""


@pytest.fixture
def lists(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "roll.csv").write_text(ROLL)
    (folder / "signups.csv").write_text(SIGNUPS)
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def held(campaign: Campaign, lists: dict[str, Path]) -> Campaign:
    """The campaign, under French law, with two lists loaded and resolved."""
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    path = campaign.folder / "campaign.toml"
    path.write_text(path.read_text().replace('jurisdiction = "none"', 'jurisdiction = "fr"'))
    for name in ("roll", "signups"):
        import_file(campaign, lists[name], source=name)
    loop.resolve(campaign)
    return campaign
