"""Actions on a real ledger, as the pages' role writes and sees them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_town import NADIA, ZOE, build

from commonweal.access import actions as access
from commonweal.access import queries as accounts
from commonweal.access.model import Account, Role
from commonweal.audit import queries as audit
from commonweal.board import actions, queries, rules
from commonweal.board.errors import (
    CannotMove,
    ChangedMeanwhile,
    EndUnsaid,
    NobodyDoesIt,
    NoSuchAction,
    NoSuchThing,
    NothingToDo,
    NotYours,
    TooMuchText,
)
from commonweal.board.model import About, Action, Happened, Link, State
from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole

DAY = date(2027, 1, 20)


class Team:
    """One account a role; the organiser works area 0113."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        for role in Role:
            access.invite(campaign, role.value, role, areas=["0113"] if role is Role.ORGANISER else [])
        access.invite(campaign, "another", Role.VOLUNTEER)
        with campaign.ledger.read() as connection:
            self.all = accounts.open_accounts(connection)

    def __getitem__(self, name: str) -> Account:
        return next(each for each in self.all if each.name == name)

    def write(self, by: str, owner: str, what: str = "Ring the hall", link: Link | None = None) -> int:
        key = f"{by} {owner} {what} {link}"
        return actions.write(
            self.campaign, self[by], what, [self[owner].account_id], key=key, due=DAY, link=link
        )

    def seen(self, name: str) -> list[int]:
        with self.campaign.ledger.read(LedgerRole.WEB, account=self[name].account_id) as connection:
            return [action.action_id for action in queries.open_actions(connection)]

    def read(self, action_id: int, name: str = "director") -> Action:
        with self.campaign.ledger.read(LedgerRole.WEB, account=self[name].account_id) as connection:
            return queries.action(connection, action_id)


@pytest.fixture
def team(campaign: Campaign) -> Team:
    return Team(campaign)


@pytest.fixture
def town(campaign: Campaign) -> Team:
    build(campaign)
    return Team(campaign)


def test_an_action_is_written_once_however_often_it_is_sent(team: Team, campaign: Campaign) -> None:
    first = team.write("candidate", "organiser", "  Ring the\n hall ")
    assert team.write("candidate", "organiser", "  Ring the\n hall ") == first
    action = team.read(first)
    assert (action.what, action.due, action.state, action.version) == ("Ring the hall", DAY, State.OPEN, 1)
    assert action.owners == (team["organiser"].account_id,)
    with campaign.ledger.read() as connection:
        assert [each.verb for each in audit.recent(connection, verb="board.written")] == ["board.written"]


def test_whom_it_concerns_sees_it_and_nobody_else(team: Team) -> None:
    number = team.write("digital", "volunteer")
    assert {account.name for account in team.all if number in team.seen(account.name)} == {
        "digital",
        "volunteer",
        "director",
        "candidate",
    }


def test_an_organiser_sees_what_is_about_their_area_and_its_people(town: Team) -> None:
    own = [
        town.write("director", "candidate", "1", Link(About.AREA, code="0113")),
        town.write("director", "candidate", "2", Link(About.PERSON, id=NADIA)),
    ]
    town.write("director", "candidate", "3", Link(About.AREA, code="0114"))
    town.write("director", "candidate", "4", Link(About.PERSON, id=ZOE))
    assert town.seen("organiser") == own


def test_the_treasurer_sees_what_is_about_the_plan_and_only_comments(town: Team) -> None:
    number = town.write("director", "candidate", "Less post", Link(About.OPTION, code="post:climate"))
    town.write("director", "candidate", "Something else")
    assert town.seen("treasurer") == [number]
    actions.comment(town.campaign, town["treasurer"], number, "It costs too much.", key="c")
    with pytest.raises(NotYours):
        actions.move(town.campaign, town["treasurer"], number, 1, State.DOING, key="m")
    with pytest.raises(NoSuchAction):
        actions.comment(town.campaign, town["digital"], number, "I should not know", key="d")


def test_nothing_is_written_about_what_one_may_not_see(town: Team) -> None:
    for by, link in (
        ("organiser", Link(About.PERSON, id=ZOE)),
        ("volunteer", Link(About.PERSON, id=NADIA)),
        ("director", Link(About.AREA, code="nowhere")),
        ("director", Link(About.PLAN, id=99)),
    ):
        with pytest.raises(NoSuchThing):
            town.write(by, "director", "x", link)


def test_it_is_followed_to_its_end(team: Team, campaign: Campaign) -> None:
    number, who = team.write("candidate", "organiser"), team["organiser"]
    assert team.read(number).overdue(DAY + timedelta(1))
    actions.move(campaign, who, number, 1, State.DOING, key="1")
    with pytest.raises(EndUnsaid):
        actions.move(campaign, who, number, 2, State.DONE, outcome=" ", key="2")
    actions.move(campaign, who, number, 2, State.DONE, outcome="The hall is ours on Friday.", key="3")
    actions.move(campaign, who, number, 2, State.DONE, outcome="The hall is ours on Friday.", key="3")
    action = team.read(number)
    assert (action.state, action.outcome, action.closed_at) == (
        State.DONE,
        "The hall is ours on Friday.",
        campaign.clock(),
    )
    assert not action.overdue(DAY + timedelta(1))
    assert team.seen("candidate") == []
    with pytest.raises(CannotMove):
        actions.move(campaign, who, number, action.version, State.DROPPED, outcome="no", key="4")
    actions.move(campaign, team["director"], number, action.version, State.OPEN, key="5")
    assert team.read(number).outcome is None
    with campaign.ledger.read(LedgerRole.WEB, account=who.account_id) as connection:
        kinds = [event.kind for event in queries.events(connection, number)]
    assert kinds == [Happened.WRITTEN, *[Happened.MOVED] * 3]


def test_an_amendment_keeps_what_was_and_who_once_owned_it(team: Team, campaign: Campaign) -> None:
    number = team.write("candidate", "organiser")
    other = team["digital"].account_id
    actions.amend(
        campaign, team["organiser"], number, 1, what="Ring the town hall", owners=[other], due=None, key="1"
    )
    assert number in team.seen("organiser")
    assert number in team.seen("digital")
    with campaign.ledger.read(LedgerRole.WEB, account=other) as connection:
        event = queries.events(connection, number)[-1]
    assert event.detail == {
        "what": "Ring the hall",
        "owners": [team["organiser"].account_id],
        "due": "2027-01-20",
    }
    with campaign.ledger.read() as connection:
        (entry,) = audit.recent(connection, verb="board.amended")
    assert entry.detail == {"fields": ["due", "owners", "what"]}


def test_of_two_who_change_it_at_once_one_looks_again(team: Team, campaign: Campaign) -> None:
    number = team.write("candidate", "organiser")
    actions.move(campaign, team["organiser"], number, 1, State.DOING, key="1")
    with pytest.raises(ChangedMeanwhile):
        actions.move(campaign, team["candidate"], number, 1, State.DROPPED, outcome="late", key="1")


def test_what_can_not_be_written_says_why(team: Team) -> None:
    with pytest.raises(NothingToDo):
        team.write("director", "candidate", " \n ")
    with pytest.raises(TooMuchText):
        team.write("director", "candidate", "x" * 301)
    with pytest.raises(NobodyDoesIt):
        actions.write(team.campaign, team["director"], "x", [], key="k")
    with pytest.raises(NobodyDoesIt):
        actions.write(team.campaign, team["director"], "x", [10**9], key="k")
    with pytest.raises(NobodyDoesIt):
        team.write("volunteer", "another")


def test_the_ledger_itself_refuses_a_name_that_is_not_the_writers(team: Team, campaign: Campaign) -> None:
    number = team.write("director", "candidate")
    volunteer, director = team["volunteer"].account_id, team["director"].account_id
    for statement in (
        "INSERT INTO board.action (what, owners, written_by, written_at, changed_at, concerned)"
        " VALUES ('x', ARRAY[%(d)s]::bigint[], %(d)s, now(), now(), ARRAY[%(d)s]::bigint[])",
        "INSERT INTO board.event (action_id, kind, at, by, text, key)"
        " VALUES (%(n)s, 'commented', now(), %(v)s, 'x', 'k')",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            campaign.ledger.transaction(LedgerRole.WEB, account=volunteer) as connection,
        ):
            connection.execute(statement, {"d": director, "v": volunteer, "n": number})
    with campaign.ledger.transaction(LedgerRole.WEB, account=volunteer) as connection:
        assert connection.execute("UPDATE board.action SET what = 'mine'").rowcount == 0


def test_page_and_ledger_agree_on_who_sees_and_who_changes(town: Team) -> None:
    links = (
        None,
        Link(About.AREA, code="0113"),
        Link(About.PERSON, id=ZOE),
        Link(About.PLAN, id=1),
        Link(About.OPTION, code="door:housing"),
    )
    for link, owner in product(links, ("volunteer", "privacy")):
        town.write("director", owner, "x", link)
    everything = [town.read(number) for number in town.seen("director")]
    assert len(everything) == 10
    for account in town.all:
        assert town.seen(account.name) == [a.action_id for a in everything if rules.sees(account, a)], (
            account.role
        )
        for action in everything:
            with town.campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
                changed = connection.execute(
                    "UPDATE board.action SET version = version WHERE action_id = %s", (action.action_id,)
                ).rowcount
            assert bool(changed) == rules.may_change(account, action), (account.role, action.link)


@given(st.lists(st.tuples(st.sampled_from(State), st.text(max_size=5)), max_size=12))
def test_an_action_has_an_outcome_exactly_when_it_has_ended(steps: list[tuple[State, str]]) -> None:
    state, outcome = State.OPEN, None
    for to, text in steps:
        try:
            outcome = rules.move(state, to, text)
        except (CannotMove, EndUnsaid, NothingToDo):
            continue
        state = to
        assert state.ended == bool(outcome)
