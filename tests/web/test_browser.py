"""A person at a screen: signs in by a link, finds somebody, opens the plan with its map; at a desk and on a phone.

Screenshots are kept in pytest's temporary folder (or in COMMONWEAL_SCREENSHOTS), to be looked at.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from commonweal.access import actions
from commonweal.campaign import Campaign

pytestmark = pytest.mark.browser

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",  # the map is drawn without a graphics card
]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
WORDS = {
    "en": {
        "find": "Find a person",
        "plan": "Plan",
        "where": "Where",
        "values": "Every value, with its source",
    },
    "fr": {
        "find": "Trouver une personne",
        "plan": "Plan",
        "where": "Où",
        "values": "Chaque valeur, avec sa source",
    },
}


@pytest.fixture(scope="module")
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


@pytest.fixture
def address(app: Litestar, small_town: Campaign) -> Iterator[str]:
    """The pages, served on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready, ended = threading.Event(), threading.Event()

    async def serve() -> None:
        server: Any = Server(
            app, port=port, interface=Interfaces.ASGI, log_level=LogLevels.error, websockets=False
        )
        task = asyncio.get_running_loop().create_task(server.serve())
        while not ended.is_set():
            await asyncio.sleep(0.05)
            ready.set()
        app.state.feed.end()
        server.stop()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(20)
    yield f"http://127.0.0.1:{port}"
    ended.set()
    thread.join(20)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("COMMONWEAL_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_ours(message: Any) -> bool:
    """Errors and warnings, but not those of the graphics driver, which taking a picture of the map provokes."""
    return message.type in {"error", "warning"} and "GL Driver Message" not in message.text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", WORDS)
def test_sign_in_find_a_person_open_the_plan(
    chromium: Any, address: str, small_town: Campaign, pictures: Path, language: str, size: str
) -> None:
    width, height = SIZES[size]
    words = WORDS[language]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale=language)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if _is_ours(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def look(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{name} is wider than the screen"
        )
        assert page.locator("html").get_attribute("lang") == language
        page.screenshot(path=str(pictures / f"{name}-{language}-{size}.png"), full_page=True)

    page.goto(f"{address}/sign-in#{actions.open_demo(small_town, ['0113'])}")
    page.wait_for_url(f"{address}/")
    assert "#" not in page.url
    look("home")

    page.goto(f"{address}/people")
    assert page.get_by_role("heading", level=1).inner_text() == words["find"]
    page.get_by_role("searchbox").press_sequentially("nadia")
    page.locator("#found a", has_text="Nadia Berger").wait_for()
    assert page.url == f"{address}/people", "no name stands in the address"
    look("search")
    page.locator("#found a", has_text="Nadia Berger").click()
    page.get_by_role("heading", name=words["values"]).wait_for()
    look("person")

    page.get_by_role("link", name=words["plan"], exact=True).click()
    page.get_by_role("heading", name=words["where"], exact=True).wait_for()
    page.locator("#map[data-drawn=yes]").wait_for(timeout=20_000)
    page.locator("input[value=votes]").check()
    assert page.locator(".legend:visible").count() == 1
    look("plan")

    page.goto(f"{address}/universes")
    page.locator("#expression").press_sequentially('area = "0113"')
    page.locator("#count .good").wait_for()
    assert re.search(r"\b2\b", page.locator("#count").inner_text())
    look("universes")
    page.close()
    assert complaints == []


def test_without_scripts_everything_works_too(chromium: Any, address: str, small_town: Campaign) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.locator("#token").fill(f"{address}/sign-in#{actions.open_demo(small_town, ['0113'])}")
    page.get_by_role("button", name="Come in").click()
    page.goto(f"{address}/people")
    page.get_by_role("searchbox").fill("nadia")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Nadia Berger").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nadia Berger"
    context.close()
