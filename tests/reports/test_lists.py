"""What import, its dry run and status say of a list: words for codes, and why rows were kept out."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.intake import actions, queries
from commonweal.intake.errors import NoSuchBatch
from commonweal.jobs.actions import tracked
from commonweal.reports import lists, standing
from commonweal.store.ledger import LedgerRole

ROLL = """numero_electeur;nom;prenom;date_naissance;presidentielle_2022_t1
1;A;Ann;1/2/1980;O
2;B;Ben;31/2/1981;O
3;C;Car
4;D;Dan;30/2/1982;N
"""


@pytest.fixture(autouse=True)
def france(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of real people, under their country's law, at a wide terminal."""
    campaign.settings = replace(campaign.settings, jurisdiction="fr")
    monkeypatch.setattr(terminal.OUT, "width", 120)


@pytest.fixture
def roll(tmp_path: Path) -> Path:
    path = tmp_path / "roll.csv"
    path.write_text(ROLL)
    return path


def test_a_mapping_is_told_in_words(
    campaign: Campaign, roll: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists.show_preview(actions.preview(campaign, roll))
    shown = capsys.readouterr().out
    assert "Number on the roll" in shown
    assert "Voted: presidentielle 2022 t1" in shown
    assert "2 of the first 3 rows: No calendar has this date." in shown
    assert "registration_number" not in shown
    assert "impossible_date" not in shown


def test_an_import_and_the_status_say_why_rows_were_kept_out(
    campaign: Campaign, roll: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = actions.import_file(campaign, roll)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        counts = queries.quarantine_counts(connection, batch.batch_id)
    lists.show_batch(batch, counts, campaign.folder)
    first = capsys.readouterr().out
    standing.show_status(standing.status(campaign))
    for shown in (first, capsys.readouterr().out):
        (dates,) = (line for line in shown.splitlines() if "No calendar has this date." in line)
        assert [cell.strip() for cell in dates.split("│")[3:5]] == ["2", "line 3, date_naissance"]
        assert "The line has more or fewer cells than there are columns." in shown
        assert "commonweal serve, page Lists" in shown


def test_what_was_taken_back_keeps_nothing_in_the_status(campaign: Campaign, roll: Path) -> None:
    batch = actions.import_file(campaign, roll)
    assert standing.status(campaign).quarantine
    actions.take_back(campaign, batch.batch_id)
    assert standing.status(campaign).quarantine == ()


def test_the_status_says_why_a_run_failed(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoSuchBatch), tracked(campaign.ledger, campaign.clock, "take-back", "cli:anna"):
        actions.take_back(campaign, 9)
    standing.show_status(standing.status(campaign))
    assert "There is no batch 9." in capsys.readouterr().out
