"""Two people at their screens: what one does appears at the other's, without a reload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_town import NADIA, PAUL

from commonweal.access import actions as access
from commonweal.access.model import Account, Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.contacts import actions, doors
from commonweal.contacts.model import Channel as By
from commonweal.contacts.model import Claim, Option
from commonweal.interactions.model import Channel, Event, Kind, ResultCode
from commonweal.planning import actions as planning

pytestmark = pytest.mark.browser

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
HOUSING = Option("door:housing", "housing", cost=180)


class Screens:
    """Browsers signed in as members of a team, each with its complaints."""

    def __init__(self, chromium: Any, address: str, campaign: Campaign, pictures: Path) -> None:
        self.chromium, self.address, self.campaign, self.pictures = chromium, address, campaign, pictures
        self.complaints: list[str] = []
        self.contexts: list[Any] = []

    def open(self, name: str, role: Role, size: str = "desk", language: str = "en", **more: Any) -> Any:
        """A page on which somebody has just come in."""
        width, height = SIZES[size]
        context = self.chromium.new_context(viewport={"width": width, "height": height}, locale=language)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{self.address}/sign-in#{access.invite(self.campaign, name, role, **more)}")
        page.wait_for_url(f"{self.address}/")
        return page

    def look(self, page: Any, name: str) -> None:
        """A picture, of a page that is no wider than its screen."""
        width = page.viewport_size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.screenshot(path=str(self.pictures / f"{name}.png"), full_page=True)

    def account(self, name: str) -> Account:
        """Somebody of the team."""
        with self.campaign.ledger.read() as connection:
            return next(each for each in open_accounts(connection) if each.name == name)


@pytest.fixture
def screens(chromium: Any, address: str, small_town: Campaign, pictures: Path) -> Any:
    small_town.clock.now = small_town.clock().replace(hour=16)  # type: ignore[attr-defined]
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    planning.approve(small_town, 1, actor="test")
    made = Screens(chromium, address, small_town, pictures)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


def test_a_result_at_a_door_appears_at_the_organisers_and_the_candidates(screens: Screens) -> None:
    volunteer = screens.open("Noa", Role.VOLUNTEER, size="phone")
    organiser = screens.open("Sacha", Role.ORGANISER, areas=["0113"])
    candidate = screens.open("Camille", Role.CANDIDATE)
    treasurer = screens.open("Claude", Role.TREASURER)
    for page in (organiser, candidate):
        page.get_by_text("Nobody has been contacted yet today.").wait_for()
    screens.look(volunteer, "volunteer-no-door")

    organiser.locator("select[name=holder]").select_option(label="Noa")
    organiser.get_by_role("button", name="Hand out").click()
    volunteer.get_by_role("heading", name="12 rue des Lilas").wait_for()
    screens.look(volunteer, "volunteer-door")
    treasurer.get_by_text("1 contact reserved").wait_for()

    volunteer.get_by_role("button", name="We talked").click()
    volunteer.get_by_text("You hold no door.").wait_for()
    for page in (organiser, candidate):
        page.get_by_text("spoke with them 1").wait_for()
    treasurer.get_by_text("1 contact made").wait_for()
    organiser.locator("#live-areas").get_by_text("École Molière").wait_for()
    screens.look(organiser, "organiser-live")
    screens.look(candidate, "candidate-live")
    screens.look(treasurer, "treasurer-live")

    volunteer.get_by_role("button", name="Undo").click()
    volunteer.get_by_role("heading", name="12 rue des Lilas").wait_for()
    organiser.get_by_text("Nobody has been contacted yet today.").wait_for()


def test_an_action_written_by_the_candidate_appears_at_the_organisers(screens: Screens) -> None:
    organiser = screens.open("Sacha", Role.ORGANISER, areas=["0113"])
    candidate = screens.open("Camille", Role.CANDIDATE)
    candidate.get_by_label("What is to be done?").fill("Find a room near the school")
    candidate.get_by_label("Who").select_option(label="Sacha (field organiser)")
    candidate.get_by_label("By when").fill("2027-01-20")
    candidate.get_by_role("button", name="Write it").click()
    candidate.get_by_text("Written. All whom it concerns see it now.").wait_for()
    link = organiser.locator("#live-strip").get_by_role("link", name="Find a room near the school")
    link.wait_for()
    screens.look(organiser, "organiser-action")

    candidate.locator("#live-strip").get_by_role("link", name="Find a room near the school").click()
    candidate.get_by_role("heading", name="Find a room near the school", level=1).wait_for()
    link.click()
    organiser.get_by_label("Say something about it").fill("The gym is free")
    organiser.get_by_role("button", name="Comment").click()
    candidate.get_by_text("The gym is free").wait_for()
    organiser.get_by_label("What came of it?").fill("The gym, Thursday at 19:00")
    organiser.get_by_role("button", name="It is done").click()
    candidate.locator(".notice", has_text="The gym, Thursday at 19:00").wait_for()
    screens.look(candidate, "action-done")
    candidate.goto(f"{screens.address}/board")
    candidate.get_by_role("heading", name="Done, and what came of it").wait_for()
    screens.look(candidate, "board")


def test_a_claim_that_is_refused_says_why_on_the_persons_page_and_on_the_first_screen(
    screens: Screens,
) -> None:
    director = screens.open("Dominique", Role.DIRECTOR)
    director.get_by_text("One hand has stopped nothing yet today").wait_for()
    told = Event(
        event_id="e1",
        kind=Kind.ATTEMPT,
        occurred_at=screens.campaign.clock(),
        channel=Channel.DOOR,
        person_id=NADIA,
        result=ResultCode.REFUSED,
    )
    actions.record(screens.campaign, [told], "test")
    assert not isinstance(actions.claim(screens.campaign, PAUL, By.POST, option=HOUSING), Claim)
    director.get_by_role("heading", name="One hand stopped 1 contact today").wait_for()
    director.get_by_text("They were contacted today already: 1 a day is the most.").wait_for()
    screens.look(director, "director-live")
    director.get_by_role("link", name="Paul Berger").click()
    director.get_by_role("heading", name="Paul Berger", level=1).wait_for()
    director.get_by_text("1 a day is the most").first.wait_for()
    screens.look(director, "person-refused")


def test_who_is_signed_out_elsewhere_leaves_the_live_page(screens: Screens) -> None:
    candidate = screens.open("Camille", Role.CANDIDATE)
    candidate.get_by_text("Nobody has been contacted yet today.").wait_for()
    access.end_sessions(screens.campaign, screens.account("Camille").account_id)
    screens.campaign.teller.soon("contacts")
    candidate.wait_for_url(f"{screens.address}/sign-in")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_live_pages_fit_their_screens(screens: Screens, size: str, language: str) -> None:
    volunteer = screens.open("Noa", Role.VOLUNTEER, size, language)
    doors.hand_out(screens.campaign, ["0113"], 20, screens.account("Noa"), actor="test")
    volunteer.get_by_role("heading", name="12 rue des Lilas").wait_for()
    screens.look(volunteer, f"doors-{language}-{size}")
    for role in (Role.DIRECTOR, Role.ORGANISER, Role.TREASURER):
        page = screens.open(
            f"The {role}", role, size, language, areas=["0113"] if role is Role.ORGANISER else []
        )
        screens.look(page, f"{role}-{language}-{size}")
        page.goto(f"{screens.address}/board")
        screens.look(page, f"board-{role}-{language}-{size}")
