"""What a request that can't be meant is answered: a clear refusal, never "something broke"."""

from __future__ import annotations

from typing import Any

import pytest
from small_town import NADIA

from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.web.app import _key
from commonweal.web.links import Links

HUGE = str(10**30)
NUL = "a\x00b"
LONG = "".join(chr(0x4E00 + 7 * place % 20_000) for place in range(20_000))  # no index row holds it

PUBLIC = [
    ("GET", "/why/%ff%fe", {}),
    ("GET", "/why/a%00~b", {}),
    ("POST", "/why/%ed%a0%80~x", {}),
    ("POST", "/sign-in/link", {"token": NUL}),
    ("POST", "/sign-in/password", {"email": NUL, "password": "twelve letters"}),
    ("POST", "/sign-in/password", {"email": "a@example.org", "password": NUL}),
    ("POST", "/language", {"code": "fr", "back": "//["}),
    ("POST", "/language", {"code": "fr", "back": "/\r\nset-cookie: a=b"}),
    ("POST", "/language", {"code": NUL, "back": "/\u20ac"}),
]
DIRECTOR = [
    ("GET", "/audit?verb=%00", {}),
    ("GET", "/audit?before=%ff", {}),
    ("GET", "/board?about=area:%00", {}),
    ("GET", "/people/%ff~%ff", {}),
    ("GET", "/plan/%00", {}),
    ("GET", "/?lang=%00", {}),
    ("POST", "/accounts/invite", {"name": NUL, "role": "analyst", "email": "", "areas": ""}),
    ("POST", "/accounts/invite", {"name": "A", "role": "organiser", "areas": NUL}),
    ("POST", "/accounts/invite", {"name": "A", "role": "analyst", "email": "a\x00@example.org"}),
    ("POST", "/me/password", {"password": "a\x00bcdefghijklmnop"}),
    ("POST", "/board/write", {"what": NUL, "key": NUL, "owner": "1"}),
    ("POST", "/board/write", {"what": "x", "key": "k1", "owner": HUGE}),
    ("POST", "/board/write", {"what": "x", "key": "k2", "owner": "1", "about": "area:\x00"}),
    ("POST", "/board/write", {"what": "x", "key": "k3", "owner": "1", "due": "0001-01-01"}),
    ("POST", "/board/write", {"what": "x", "key": "k4", "owner": "1", "due": "9999-12-31"}),
    ("POST", "/board/write", {"what": "x", "key": LONG, "owner": "1"}),
    ("POST", "/people/find", {"text": NUL}),
    ("POST", "/people/find", {"text": LONG}),
    ("POST", "/universes/save", {"name": LONG, "expression": "age < 30"}),
    ("POST", "/accounts/invite", {"name": LONG, "role": "analyst"}),
    ("GET", "/policy?pack=../../../../etc/passwd", {}),
    ("GET", "/policy?pack=%00", {}),
    ("POST", "/people/find", {"text": "%_\\" * 50}),
    ("POST", "/universes/count", {"expression": f'area = "{NUL}"'}),
    ("POST", "/universes/count", {"expression": f"age < {HUGE}"}),
    ("POST", "/universes/count", {"expression": "(" * 5000}),
    ("POST", "/universes/count", {"expression": "not " * 5000 + "has email"}),
    ("POST", "/universes/save", {"name": NUL, "expression": "age < 30"}),
    ("POST", "/universes/save", {"name": "x" * 100_000, "expression": "age < 30"}),
    ("POST", "/contact-rules/set", {"version": "9" * 5000, "caps.day": "9" * 5000}),
    ("POST", "/contact-rules/set", {"version": "0", "caps.day": HUGE, "rest_after_refusal": "nan"}),
    ("POST", "/contact-rules/set", {"version": "0", "caps.day": "inf", "cool_down.any": "1e308"}),
    ("POST", "/contact-rules/set", {"version": "0", "quiet.door": NUL}),
    ("POST", "/doors/hand-out", {"area": NUL, "holder": "x", "doors": HUGE}),
    ("POST", "/plan/list/%00", {}),
    ("POST", "/privacy/requests", {"kind": "access", "received": "0001-01-01", "words": NUL}),
    ("POST", "/privacy/requests", {"kind": "access", "received": "9999-12-31"}),
    ("POST", "/runs/start", {"budget": "inf"}),
    ("POST", "/runs/start", {"budget": NUL}),
    ("POST", "/tokens/make", {"sender": NUL, "scopes": "events:write"}),
]


def send(browser: Any, method: str, path: str, data: dict[str, str]) -> int:
    found = browser.get(path) if method == "GET" else browser.post(path, data)
    return int(found.status_code)


@pytest.mark.parametrize(("method", "path", "data"), PUBLIC)
def test_a_stranger_breaks_nothing(
    browser: Any, small_town: Campaign, method: str, path: str, data: dict[str, str]
) -> None:
    browser.get("/sign-in")
    assert send(browser, method, path, data) < 500


def test_nobody_inside_breaks_anything(director: Any, small_town: Campaign) -> None:
    director.get("/")
    broken = [asked for asked in DIRECTOR if send(director, *asked) >= 500]
    assert broken == []


def test_a_tokens_number_of_another_kind_opens_nothing(browser: Any, small_town: Campaign) -> None:
    links = Links(_key(small_town.ledger))
    browser.sign_in(Role.DIRECTOR)
    for kind in ("person", "claim", "account", "plan", "why.claim", "moment"):
        token = links.make(kind, NADIA)
        for path in ("/people/{}", "/why/{}", "/plan/{}", "/board/{}", "/taken/{}", "/lists/{}"):
            if (path, kind) != ("/people/{}", "person"):
                assert browser.get(path.format(token)).status_code in (404, 422), (path, kind)


def test_the_way_back_is_a_plain_path_of_this_site(browser: Any, campaign: Campaign) -> None:
    browser.get("/sign-in")
    for back in (
        "//evil.example",
        "/\\evil.example",
        "/\r\nset-cookie: a=b",
        "//[",
        "https://evil.example",
        "/\u20ac",
    ):
        answer = browser.post("/language", {"code": "en", "back": back}, headers={"hx-request": "true"})
        assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/"), back
    assert (
        browser.post("/language", {"code": "en", "back": "/board?about=x"}).headers["location"]
        == "/board?about=x"
    )
