from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.intake.actions import import_file
from commonweal.jobs import queries as jobs

ROLL = """numero_electeur;nom;prenoms;date_de_naissance;email
1;MARTIN;Léa;03/05/1984;lea@example.org
2;PETIT;Noé;31/02/1990;
3;DURAND;Inès;12/11/1971;not an address
"""


@pytest.fixture
def roll(campaign: Campaign, tmp_path: Path) -> int:
    file = tmp_path / "roll.csv"
    file.write_text(ROLL, encoding="utf-8")
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    return import_file(campaign, file, source="roll").batch_id


def batch_path(browser: Any) -> str:
    found = re.search(r'href="(/lists/[^"?]+)"', browser.get("/lists").text)
    assert found is not None
    return found[1]


def test_the_counts_add_up_and_reasons_are_linked(director: Any, roll: int) -> None:
    page = director.get("/lists").text
    assert "Every row is accounted for" in page
    assert "?reason=impossible_date#quarantine" in page


def test_without_lists_the_page_says_how_to_begin(director: Any) -> None:
    assert "commonweal import FILE" in director.get("/lists").text


def test_a_batch_shows_line_column_and_value(director: Any, roll: int) -> None:
    page = director.get(batch_path(director)).text
    assert "31/02/1990" in page
    assert "date_de_naissance" in page
    assert "No calendar has this date." in page
    assert "single values set aside" in page
    only = director.get(f"{batch_path(director)}?reason=bad_email").text
    assert "not an address" in only
    assert "<code>31/02/1990</code>" not in only


def test_looking_at_rows_is_noted_without_their_values(director: Any, campaign: Campaign, roll: int) -> None:
    director.get(batch_path(director))
    with campaign.ledger.read() as connection:
        rows = connection.execute(
            "SELECT subject, detail FROM audit.entry WHERE verb = 'look_at_rows'"
        ).fetchall()
    assert [subject for subject, _ in rows] == [f"batch:{roll}"]
    assert "1990" not in str(rows)


def test_columns_stand_in_the_files_order(director: Any, roll: int) -> None:
    page = director.get(batch_path(director)).text
    mapping = page[page.index('id="mapping"') :]
    places = [mapping.index(f">{header}<") for header in ROLL.splitlines()[0].split(";")]
    assert places == sorted(places)


def test_taking_back_is_queued_for_the_worker(director: Any, campaign: Campaign, roll: int) -> None:
    path = batch_path(director)
    assert director.post(f"{path}/take-back").headers["location"] == "/runs"
    with campaign.ledger.read() as connection:
        run = jobs.last(connection, "take_back")
    assert run is not None
    assert run.arguments == {"batch_id": roll}


def test_an_analyst_reads_but_takes_nothing_back(browser: Any, roll: int) -> None:
    browser.sign_in(Role.ANALYST)
    path = batch_path(browser)
    assert "take-back" not in browser.get(path).text
    assert browser.post(f"{path}/take-back").status_code == 403
