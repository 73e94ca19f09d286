"""A universe asks for nothing that the campaign's policy pack forbids to choose people by."""

from __future__ import annotations

import msgspec
import pytest
from psycopg.types.json import Jsonb

from commonweal.campaign import Campaign
from commonweal.consent.packs import RefusedByPolicy
from commonweal.people import actions
from commonweal.people.grammar import parse
from commonweal.people.lawful import refused
from commonweal.people.universe import Vocabulary
from commonweal.store.ledger import LedgerRole

KNOWN = Vocabulary(
    elections=frozenset({"2022_t2"}),
    attributes=frozenset({"income", "faith", "club"}),
    tags=frozenset({"friend"}),
    lists=frozenset({"roll", "friends"}),
    areas=frozenset({"0113"}),
)


def lists(campaign: Campaign) -> None:
    """A roll that tells of votes and incomes, and sign-ups who told their club and, marked as sensitive, their faith."""
    told = {
        ("roll", "official"): {
            "v": {"target": "vote:2022_t2"},
            "i": {"target": "attribute:income"},
            "s": "sex",
        },
        ("friends", "given"): {
            "c": {"target": "attribute:club"},
            "f": {"target": "attribute:faith", "sensitive": True},
            "t": {"target": "tags"},
        },
    }
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        for (name, origin), columns in told.items():
            connection.execute(
                "INSERT INTO intake.source VALUES (%s, %s, 'other', 'delta', %s, 'votes', 'law', 'v1', %s)",
                (name, name, origin, Jsonb({"columns": columns})),
            )


def judged(campaign: Campaign, expression: str) -> str | None:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        found = refused(campaign, connection, parse(expression, KNOWN))
    return str(found.parameters["rule"]) if found else None


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ('age < 30 and sex = "f" and area in ("0113")', None),
        ("has email and not has phone", None),
        ('attribute("club") = "chess" or tag("friend")', None),
        ('vote("2022_t2") = yes', "fr_roll_fields"),
        ('age < 30 and not has attribute("income")', "fr_roll_fields"),
        ('attribute("faith") = "x"', "eu_special_fields"),
        ("support between 40 and 60", "eu_special_fields"),
    ],
)
def test_what_may_choose_people_in_france(campaign: Campaign, expression: str, rule: str | None) -> None:
    lists(campaign)
    assert judged(campaign, expression) is None
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    assert judged(campaign, expression) == rule


def test_it_is_not_saved(campaign: Campaign) -> None:
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    with pytest.raises(RefusedByPolicy) as told:
        actions.save_universe(campaign, "Friends", "support > 60")
    assert "9" in told.value.worded()
    assert "political" in told.value.worded()
