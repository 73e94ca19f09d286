"""The ledger of promises: what is written stays, who may what, and what a message may not break."""

from __future__ import annotations

import psycopg
import pytest

from commonweal.access.model import Permission, Role
from commonweal.access.rules import may
from commonweal.audit import queries as audit
from commonweal.campaign import Campaign
from commonweal.consent.packs import RefusedByPolicy
from commonweal.mandate import actions, queries, saying
from commonweal.mandate.drafts import Draft
from commonweal.mandate.errors import (
    BreaksPromises,
    CannotBecome,
    ChangedMeanwhile,
    CircularOverride,
    FieldUnreadable,
    LeverUnknown,
    NoSuchPromise,
    NotSaid,
    PromiseWithdrawn,
    ReasonMissing,
    ServesNobody,
    SponsorMissing,
    TooLong,
)
from commonweal.mandate.model import Answer, Code, Direction, Funding, Heard, Pull, Status
from commonweal.messages.errors import ApprovedAlready, NothingSaid
from commonweal.store.ledger import LedgerRole
from mandate.ledger import Office, office


@pytest.fixture
def team(campaign: Campaign) -> Office:
    return office(campaign)


def verbs(campaign: Campaign) -> list[str]:
    with campaign.ledger.read() as connection:
        return [each.verb for each in audit.recent(connection)]


def test_a_promise_is_written_once_however_often_it_is_sent(team: Office, campaign: Campaign) -> None:
    draft = Draft(
        "  More  bike\nlanes ",
        issue="transport",
        gains='age < 30 and area = "0113"',
        pays="everyone",
        cost="1.2 million",
        funding="The reserve: 1 million",
        levers="VAT up; Parking down",
        source="Speech of 3 January",
    )
    first = actions.write(campaign, team.candidate, draft, key="k")
    assert actions.write(campaign, team.candidate, draft, key="k") == first
    (kept,) = team.kept()
    promise = kept.promise
    assert promise.text == "More bike lanes"
    assert (promise.cost, promise.funding) == (120_000_000, (Funding("the reserve", 100_000_000),))
    assert promise.pulls == (Pull("parking", Direction.DOWN), Pull("vat", Direction.UP))
    assert promise.gains is not None
    assert promise.gains.node is not None
    assert promise.pays is not None
    assert promise.pays.node is None
    assert (promise.status, promise.public, kept.version) == (Status.DRAFT, True, 1)
    assert verbs(campaign).count("promise.written") == 1


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft("  "), NotSaid),
        (Draft("x" * 1001), TooLong),
        (Draft("x", cost="a lot"), FieldUnreadable),
        (Draft("x", levers="VAT"), FieldUnreadable),
        (Draft("x", levers="vta down"), LeverUnknown),
        (Draft("x", gains="age < 18 and age > 30"), ServesNobody),
        (Draft("x", gains='attribute("religion") = "x"'), RefusedByPolicy),
    ],
)
def test_what_can_not_be_promised_leaves_nothing(team: Office, draft: Draft, error: type[Exception]) -> None:
    with pytest.raises(error):
        actions.write(team.campaign, team.candidate, draft, key="k")
    assert team.kept() == []


def test_a_new_lever_is_added_by_who_says_that_it_is_one(team: Office, campaign: Campaign) -> None:
    team.promise("More bike lanes", levers="bike lanes up", new_levers=True)
    team.promise("Fewer bike lanes", levers="Bike lanes down")
    with campaign.ledger.read(LedgerRole.WEB, account=team.candidate.account_id) as connection:
        assert "bike_lanes" in queries.levers(connection).codes
        found = queries.findings(connection, queries.promises(connection))
    assert [each.code for each in found] == [Code.PULLED_BOTH_WAYS]


def test_an_amendment_keeps_what_was(team: Office, campaign: Campaign) -> None:
    made = team.promise("Free trams", levers="transit fares down", cost="5")
    actions.amend(
        campaign,
        team.candidate,
        made,
        1,
        Draft("Free trams on Sundays", cost="3", levers="transit fares down"),
        key="a",
    )
    actions.amend(
        campaign,
        team.candidate,
        made,
        2,
        Draft("Free trams on Sundays", cost="3", levers="transit fares down"),
        key="b",
    )
    with pytest.raises(ChangedMeanwhile):
        actions.amend(campaign, team.candidate, made, 1, Draft("No trams"), key="c")
    with campaign.ledger.read(LedgerRole.WEB, account=team.candidate.account_id) as connection:
        assert queries.promise(connection, made).version == 2
        changes = queries.history(connection, made)
    assert [(each.kind, each.before) for each in changes] == [
        ("amended", {"text": "Free trams", "cost": 500}),
        ("written", {}),
    ]


def test_a_promise_goes_from_draft_to_what_became_of_it(team: Office, campaign: Campaign) -> None:
    made = team.promise("Free trams", Status.ANNOUNCED)
    with pytest.raises(CannotBecome):
        actions.move(campaign, team.candidate, made, 2, Status.DRAFT, key="x")
    actions.move(campaign, team.candidate, made, 2, Status.KEPT, outcome="Since 1 May.", key="y")
    actions.move(campaign, team.candidate, made, 2, Status.KEPT, outcome="Since 1 May.", key="y")
    (kept,) = team.kept()
    assert (kept.promise.status, kept.outcome, kept.version) == (Status.KEPT, "Since 1 May.", 3)
    with pytest.raises(NoSuchPromise):
        actions.move(campaign, team.candidate, made + 99, 1, Status.KEPT, key="z")


def test_what_was_judged_is_not_asked_again(team: Office, campaign: Campaign) -> None:
    one = team.promise("We will build 15,000 new prison places.")
    other = team.promise("15,000 new places in prison will be built.")
    asked = lambda: [(each.one, each.other) for each in _to_judge(team)]  # noqa: E731
    assert asked() == [(str(one), str(other))]
    actions.judge(campaign, team.candidate, other, one, Answer.SAME)
    assert asked() == []
    with pytest.raises(ReasonMissing):
        actions.judge(campaign, team.candidate, one, other, Answer.COMPATIBLE, reason=" ")
    with pytest.raises(NoSuchPromise):
        actions.judge(campaign, team.candidate, one, one, Answer.SAME)


def _to_judge(team: Office):
    with team.campaign.ledger.read(LedgerRole.WEB, account=team.candidate.account_id) as connection:
        return queries.to_judge(connection, queries.promises(connection))


def test_a_message_that_breaks_a_promise_takes_a_name_and_a_reason(team: Office, campaign: Campaign) -> None:
    held = team.promise("The retirement age stays", Status.ANNOUNCED, levers="retirement age hold")
    raised = team.promise("Work until 67", levers="retirement age up")
    version = team.message("pensions", raised, approved=False)
    with pytest.raises(BreaksPromises, match="The retirement age stays"):
        saying.approve(campaign, team.candidate, version)
    with pytest.raises(BreaksPromises):
        saying.approve(campaign, team.candidate, version, reason="  ")
    saying.approve(campaign, team.candidate, version, reason="The fund is empty.")
    with pytest.raises(ApprovedAlready):
        saying.approve(campaign, team.candidate, version, reason="again")
    with campaign.ledger.read(LedgerRole.WEB, account=team.candidate.account_id) as connection:
        (said,) = queries.decided(connection, raised)
        assert queries.findings(connection, queries.promises(connection)) == []
    assert (said.one, said.other, said.what, said.by) == (raised, held, "override", team.candidate.account_id)
    assert "promise.override" in verbs(campaign)
    with pytest.raises(CircularOverride, match=f"{held} → {raised} → {held}"):
        actions.override(campaign, team.candidate, held, raised, reason="Never mind.")
    assert verbs(campaign).count("promise.override") == 1, "what closed the circle was not kept"


def test_a_message_may_pull_a_lever_for_others_or_where_somebody_says_so(
    team: Office, campaign: Campaign
) -> None:
    team.promise("Lower rents for the young", Status.ANNOUNCED, levers="rents down", gains="age < 30")
    old = team.promise("Higher rents for the old", levers="rents up", gains="age >= 30")
    team.message("rents", old)
    both = team.promise("Higher rents", levers="rents up")
    version = team.message("rents", both, approved=False)
    with pytest.raises(BreaksPromises):
        saying.approve(campaign, team.candidate, version)
    for kept in team.kept():
        if kept.promise.text.startswith("Lower"):
            actions.judge(
                campaign, team.candidate, kept.promise_id, both, Answer.COMPATIBLE, reason="New flats only."
            )
    saying.approve(campaign, team.candidate, version)


def test_an_approved_message_announces_what_it_promises(team: Office, campaign: Campaign) -> None:
    draft, gone = team.promise("Free trams"), team.promise("Dear trams", Status.WITHDRAWN)
    team.message("trams", draft)
    assert [kept.promise.status for kept in team.kept()] == [Status.ANNOUNCED, Status.WITHDRAWN]
    assert "promise.moved" in verbs(campaign)
    with pytest.raises(PromiseWithdrawn, match="Dear trams"):
        team.message("trams", gone)


def test_the_public_reads_rounded_numbers(team: Office, campaign: Campaign) -> None:
    made = team.promise("Free trams", Status.ANNOUNCED, cost="5", funding="reserve")
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute(
            "INSERT INTO mandate.heard VALUES (%(id)s, 'a', 100, 200, now()), (%(id)s, 'b', 31, 31, now())",
            {"id": made},
        )
    for heard, shown in ((Heard.NOW, 150), (Heard.AFTER_VOTE, 150), (Heard.NEVER, None)):
        saying.publish(
            campaign, team.candidate, is_open=True, heard=heard, sponsor="x", email="x@example.org"
        )
        with campaign.ledger.read(LedgerRole.WEB) as connection:
            (published,) = queries.published(connection)
        assert (published.told, published.funding, published.cost) == (shown, ("reserve",), 500)


def test_a_message_says_something_and_carries_what_there_is(team: Office, campaign: Campaign) -> None:
    with pytest.raises(NothingSaid):
        saying.write(campaign, team.candidate, "x", {"en": " "}, [])
    with pytest.raises(NoSuchPromise):
        saying.write(campaign, team.candidate, "x", {"en": "Hello"}, [99])
    torn = team.promise("Both", levers="VAT up; VAT down")
    version = team.message("torn", torn, approved=False)
    with pytest.raises(BreaksPromises):
        saying.approve(campaign, team.candidate, version, reason="no override helps a promise against itself")


def test_two_budgets_are_one_by_their_name(team: Office, campaign: Campaign) -> None:
    team.promise("One", funding="Réserve: 60", cost="60")
    team.promise("Two", funding="reserve: 50", cost="50")
    actions.set_budget(campaign, team.candidate, "RÉSERVE", "100")
    with campaign.ledger.read(LedgerRole.WEB, account=team.candidate.account_id) as connection:
        assert [each.code for each in queries.findings(connection, queries.promises(connection))] == [
            Code.OVERDRAWN
        ]
    actions.set_budget(campaign, team.candidate, "réserve", "110")
    with campaign.ledger.read(LedgerRole.WEB, account=team.candidate.account_id) as connection:
        assert queries.findings(connection, queries.promises(connection)) == []


READERS = {Role.CANDIDATE, Role.DIRECTOR, Role.ANALYST, Role.DIGITAL}
LEADERS = {Role.CANDIDATE, Role.DIRECTOR}


def test_the_ledger_knows_who_may_as_the_pages_do(team: Office, campaign: Campaign) -> None:
    for role, account in team.all.items():
        with campaign.ledger.read(LedgerRole.WEB, account=account.account_id) as connection:
            told = connection.execute("SELECT mandate.sees(), mandate.leads()").fetchone()
        assert told == (may(role, Permission.SEE_MANDATE), may(role, Permission.WRITE_MANDATE)), role
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        nobody = connection.execute("SELECT mandate.sees(), mandate.leads(), mandate.is_open()").fetchone()
    assert nobody == (False, False, False)


def test_before_it_is_public_a_promise_is_seen_by_few_and_written_by_fewer(
    team: Office, campaign: Campaign
) -> None:
    made = team.promise("Free trams", Status.ANNOUNCED)
    hidden = team.promise("A word to the few", Status.ANNOUNCED, public=False)
    team.promise("A draft")
    version = team.message("trams", made)
    for role, account in team.all.items():
        assert len(team.kept(role)) == (3 if role in READERS else 0), role
        if role not in LEADERS:
            with pytest.raises((psycopg.errors.InsufficientPrivilege, NoSuchPromise)):
                actions.write(campaign, account, Draft("Mine"), key="k")
            with pytest.raises((psycopg.errors.InsufficientPrivilege, NoSuchPromise)):
                actions.judge(campaign, account, made, hidden, Answer.DIFFERENT)
    nobody = _public(campaign)
    assert nobody == ([], 0, 0)
    with pytest.raises(SponsorMissing):
        saying.publish(campaign, team.candidate, is_open=True, heard=Heard.NOW, sponsor="", email="x")
    saying.publish(
        campaign,
        team.candidate,
        is_open=True,
        heard=Heard.AFTER_VOTE,
        sponsor="The list",
        email="list@example.org",
    )
    assert _public(campaign) == (["Free trams"], 1, 1)
    assert version
    saying.publish(
        campaign,
        team.candidate,
        is_open=False,
        heard=Heard.AFTER_VOTE,
        sponsor="The list",
        email="list@example.org",
    )
    assert _public(campaign) == ([], 0, 0)


def _public(campaign: Campaign) -> tuple[list[str], int, int]:
    """What somebody without an account reads: promises, messages, decisions."""
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        texts = [each.text for each in queries.published(connection)]
        assert queries.promises(connection) == [], "nor whom they are for"
        rows = connection.execute("SELECT count(*) FROM messages.text").fetchone()
        decision = 0 if queries.publication(connection) is None else 1
        for table in (
            "pull",
            "funding",
            "reach",
            "heard",
            "event",
            "judgement",
            "override",
            "both",
            "week",
            "counted",
            "lever",
            "budget",
        ):
            assert connection.execute(f"SELECT FROM mandate.{table}").rowcount == 0, table
    assert rows is not None
    return texts, rows[0], decision


def test_nobody_writes_in_another_s_name(team: Office, campaign: Campaign) -> None:
    made = team.promise("Free trams")
    other = team.promise("Dear trams")
    director, candidate = team.all[Role.DIRECTOR].account_id, team.candidate.account_id
    for statement in (
        "INSERT INTO mandate.judgement (one, other, answer, by, at) VALUES (%(a)s, %(b)s, 'same', %(d)s, now())",
        "INSERT INTO mandate.override (stands, yields, reason, by, at) VALUES (%(a)s, %(b)s, 'x', %(d)s, now())",
        "INSERT INTO mandate.publication (open, heard, sponsor, email, by, at) VALUES (true, 'now', 'x', 'x', %(d)s, now())",
        "DELETE FROM mandate.event",
        "UPDATE mandate.override SET reason = 'another'",
        "UPDATE mandate.promise SET made_by = %(d)s",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            campaign.ledger.transaction(LedgerRole.WEB, account=candidate) as connection,
        ):
            connection.execute(statement, {"a": made, "b": other, "d": director})
