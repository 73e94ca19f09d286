from __future__ import annotations

import re
from typing import Any

from commonweal.access.model import Role
from commonweal.campaign import Campaign

HTMX = {"hx-request": "true"}


def test_the_count_follows_the_expression(director: Any, small_town: Campaign) -> None:
    director.get("/universes")
    page = director.post("/universes/count", {"expression": 'area = "0113"'}, headers=HTMX).text
    assert "2 people" in page
    assert "area is 0113" in page


def test_an_error_points_at_its_place(director: Any, small_town: Campaign) -> None:
    director.get("/universes")
    page = director.post("/universes/count", {"expression": "turnot > 40"}, headers=HTMX).text
    assert "turnot &gt; 40\n^" in page
    assert "Did you mean &#39;turnout&#39;?" in page


def test_saved_and_deleted(director: Any, small_town: Campaign) -> None:
    director.get("/universes")
    saved = director.post("/universes/save", {"name": "Lilas", "expression": 'area = "0113"'})
    assert saved.headers["location"] == "/universes"
    page = director.get("/universes").text
    assert "Lilas" in page
    found = re.search(r'action="(/universes/[^"]+/delete)"', page)
    assert found is not None
    director.post(found[1])
    assert "Lilas" not in director.get("/universes").text
    with small_town.ledger.read() as connection:
        verbs = [
            verb
            for (verb,) in connection.execute("SELECT verb FROM audit.entry ORDER BY entry_id").fetchall()
        ]
    assert verbs[-2:] == ["universe.save", "universe.delete"]


def test_what_cannot_be_saved_stays_in_the_form(director: Any, small_town: Campaign) -> None:
    director.get("/universes")
    answer = director.post("/universes/save", {"name": "Broken", "expression": "age <"})
    assert answer.status_code == 422
    assert 'value="Broken"' in answer.text
    assert "age &lt;</textarea>" in answer.text


def test_who_sees_no_persons_may_count_them(browser: Any, small_town: Campaign) -> None:
    browser.sign_in(Role.DIGITAL).get("/universes")
    page = browser.post("/universes/count", {"expression": "has email"}, headers=HTMX).text
    assert "1 person" in page
