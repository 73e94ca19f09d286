"""Why a contact is refused: every rule has its words, in both languages, with its particulars."""

from __future__ import annotations

import pytest

from commonweal.campaign import Campaign
from commonweal.contacts.model import Refusal, Stop
from commonweal.web import refusals
from commonweal.web.language import Language

PARTICULARS = {
    "until": "2027-01-16T09:00:00+00:00",
    "cap": 3,
    "channel": "door",
    "message": "housing",
    "question": "vote",
}


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("stop", Stop)
def test_every_rule_is_told_with_its_particulars(campaign: Campaign, stop: Stop, code: str) -> None:
    language = Language(code, "Europe/Paris", "EUR")
    told = refusals.worded(campaign, Refusal(stop.value, PARTICULARS), language)
    assert "{" not in told
    assert told.endswith(".")
    assert refusals.in_short(campaign, stop.value, language) != stop.value


def test_the_law_is_told_with_its_article(campaign: Campaign) -> None:
    english = refusals.worded(campaign, Refusal("asked_first"), Language("en", "Europe/Paris", "EUR"))
    assert "before they said yes" in english
    assert english.endswith(" (House rule 6).")


def test_a_rule_of_an_older_pack_is_shown_by_its_code(campaign: Campaign) -> None:
    assert refusals.in_short(campaign, "an_old_rule", Language("en", "UTC", "EUR")) == "an old rule"
