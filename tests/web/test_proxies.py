from __future__ import annotations

import re

import httpx
import pytest
from serving import served

from commonweal.campaign import Campaign
from commonweal.web.app import create_app
from commonweal.web.errors import NoProxy
from commonweal.web.proxies import networks, origin

OURS = ["10.0.0.2", "10.1.0.0/16", "fd00::/8"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),  # not of ours: it may say what it likes
        ("10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["1.1.1.1", "198.51.100.7"], "198.51.100.7"),  # the first was written by whoever asked
        ("10.0.0.2", ["198.51.100.7", "10.1.3.4", "fd00::5"], "198.51.100.7"),
        ("10.0.0.2", ["198.51.100.7", "unknown"], "10.0.0.2"),
        ("10.0.0.3", ["198.51.100.7"], "10.0.0.3"),
        ("testclient", ["198.51.100.7"], "testclient"),
    ],
)
def test_only_a_named_proxy_is_believed(peer: str, forwarded: list[str], found: str) -> None:
    assert origin(peer, forwarded, networks(OURS)) == found


def test_without_a_named_proxy_nobody_is_believed() -> None:
    assert origin("10.0.0.2", ["198.51.100.7"], networks([])) == "10.0.0.2"


@pytest.mark.parametrize("name", ["proxy.example.org", "10.0.0.2/8", ""])
def test_what_is_no_address_is_refused(name: str) -> None:
    with pytest.raises(NoProxy):
        networks([name])


@pytest.mark.parametrize(("proxies", "last"), [(["127.0.0.1"], 403), ([], 429)])
def test_users_behind_a_named_proxy_have_their_own_tries(
    campaign: Campaign, proxies: list[str], last: int
) -> None:
    with served(create_app(campaign, proxies=proxies)) as address, httpx.Client(base_url=address) as client:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in").text)
        assert token
        form = {"_csrf_token": token[1], "token": "x" * 30}
        for place in (*["198.51.100.7"] * 20, "198.51.100.8"):
            answer = client.post("/sign-in/link", data=form, headers={"x-forwarded-for": place})
        assert answer.status_code == last
