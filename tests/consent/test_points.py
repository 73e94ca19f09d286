"""The key of the contact points: made once, never in place of a lost one that something stands under."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commonweal.campaign import Campaign
from commonweal.consent import actions, points
from commonweal.consent.errors import PointKeyMissing
from commonweal.consent.model import Channel, Purpose, Suppressed
from commonweal.store.ledger import Connection, LedgerRole

PHONE = ("phone", "+33612345678")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for the key."""
    monkeypatch.setenv("COMMONWEAL_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def lost(campaign: Campaign) -> None:
    """The key is gone, and nothing remembers it."""
    points.key_path(campaign).unlink()
    points._KEYS.pop(campaign)


def test_the_key_is_kept_in_the_state_folder_for_its_owner_only(campaign: Campaign, state: Path) -> None:
    points.contact_point(campaign, *PHONE)
    (key,) = state.iterdir()
    assert key == points.key_path(campaign)
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_that_nothing_stands_under_is_made_anew(campaign: Campaign) -> None:
    before = points.contact_point(campaign, *PHONE)
    lost(campaign)
    assert points.contact_point(campaign, *PHONE) != before


def suppressed(connection: Connection, campaign: Campaign, point: int) -> None:
    actions.suppress(connection, campaign, None, Channel.PHONE, Suppressed.WRONG_NUMBER, contact_point=point)


def consented(connection: Connection, campaign: Campaign, point: int) -> None:
    actions.withdraw(
        connection, campaign, 1, Channel.PHONE, Purpose.CONTACT, source="team", contact_point=point
    )


def buried(connection: Connection, campaign: Campaign, point: int) -> None:
    actions.bury(connection, campaign, [("phone", point)])


def waiting(connection: Connection, campaign: Campaign, point: int) -> None:
    day = {"day": campaign.today, "now": campaign.clock(), "point": point}
    connection.execute("SELECT interactions.open_day(%(day)s)", day)
    connection.execute(
        "INSERT INTO interactions.event (event_id, sender, contact_point, kind, direction, occurred_at, received_at,"
        " received_on) VALUES ('1', 'team', %(point)s, 'replied', 'in', %(now)s, %(now)s, %(day)s)",
        day,
    )


@pytest.mark.parametrize("use", [suppressed, consented, buried, waiting])
def test_a_lost_key_that_something_stands_under_is_never_replaced(
    campaign: Campaign, use: Callable[[Connection, Campaign, int], None]
) -> None:
    point = points.contact_point(campaign, *PHONE)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        use(connection, campaign, point)
    lost(campaign)
    with pytest.raises(PointKeyMissing):
        points.contact_point(campaign, *PHONE)
