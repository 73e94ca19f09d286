from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from commonweal.access.model import Role
from commonweal.campaign import Campaign


@pytest.fixture
def small_town(small_town: Campaign) -> Campaign:
    """Of made-up lists, so that no country's law is asked."""
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE intake.source SET origin = 'synthetic'")
    return small_town


def take(somebody: Any, channel: str = "door") -> Any:
    """Take a list: claim its contacts, then download it."""
    somebody.get("/plan")
    answer = somebody.post(f"/plan/list/{channel}")
    page = answer.headers.get("location")
    return somebody.get(f"{page}/list.csv") if page else answer


def approve(director: Any) -> Any:
    found = re.search(r'action="(/plan/[^"]+/approve)"', director.get("/plan").text)
    assert found is not None
    return director.post(found[1])


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_plan_with_its_parts(director: Any, small_town: Campaign) -> None:
    page = director.get("/plan").text
    for text in ("Doors: housing", "The money does more elsewhere", "École Molière", "1 or more"):
        assert text in page


def test_what_exploring_costs_and_that_it_counts_once_approved(director: Any, small_town: Campaign) -> None:
    assert "drawn at random" not in director.get("/plan").text
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE planning.plan SET status = 'draft', explored = 1204, forgone = 3.27")
        connection.execute("UPDATE people.standing SET reason = 'drawn' WHERE planned IS NOT NULL")
    page = director.get("/plan").text
    assert (
        "For 1,204 people the contact is drawn at random, to learn from: that forgoes about 3.3 votes."
        in page
    )
    director.get("/people")
    answer = director.post("/people/find", {"text": "nadia"})
    link = re.search(r'href="(/people/[^"]+)"', answer.text)
    assert link is not None
    person = director.get(link[1]).text
    assert "Drawn at random, not chosen" in person
    assert "At this budget" not in person
    approve(director)
    with small_town.ledger.read() as connection:
        assert connection.execute("SELECT plan_id FROM experiments.exploration").fetchall() == [(1,)]


def test_what_each_limit_costs_stands_in_words_of_the_field(director: Any, small_town: Campaign) -> None:
    page = director.get("/plan").text
    for text in (
        "301 to 529",
        "certified</dt><dd>0.6</dd>",
        "€3,999 of €4,000",
        "€100 more would gain about 7.0 votes.",
        "40 hours of 40 hours",
        "2 more hours would gain about 0.24 votes.",
        "200; at least 200",
        "at most 1, each through another channel",
        "To ask for 20 fewer would gain about 0.08 votes.",
        "20% of the contacts; at least 20%",
        "To ask for one point less would gain about 3.1 votes.",
        "8.3% of the contacts; at most 12.5%",
        'value="12.5" aria-label="New limit: Not too many letters">%',
        "One more volunteer evening would gain about 3.1 votes.",
    ):
        assert text in page, text
    (small_town.folder / "plan.toml").write_text("[doors]\nhours_each = 0.1\nevening = 2\n")
    assert "One more volunteer evening would gain about 2.1 votes." in director.get("/plan").text
    french = director.get("/plan?lang=fr").text
    for text in ("100\xa0€ de plus gagneraient environ 7,0 voix.", "Une soirée de bénévole de plus"):
        assert text in french, text


PLAN_TOML = """
[doors]
hours_each = 0.1
[days]
[[limit]]
name = "calls"
channel = "phone"
unit = "hours"
at_most = 40
[[limit]]
name = "The young get their share"
who = "age < 30"
at_least_share = 0.2
"""


@pytest.fixture
def terms(small_town: Campaign) -> Campaign:
    """A folder that says what the plan was made with."""
    option = '[[option]]\ncode = "door:housing"\nchannel = "door"\nmessage = "housing"\nunit_cost = 180\n'
    (small_town.folder / "options.toml").write_text(option)
    (small_town.folder / "plan.toml").write_text(PLAN_TOML)
    return small_town


def change(director: Any, limit: str, value: str) -> Any:
    found = re.search(r'action="(/plan/[^"]+/change)"', director.get("/plan").text)
    assert found is not None
    return director.post(found[1], data={"limit": limit, "value": value})


@pytest.mark.parametrize(
    ("limit", "value", "arguments"),
    [
        ("money", "5 000", {"budget": 5000.0, "changes": {}}),
        ("hours:0113", "20,5", {"budget": 4000.0, "changes": {"hours:0113": 20.5}}),
        (
            "The young get their share",
            "25",
            {"budget": 4000.0, "changes": {"The young get their share": 0.25}},
        ),
    ],
)
def test_a_changed_limit_makes_a_new_draft(
    director: Any, terms: Campaign, limit: str, value: str, arguments: dict[str, Any]
) -> None:
    assert change(director, limit, value).headers["location"] == "/runs"
    with terms.ledger.read() as connection:
        runs = connection.execute("SELECT command, arguments FROM jobs.run").fetchall()
    assert runs == [("plan", {**arguments, "without": [], "basis": 1})]


def test_what_a_limit_cannot_be_is_told_beside_it_before_anything_runs(
    director: Any, terms: Campaign
) -> None:
    for limit, value, told in (
        ("calls", "many", "“calls” can&#39;t be “many”. Give a number of 0 or more."),
        ("calls", "", "Give a number of 0 or more."),
        ("calls", "-3", "Give a number of 0 or more."),
        ("money", "0", "A plan can&#39;t be made for a budget of 0. Give a budget above 0."),
        ("money", "nan", "Give a budget above 0."),
        ("most", "7", "“Contacts of a person” can&#39;t be “7”. Give a whole number from 1 to 5."),
        ("The young get their share", "120", "can&#39;t be “120%”. Give a share from 0% to below 100%."),
        ("days:door", "0", "“days:door” can&#39;t be “0”. Give a whole number of 1 or more."),
        ("gone", "3", "There is no limit &#39;gone&#39; to change."),
    ):
        answer = change(director, limit, value)
        assert answer.status_code == 422
        assert told in answer.text, (limit, value)
        assert "What limits it" in answer.text
    answer = change(director, "calls", "many")
    assert 'value="many" aria-label="New limit: calls" aria-invalid="true"' in answer.text
    with terms.ledger.read() as connection:
        assert connection.execute("SELECT count(*) FROM jobs.run").fetchone() == (0,)


def test_a_changed_plan_is_shown_beside_the_one_before(director: Any, small_town: Campaign) -> None:
    with small_town.ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO planning.plan SELECT (jsonb_populate_record(p,"
            ' \'{"plan_id": 2, "name": "Again", "basis": 1, "votes": 420.5}\')).* FROM planning.plan p'
        )
        connection.execute(
            'INSERT INTO planning.limit_total SELECT (jsonb_populate_record(l, \'{"plan_id": 2, "at_most": 60}\')).*'
            " FROM planning.limit_total l WHERE name = 'calls'"
        )
    page = director.get("/plan").text
    for text in ("votes, compared with Tonight</dt><dd>+8.2</dd>", "instead of 40 hours", "60 hours"):
        assert text in page, text
    with small_town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE planning.plan SET difference = 8.3, difference_error = 2.5 WHERE plan_id = 2"
        )
    page = director.get("/plan").text
    assert "compared with Tonight; 19 times out of 20 within this range</dt><dd>+8.3 <small" in page
    assert "+3.4 to +13.2" in page


def test_a_candidate_sees_the_limits_and_changes_none(browser: Any, small_town: Campaign) -> None:
    page = browser.sign_in(Role.CANDIDATE).get("/plan").text
    assert "40 hours of 40 hours" in page
    assert "/change" not in page


def test_an_option_that_is_full_says_what_more_would_gain(director: Any, small_town: Campaign) -> None:
    with small_town.ledger.transaction() as connection:
        connection.execute(
            "UPDATE planning.option_total SET capacity = 2, more = 0.034 WHERE option = 'door:housing'"
        )
        connection.execute(
            "INSERT INTO planning.limit_total VALUES (1, 'door:housing', 'capacity', 'contacts', 1, 2, 0, 2, 0.034)"
        )
        connection.execute("UPDATE planning.left_out SET reason = 'full'")
    page = director.get("/plan").text
    for text in ("2 of 2", "One more contact would gain about 0.03 votes", "has no room left"):
        assert text in page
    assert "2 sur 2" in director.get("/plan?lang=fr").text


def test_the_map_says_in_words_what_its_colours_mean(director: Any, small_town: Campaign) -> None:
    address = re.search(r'data-areas="([^"]+)"', director.get("/plan").text)
    assert address is not None
    areas = director.get(address[1]).json()["features"]
    assert [area["properties"]["contacts"] for area in areas] == [1, 1]
    assert areas[0]["properties"]["told"] == "École Molière\nDoors: 1\nVotes gained: +0.02"
    assert areas[0]["geometry"]["type"] == "Polygon"


def test_only_an_approved_plan_is_handed_out(director: Any, small_town: Campaign) -> None:
    assert "/plan/list/door" not in director.get("/plan").text
    assert take(director).status_code == 422
    assert approve(director).headers["location"] == "/plan"
    assert "/plan/list/door" in director.get("/plan").text
    assert [row["names"] for row in rows(take(director))] == ["Zoé =Martin", "Nadia Berger"][::-1]


def test_the_file_is_safe_for_spreadsheets_and_noted(director: Any, small_town: Campaign) -> None:
    with small_town.ledger.transaction() as connection:
        connection.execute("UPDATE people.profile SET street = '=cmd()' WHERE surname = 'Berger'")
    approve(director)
    answer = take(director)
    name = answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="walk-list_2027-01-15_2100_the-director_\d+.csv"', name)
    assert "'=cmd()" in {row["street"] for row in rows(answer)}
    with small_town.ledger.read() as connection:
        found = connection.execute("SELECT detail FROM audit.entry WHERE verb = 'plan.export'").fetchall()
    assert found == [({"channel": "door", "rows": 2},)]


def test_an_organiser_takes_the_own_area_only(director: Any, small_town: Campaign) -> None:
    approve(director)
    director.post("/sign-out")
    director.sign_in(Role.ORGANISER, areas=("0113",))
    assert [row["names"] for row in rows(take(director))] == ["Nadia Berger"]


@pytest.mark.parametrize("channel", ["post", "fax", "..%2fetc"])
def test_a_list_that_there_is_not(director: Any, small_town: Campaign, channel: str) -> None:
    approve(director)
    assert take(director, channel).status_code in {404, 422}


def test_after_the_vote_nobody_is_handed_out(director: Any, small_town: Campaign, clock: Any) -> None:
    approve(director)
    clock.now += timedelta(days=200)
    director.sign_in(Role.DIRECTOR)
    answer = take(director)
    assert answer.status_code == 422
    assert "nobody may be contacted any more" in answer.text


def test_a_candidate_reads_but_neither_approves_nor_downloads(browser: Any, small_town: Campaign) -> None:
    page = browser.sign_in(Role.CANDIDATE).get("/plan").text
    assert "Tonight" in page
    assert "/approve" not in page
    assert take(browser).status_code == 403
