"""What promises say against each other, against plain loops over all pairs."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.mandate import rules, scopes
from commonweal.mandate.errors import CannotBecome
from commonweal.mandate.levers import shipped
from commonweal.mandate.model import Code, Direction, Funding, Promise, Pull, Scope, Status

DAY = date(2027, 1, 15)
UP, DOWN, HOLD = Direction


def scope(text: str) -> Scope:
    return scopes.read(text, DAY)


SCOPES = [None, *map(scope, ("age < 30", "age >= 30", "age > 60", 'sex = "f"', "everyone"))]
PULLS = st.builds(Pull, st.sampled_from(["vat", "rent"]), st.sampled_from(Direction))


@st.composite
def promises(draw: st.DrawFn) -> list[Promise]:
    keys = [str(number) for number in range(draw(st.integers(0, 6)))]
    return [
        Promise(
            key,
            "",
            gains=draw(st.sampled_from(SCOPES)),
            pays=draw(st.sampled_from(SCOPES)),
            pulls=tuple(draw(st.lists(PULLS, max_size=2))),
            status=draw(st.sampled_from([Status.DRAFT, Status.ANNOUNCED, Status.WITHDRAWN])),
            overrides=tuple(draw(st.lists(st.sampled_from([*keys, "nowhere"]), max_size=2, unique=True))),
        )
        for key in keys
    ]


def reaches(listed: list[Promise], begin: str) -> set[str]:
    """All promises that one stands in the place of, step by step until nothing is new."""
    direct = {promise.key: set(promise.overrides) for promise in listed}
    found = set(direct.get(begin, ()))
    while more := {other for key in found for other in direct.get(key, ())} - found:
        found |= more
    return found


@given(promises())
def test_every_pair_that_pulls_one_lever_both_ways_is_found_and_no_other(listed: list[Promise]) -> None:
    wanted = set()
    for one, other in combinations(listed, 2):
        if Status.WITHDRAWN in {one.status, other.status}:
            continue
        if other.key in reaches(listed, one.key) or one.key in reaches(listed, other.key):
            continue
        meets = any(scopes.can_meet([a], [b]) for a in one.touches for b in other.touches)
        wanted |= {
            (one.key, other.key, a.lever, a.direction, b.direction)
            for a in one.pulls
            for b in other.pulls
            if a.lever == b.lever and a.direction != b.direction and meets
        }
    found = [each for each in rules.contradictions(listed) if each.code is Code.PULLED_BOTH_WAYS]
    assert {(*each.keys, *each.params.values()) for each in found} == wanted
    assert len(found) == len(wanted)


@given(promises())
def test_circles_are_what_leads_back_to_itself(listed: list[Promise]) -> None:
    found = rules.circles(listed)
    direct = {promise.key: promise.overrides for promise in listed}
    for each in found:
        assert all(
            after in direct[before]
            for before, after in zip(each.keys, (*each.keys[1:], each.keys[0]), strict=True)
        )
    in_a_circle = {promise.key for promise in listed if promise.key in reaches(listed, promise.key)}
    assert {key for each in found for key in each.keys} <= in_a_circle
    assert bool(found) is bool(in_a_circle)


def test_a_promise_never_to_touch_a_lever_is_broken_by_any_pull() -> None:
    """As the programme of 2017 had it: the retirement age will not be touched."""
    hold = Promise("a", "", pulls=(Pull("retirement_age", HOLD),))
    raise_it = Promise("b", "", pulls=(Pull("retirement_age", UP),))
    assert [each.code for each in rules.against(raise_it, [hold, raise_it])] == [Code.PULLED_BOTH_WAYS]
    assert rules.against(hold, [hold]) == []


def test_one_promise_can_contradict_itself() -> None:
    both = Promise("a", "", pulls=(Pull("vat", UP), Pull("vat", DOWN)))
    assert [(each.code, each.keys) for each in rules.contradictions([both])] == [(Code.PULLS_ITSELF, ("a",))]


def costing(key: str, cost: int | None, *funding: Funding, status: Status = Status.ANNOUNCED) -> Promise:
    return Promise(key, "", cost=cost, funding=funding, status=status)


def test_a_budget_is_spent_twice() -> None:
    listed = [costing("a", 60, Funding("reserve")), costing("b", 90, Funding("reserve", 50)), costing("c", 5)]
    (found,) = rules.budgets_spent_twice(listed, {"reserve": 100})
    assert (found.code, found.keys, dict(found.params)) == (
        Code.OVERDRAWN,
        ("a", "b"),
        {"budget": "reserve", "drawn": 110, "holds": 100},
    )
    assert rules.budgets_spent_twice(listed, {"reserve": 110}) == []
    assert [each.code for each in rules.budgets_spent_twice(listed, {})] == [Code.DRAWN_TWICE]
    gone = costing("d", 900, Funding("reserve"), status=Status.WITHDRAWN)
    assert rules.budgets_spent_twice([*listed, gone], {"reserve": 110}) == []


@given(st.lists(st.tuples(st.none() | st.integers(-100, 100), st.none() | st.integers(0, 150)), max_size=6))
def test_the_bill_adds_up(costs: list[tuple[int | None, int | None]]) -> None:
    listed = [
        costing(str(place), cost, *([Funding("x", given)] if given is not None else []))
        for place, (cost, given) in enumerate(costs)
    ]
    bill = rules.bill(listed)
    assert bill.cost - bill.saved == sum(cost or 0 for cost, _ in costs)
    assert bill.unpaid == sum(max((cost or 0) - (given or 0), 0) for cost, given in costs if (cost or 0) > 0)
    assert bill.unsaid == sum(cost is None for cost, _ in costs)


def test_what_one_promise_shows_by_itself() -> None:
    nobody = scope("age < 18 and age > 65")
    listed = [
        Promise("a", "", gains=nobody, cost=0),
        Promise("b", "", gains=nobody, cost=1),
        Promise("c", "", public=False),
        Promise("d", "", public=False, status=Status.DRAFT),
        Promise("e", "", pulls=(Pull("vta", UP),), overrides=("z",)),
        costing("f", 10, Funding("reserve", 4)),
    ]
    found = {(each.code, each.keys) for each in rules.findings(listed, shipped(), {})}
    assert found == {
        (Code.EMPTY, ("a",)),
        (Code.SERVES_NO_ONE, ("b",)),
        (Code.PRIVATE_ONLY, ("c",)),
        (Code.UNKNOWN_LEVER, ("e",)),
        (Code.OVERRIDES_NOTHING, ("e",)),
        (Code.UNPAID, ("f",)),
    }
    (lever,) = rules.unknown_levers(listed, shipped())
    assert "vat" in lever.params["near"]


@given(st.lists(st.sampled_from(Status), max_size=12))
def test_a_promise_takes_only_steps_that_are_allowed(wishes: list[Status]) -> None:
    status = Status.DRAFT
    for to in wishes:
        if to in rules.next_steps(status):
            rules.check_step(status, to)
            status = to
        else:
            with pytest.raises(CannotBecome):
                rules.check_step(status, to)


def test_what_was_announced_is_a_draft_no_more_and_every_state_can_be_reached() -> None:
    assert all(Status.DRAFT not in rules.next_steps(status) for status in Status)
    found = {Status.DRAFT}
    while more := {to for status in found for to in rules.next_steps(status)} - found:
        found |= more
    assert found == set(Status)
    assert all(rules.next_steps(status) for status in Status)


def test_levers_have_one_code_under_all_their_names() -> None:
    levers = shipped()
    assert {
        levers.code(name) for name in ("VAT", "Value added tax", "TVA", "taxe sur la valeur ajoutée")
    } == {"vat"}
    assert levers.code("Bike lanes") == "bike_lanes"
    assert levers.also(["Bike lanes"]).name("bike_lanes", "fr") == "Bike lanes"
    assert levers.name("vat", "fr") == "TVA"
    assert "retirement age" in levers.near("retirment_age")
    names = [name for by in levers.names.values() for told in by.values() for name in told]
    assert len(levers.codes) > 30
    assert all(levers.code(name) in levers.codes for name in names)
