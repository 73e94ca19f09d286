from __future__ import annotations

import re
from typing import Any

import pytest

from commonweal.access.model import Permission, Role
from commonweal.access.rules import may
from commonweal.web import menu


def of(role: Role) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in menu.groups(lambda permission: may(role, permission)):
        found.setdefault(group.label, []).extend(entry.path for entry in group.entries)
    return found


def test_a_director_finds_pages_by_what_one_does() -> None:
    assert of(Role.DIRECTOR) == {
        "": ["/", "/board", "/mandate"],
        "People": ["/people", "/universes", "/review"],
        "Contacts": ["/plan", "/forecast", "/in-hand", "/pressure"],
        "Data": ["/lists", "/models", "/runs"],
        "Privacy and access": ["/privacy", "/policy", "/audit", "/accounts"],
    }


def test_few_pages_stand_in_the_open() -> None:
    assert of(Role.VOLUNTEER) == {"": ["/", "/board", "/in-hand"]}
    assert of(Role.ORGANISER) == {"": ["/", "/board", "/people", "/plan", "/in-hand", "/pressure"]}


def test_no_group_is_of_one_page() -> None:
    assert of(Role.PRIVACY) == {
        "": ["/", "/board", "/people", "/pressure", "/lists"],
        "Privacy and access": ["/privacy", "/policy", "/audit"],
    }


@pytest.mark.parametrize("role", Role)
def test_every_page_of_a_menu_opens(browser: Any, role: Role) -> None:
    browser.sign_in(role)
    listed = set(re.findall(r'<a href="(/[a-z-]*)"', browser.get("/").text.split("</header>")[0]))
    assert listed >= {path for paths in of(role).values() for path in paths}
    assert {path: browser.get(path).status_code for path in listed} == dict.fromkeys(listed, 200)


def test_the_menu_says_where_one_is(director: Any) -> None:
    header = director.get("/lists").text.split("</header>")[0]
    assert header.count('<a href="/lists" aria-current="page">') == 2, (
        "in the bar, and in the menu of a phone"
    )
    assert '<summary class="here">Data</summary>' in header
    assert not menu.Entry("/", "", Permission.BE_HERE).is_here("/lists")
