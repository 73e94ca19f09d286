"""A point of the curves becomes a rule of the plan, plans obey it, and it is taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import psycopg
import pytest

from commonweal.access.model import Role
from commonweal.audit import queries as audit
from commonweal.campaign import Campaign
from commonweal.experiments.model import Estimate
from commonweal.mandate.model import Bill, Status
from commonweal.planning.joint import solve
from commonweal.planning.joint.narrowness import share_of
from commonweal.planning.posing import pose
from commonweal.planning.price import Point, Rule, actions, curves, obeying, promised, queries
from commonweal.planning.price.errors import NothingAllowed
from commonweal.planning.tally import tally
from commonweal.planning.terms import Term, Terms
from commonweal.store.ledger import LedgerRole
from mandate.ledger import Office, office
from planning.folk import CALL, DOOR, OPTIONS, folk

POINT = Point(2, None, ("housing", "climate"), Estimate(97.0, 9.0), Estimate(3.0, 1.0), 98.0, 10, 900, None, (), Bill(0, 0, 0, 0))  # fmt: skip


@pytest.fixture
def town(campaign: Campaign) -> Office:
    return office(campaign)


def in_force(campaign: Campaign) -> Rule | None:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return queries.in_force(connection)


def test_a_point_becomes_the_rule_until_it_is_taken_back(town: Office) -> None:
    campaign = town.campaign
    assert in_force(campaign) is None
    actions.choose(campaign, town.candidate, POINT)
    rule = in_force(campaign)
    assert rule is not None
    assert (rule.messages, rule.narrow, rule.by) == (("housing", "climate"), None, town.candidate.account_id)
    assert rule.kept == pytest.approx(0.97)
    actions.choose(campaign, town.all[Role.DIRECTOR], replace(POINT, most=None, at_most=0.2))
    rule = in_force(campaign)
    assert rule is not None
    assert (rule.messages, rule.narrow) == (None, 0.2)
    actions.take_back(campaign, town.candidate)
    actions.take_back(campaign, town.candidate)
    assert in_force(campaign) is None
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        verbs = [entry.verb for entry in audit.recent(connection) if entry.verb.startswith("plan.")]
        kept = connection.execute("SELECT count(*) FROM planning.rule").fetchone()
    assert verbs == ["plan.rule_back", "plan.rule", "plan.rule"]
    assert kept == (3,)


def test_the_free_plans_point_takes_it_back(town: Office) -> None:
    actions.choose(town.campaign, town.candidate, POINT)
    actions.choose(town.campaign, town.candidate, replace(POINT, most=None))
    assert in_force(town.campaign) is None


@pytest.mark.parametrize("role", [Role.ANALYST, Role.DIGITAL, Role.ORGANISER, Role.TREASURER])
def test_the_ledger_lets_only_those_who_lead_decide(town: Office, role: Role) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        actions.choose(town.campaign, town.all[role], POINT)


def test_only_the_messages_of_the_rule_are_left_open() -> None:
    rule = Rule(1, ("housing",), None, 0.9, 1, None)  # type: ignore[arg-type]
    closed = Term(name="climate", message="climate", at_least=60)
    others = Term(name="calls", channel="phone", at_most=9), Term(name="cats", message="cats", at_most=9)
    terms = Terms(most=2, limit=(closed, *others))
    assert obeying.left_open(rule, OPTIONS, terms) == ((DOOR, CALL), Terms(most=2, limit=others))
    assert obeying.left_open(None, OPTIONS, terms) == (OPTIONS, terms)
    with pytest.raises(NothingAllowed, match="taxis"):
        obeying.left_open(replace(rule, messages=("taxis",)), OPTIONS, terms)


def test_a_plan_keeps_to_the_share_by_what_its_messages_promise_now(town: Office) -> None:
    campaign = town.campaign
    broad = town.promise("Homes for all", Status.ANNOUNCED, gains="everyone", cost="2 million")
    few = town.promise("A tram stop", Status.ANNOUNCED, gains='sex = "f" and area = "0114"')
    town.message("housing", broad)
    town.message("climate", few)
    rule = Rule(1, None, 0.1, 0.9, 1, None)  # type: ignore[arg-type]
    free = pose(campaign.lake, folk(), OPTIONS, 20_000)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        said = obeying.said_by(campaign, connection, OPTIONS, promised.standing(connection))
    assert [(each.name, each.promises, each.narrow) for each in said] == [
        ("housing", (broad,), 0.0),
        ("climate", (few,), 1.0),
    ]
    narrow = curves.narrow(said)
    bound = obeying.bound_by(campaign, rule, free)
    assert share_of(free.problem, narrow, solve(free.problem)) > 0.1
    assert share_of(free.problem, narrow, solve(bound.problem)) <= 0.1 + 1e-9
    with pytest.raises(AssertionError, match="uses more than it has"):
        tally(folk(), bound, solve(free.problem), 1)
    assert obeying.bound_by(campaign, None, free) is free
    assert obeying.bound_by(campaign, replace(rule, narrow=None, messages=("housing",)), free) is free


def test_where_no_message_serves_few_a_share_limits_nothing(town: Office) -> None:
    town.message("housing", town.promise("Homes for all", Status.ANNOUNCED, gains="everyone"))
    free = pose(town.campaign.lake, folk(), OPTIONS, 20_000)
    rule = Rule(1, None, 0.0, 0.9, 1, None)  # type: ignore[arg-type]
    assert obeying.bound_by(town.campaign, rule, free) is free
    with town.campaign.ledger.read(LedgerRole.BULK) as connection:
        said = obeying.said_by(town.campaign, connection, OPTIONS, promised.standing(connection))
    assert [each.narrow for each in said] == [0.0, None]
    assert np.isnan(curves.narrow(said)["climate"])
