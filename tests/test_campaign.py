"""A campaign's folder, its settings, its days."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from commonweal.campaign import (
    Campaign,
    CampaignExists,
    Mode,
    NoCampaign,
    NotWritable,
    Round,
    SecretInSettings,
    Settings,
    SettingsUnreadable,
    read_settings,
)


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    settings = Settings(
        name="Élections à Toulouse",
        timezone="Europe/Paris",
        rounds=(Round(date(2027, 4, 11)),),
        mode=Mode.STUDY,
    )
    Campaign.create(tmp_path / "new", settings)
    assert read_settings(tmp_path / "new") == settings


def test_a_campaign_is_not_made_twice(tmp_path: Path) -> None:
    Campaign.create(tmp_path, Settings(name="one"))
    with pytest.raises(CampaignExists):
        Campaign.create(tmp_path, Settings(name="two"))
    assert read_settings(tmp_path).name == "one"


def test_a_folder_without_campaign_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoCampaign, match="commonweal init"):
        Campaign.open(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "campaign.toml"),
        ("mode = 'live'", "name"),
        ("name = 'x'\ntimezone = 'Toulouse'", "Toulouse"),
        ("name = 'x'\nengine = 'abacus'", "abacus"),
        ("name = 'x'\nlocale = 'de'", "locale 'de' is not one of en, fr"),
        ("name = 'x'\ncurrency = 'FRF'", "currency 'FRF' is not one of AED, .* EUR, .* USD, "),
        ("name = 'x'\nmode = 'asleep'", "asleep"),
        ("name = 'x'\ncolour = 'red'", "colour"),
        ("name = 'x'\n[[rounds]]\ndate = 'in spring'", "rounds"),
        ("name = ' '", "empty"),
    ],
)
def test_settings_that_make_no_sense_are_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "campaign.toml").write_text(text)
    with pytest.raises(SettingsUnreadable, match=told):
        read_settings(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritable):
        Campaign.create(tmp_path / "new", Settings(name="x"))


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable):
        Campaign.create(tmp_path / "file" / "new", Settings(name="x"))


def test_the_day_is_the_campaigns_own(campaign: Campaign, clock: object) -> None:
    clock.now = datetime(2027, 4, 10, 23, 30, tzinfo=UTC)  # type: ignore[attr-defined]
    assert campaign.today == date(2027, 4, 11)


def test_a_live_campaign_is_over_after_its_last_round(campaign: Campaign, clock: object) -> None:
    assert campaign.last_round == date(2027, 4, 25)
    assert campaign.next_round == date(2027, 4, 11)
    assert not campaign.is_over
    clock.now = datetime(2027, 4, 25, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    assert not campaign.is_over
    clock.now = datetime(2027, 4, 26, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    assert campaign.is_over


def test_ids_are_never_given_twice(campaign: Campaign) -> None:
    first, second = campaign.ids.take("person", 1000), campaign.ids.take("person", 1000)
    assert len(np.unique(np.concatenate([first, second]))) == 2000
    assert campaign.ids.age("person", first).max() < campaign.ids.age("person", second).min()


@pytest.mark.parametrize(
    "line",
    [
        'ledger = "postgresql://anna:hunter2@db.example.org/campaign"',
        'ledger = "postgresql://anna@db.example.org/campaign?password=hunter2"',
        'smtp_password = "hunter2"',
        'api_key = "hunter2"',
        'mail = { host = "x", secret = "hunter2" }',
    ],
)
def test_a_secret_in_the_settings_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    (tmp_path / "campaign.toml").write_text(f'name = "one"\n{line}\n')
    with pytest.raises(SecretInSettings) as told:
        read_settings(tmp_path)
    assert "hunter2" not in str(told.value)


def test_a_ledgers_url_without_a_password_is_fine(tmp_path: Path) -> None:
    url = "postgresql://anna@db.example.org/campaign"
    (tmp_path / "campaign.toml").write_text(f'name = "one"\nledger = "{url}"\n')
    assert read_settings(tmp_path).ledger == url


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 100), ("JPY", 1), ("KWD", 1_000)])
def test_the_smallest_units_of_a_currency(currency: str, minor: int) -> None:
    assert Settings(name="x", currency=currency).minor_units == minor
