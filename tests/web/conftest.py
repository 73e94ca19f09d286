from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from serving import served
from small_town import build

from commonweal.access import actions
from commonweal.access.model import Role
from commonweal.campaign import Campaign
from commonweal.web.app import create_app

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",  # the map is drawn without a graphics card
]
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


class Browser:
    """A browser without scripts: follows no redirect, sends the forms' token."""

    def __init__(self, client: TestClient[Litestar], campaign: Campaign) -> None:
        self.client = client
        self.campaign = campaign
        self.csrf = ""

    def get(self, path: str, **more: Any) -> Any:
        answer = self.client.get(path, follow_redirects=False, **more)
        found = _TOKEN.search(answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        return self.client.post(
            path, data={"_csrf_token": self.csrf} | (data or {}), follow_redirects=False, **more
        )

    def sign_in(self, role: Role, **more: Any) -> Browser:
        """Come in by a link, as a new account of a role."""
        areas = {"areas": ("0113",)} if role is Role.ORGANISER else {}
        return self.use(actions.invite(self.campaign, f"The {role}", role, **(areas | more)))

    def use(self, link: str) -> Browser:
        self.get("/sign-in")
        assert self.post("/sign-in/link", {"token": link}).headers["location"] == "/"
        return self


@pytest.fixture
def app(campaign: Campaign) -> Litestar:
    return create_app(campaign)


@pytest.fixture
def browser(app: Litestar, campaign: Campaign) -> Iterator[Browser]:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield Browser(client, campaign)


@pytest.fixture
def director(browser: Browser) -> Browser:
    return browser.sign_in(Role.DIRECTOR)


@pytest.fixture
def small_town(campaign: Campaign) -> Campaign:
    """The campaign with people, areas and a plan."""
    build(campaign)
    return campaign


@pytest.fixture
def address(app: Litestar) -> Iterator[str]:
    """The pages, on a real server."""
    with served(app) as where:
        yield where


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("COMMONWEAL_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")  # Playwright runs a loop of its own, in which no other can run
def chromium() -> Iterator[Any]:
    """A browser; without one the test is skipped on a laptop and fails in CI."""
    playwright = pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else None
    if playwright is None:
        from playwright import sync_api as playwright  # type: ignore[no-redef]
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with playwright.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=path, args=_FLAGS)
        except playwright.Error as error:
            if os.environ.get("CI"):
                pytest.fail(f"CI needs a browser (apt-get install chromium): {error}")
            pytest.skip("no browser here: install Chromium, or run `playwright install chromium`")
        yield browser
        browser.close()
