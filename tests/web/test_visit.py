"""Whatever stands in the campaign's texts, pages show it as text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from small_town import NADIA

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.contacts import actions
from commonweal.contacts.model import Channel, Claim, Option
from commonweal.interactions.actions import take_in
from commonweal.interactions.model import Channel as By
from commonweal.interactions.model import Event, Kind
from commonweal.web.app import _key
from commonweal.web.links import Links
from commonweal.web.pages.why import PERSON

EVIL = """'"><img src=x onerror=alert(1)>{{7*7}}</script>"""

_COLUMNS = {
    "people.profile": (
        "title",
        "given_name",
        "surname",
        "street",
        "unit",
        "city",
        "house_number",
        "postcode",
    ),
    "people.area": ("name", "address"),
    "intake.source": ("list", "purpose", "legal_basis"),
    "intake.batch": ("file_name",),
    "people.origin": ('"column"', "purpose", "legal_basis"),
    "planning.plan": ("name", "made_by"),
    "planning.option_total": ("message",),
}


@pytest.fixture
def evil_town(small_town: Campaign, clock: Any) -> Campaign:
    """The small town, where somebody could write markup into every text."""
    clock.now = clock.now.replace(hour=12)
    with small_town.ledger.transaction() as connection:
        for table, columns in _COLUMNS.items():
            sets = ", ".join(f"{column} = %(evil)s" for column in columns)
            connection.execute(f"UPDATE {table} SET {sets}", {"evil": EVIL})
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
        told = Jsonb({EVIL: EVIL, "surname": EVIL})
        connection.execute(
            "UPDATE people.profile SET tags = %s, attributes = %s, votes = %s",
            ([EVIL], told, Jsonb({EVIL: True})),
        )
        connection.execute("UPDATE people.record SET given = %s", (told,))
        connection.execute(
            "INSERT INTO people.known VALUES ('tag', %s, 1), ('attribute', %s, 1)", (EVIL, EVIL)
        )
        connection.execute(
            "INSERT INTO intake.quarantine_row VALUES (1, 'impossible_date', 3, %(evil)s, %(evil)s, ARRAY[%(evil)s])",
            {"evil": EVIL},
        )
    heard = Event(
        event_id="evil",
        kind=Kind.ATTEMPT,
        occurred_at=small_town.clock() - timedelta(days=40),
        channel=By.DOOR,
        person_id=NADIA,
        actor=EVIL,
        message_version=EVIL,
        source_code=EVIL,
        answers={EVIL: EVIL},
    )
    assert take_in(small_town, [heard], "test").accepted == 1
    return small_town


def _inside(browser: Any, campaign: Campaign) -> list[Any]:
    """What the director is shown, after every form was filled in as badly as it can be."""
    links = Links(_key(campaign.ledger))
    person = links.make("person", NADIA)
    browser.sign_in(Role.DIRECTOR)
    answers = [browser.get("/")]
    answers.append(browser.post("/accounts/invite", {"name": EVIL, "role": "organiser", "areas": EVIL}))
    answers.append(
        browser.post("/accounts/invite", {"name": "", "role": "organiser", "areas": EVIL, "email": EVIL})
    )
    answers.append(browser.post("/universes/save", {"name": EVIL, "expression": "age < 90"}))
    answers.append(browser.post("/universes/save", {"name": EVIL, "expression": f"age < {EVIL}"}))
    answers.append(browser.post("/tokens/make", {"sender": EVIL, "scopes": "events:write"}))
    answers.append(browser.post("/contact-rules/set", {"version": "0", "quiet.door": EVIL, "caps.day": EVIL}))
    answers.append(browser.post("/people/find", {"text": EVIL}))
    answers.append(
        browser.post(f"/people/{person}/consent", {"word": "yes", "channel": "phone", "evidence": EVIL})
    )
    wanted = {"what": EVIL, "key": "k", "owner": "1", "about": "area:0113", "due": "2027-01-20", "back": EVIL}
    answers.append(browser.post("/board/write", wanted, headers={"hx-request": "true"}))
    answers.append(browser.post("/board/write", {"what": EVIL, "key": "k2", "owner": "1", "due": EVIL}))
    token = links.make("action", 1)
    answers.append(browser.post(f"/board/{token}/comment", {"text": EVIL, "key": "c"}))
    answers.append(
        browser.post(f"/board/{token}/move", {"to": "done", "key": "m", "version": "1", "outcome": EVIL})
    )
    answers.append(browser.post("/runs/start", {"budget": EVIL}))
    answers.append(browser.post("/privacy/requests", {"kind": "access", "words": EVIL, "received": EVIL}))
    opened = browser.post("/privacy/requests", {"kind": "access", "words": EVIL})
    desk = opened.headers["location"]
    browser.post(f"{desk}/link", {"person": person})
    answers.append(browser.post(f"{desk}/correct", {"person": person, "field": "surname", "value": EVIL}))
    answers.append(browser.post(f"{desk}/find", {"text": EVIL}))
    answers.append(browser.post(f"{desk}/export?language=fr", {"person": person}))
    answers.append(browser.post(f"{desk}/extend", {"reason": EVIL}))
    browser.get("/")
    pages = [
        *(
            "/",
            "/lists",
            "/people",
            "/universes",
            "/plan",
            "/pressure",
            "/contact-rules",
            "/board",
            "/accounts",
        ),
        *(
            "/tokens",
            "/runs",
            "/models",
            "/policy",
            "/audit",
            "/me",
            "/in-hand",
            "/privacy",
            "/privacy/register",
        ),
        *(
            f"/people/{person}",
            f"/people/{person}/story",
            f"/board/{token}",
            f"/lists/{links.make('batch', 1)}",
        ),
        *(desk, f"/why/{links.make(PERSON, NADIA)}", "/board"),
    ]
    for path in pages:
        for language in ("en", "fr"):
            page = browser.get(path, params={"lang": language})
            assert page.status_code == 200, path
            answers.append(page)
    return answers


def test_no_text_becomes_markup(browser: Any, evil_town: Campaign) -> None:
    claim = actions.claim(evil_town, NADIA, Channel.DOOR, option=Option("door:housing", EVIL, 180), account=1)
    assert isinstance(claim, Claim), claim
    actions.claim(evil_town, NADIA, Channel.DOOR, option=Option("door:housing", EVIL, 180))
    answers = _inside(browser, evil_town)
    assert sum("&lt;img src=x" in each.text for each in answers) > 20
    for each in answers:
        assert each.status_code < 500
        where = each.text.find("<img src=x")
        assert where < 0, (each.url, each.text[where - 200 : where + 50])
        assert "49</script>" not in each.text
