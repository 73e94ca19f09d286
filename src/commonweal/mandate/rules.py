"""What may become of a promise, and what a list of promises says against itself. Values in, values out, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from commonweal.mandate import scopes
from commonweal.mandate.errors import CannotBecome
from commonweal.mandate.levers import Levers
from commonweal.mandate.model import Bill, Code, Direction, Finding, Promise, Status

_S = Status
_NEXT: Mapping[Status, frozenset[Status]] = {
    _S.DRAFT: frozenset({_S.ANNOUNCED, _S.WITHDRAWN}),
    _S.ANNOUNCED: frozenset({_S.UNDER_WAY, _S.KEPT, _S.KEPT_IN_PART, _S.BROKEN, _S.WITHDRAWN}),
    _S.UNDER_WAY: frozenset({_S.STALLED, _S.KEPT, _S.KEPT_IN_PART, _S.BROKEN}),
    _S.STALLED: frozenset({_S.UNDER_WAY, _S.KEPT, _S.KEPT_IN_PART, _S.BROKEN}),
    _S.KEPT: frozenset({_S.BROKEN}),  # undone later
    _S.KEPT_IN_PART: frozenset({_S.UNDER_WAY, _S.KEPT, _S.BROKEN}),
    _S.BROKEN: frozenset({_S.UNDER_WAY, _S.KEPT, _S.KEPT_IN_PART}),  # better late
    _S.WITHDRAWN: frozenset({_S.ANNOUNCED}),
}


def next_steps(status: Status) -> frozenset[Status]:
    """What a promise may become."""
    return _NEXT[status]


def check_step(status: Status, to: Status) -> None:
    """Raises CannotBecome where a promise that stands so can't become that."""
    if to not in _NEXT[status]:
        raise CannotBecome(status=status.value, to=to.value, steps=", ".join(sorted(_NEXT[status])))


def findings(promises: Sequence[Promise], levers: Levers, budgets: Mapping[str, int]) -> list[Finding]:
    """All that can be found of a list of promises, the gravest first.

    levers: those that are known; budgets: what each holds a year, in minor units, by name.
    """
    found = [
        *contradictions(promises),
        *circles(promises),
        *budgets_spent_twice(promises, budgets),
        *(finding for promise in promises for finding in _alone(promise)),
        *unknown_levers(promises, levers),
        *_overriding_nothing(promises),
    ]
    order = {code: place for place, code in enumerate(Code)}
    return sorted(found, key=lambda finding: order[finding.code])


def contradictions(promises: Sequence[Promise]) -> list[Finding]:
    """Pairs that pull one lever different ways where one person may be touched by both; and what contradicts itself.

    A promise that stands in another's place, by itself or through others, does not contradict it. What was withdrawn
    contradicts nothing.
    """
    standing = [promise for promise in promises if promise.status is not Status.WITHDRAWN]
    replaced = _replaced(promises)
    found = [
        Finding(Code.PULLS_ITSELF, (promise.key,), {"lever": lever})
        for promise in standing
        for lever in _both_ways(promise)
    ]
    pulled: dict[str, list[tuple[Promise, Direction]]] = defaultdict(list)
    for promise in standing:
        for pull in dict.fromkeys(promise.pulls):
            pulled[pull.lever].append((promise, pull.direction))
    for lever, pulls in pulled.items():
        for (one, its), (other, others) in combinations(pulls, 2):
            if one is other or its is others or {(one.key, other.key), (other.key, one.key)} & replaced:
                continue
            if scopes.can_meet(one.touches, other.touches):
                params = {"lever": lever, "one": its.value, "other": others.value}
                found.append(Finding(Code.PULLED_BOTH_WAYS, (one.key, other.key), params))
    return found


def against(promise: Promise, others: Iterable[Promise]) -> list[Finding]:
    """What contradicts one promise among others."""
    rest = [other for other in others if other.key != promise.key]
    return [finding for finding in contradictions([promise, *rest]) if promise.key in finding.keys]


def _both_ways(promise: Promise) -> list[str]:
    ways: dict[str, set[Direction]] = defaultdict(set)
    for pull in promise.pulls:
        ways[pull.lever].add(pull.direction)
    return [lever for lever, directions in ways.items() if len(directions) > 1]


def _replaced(promises: Sequence[Promise]) -> set[tuple[str, str]]:
    """(in force, replaced): each promise with all that it stands in the place of, through others too."""
    direct = {promise.key: promise.overrides for promise in promises}
    found = set()
    for key, overrides in direct.items():
        waiting, seen = list(overrides), set[str]()
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting.extend(direct.get(other, ()))
        found |= {(key, other) for other in seen}
    return found


def circles(promises: Sequence[Promise]) -> list[Finding]:
    """Promises that override each other in a circle, each circle once, from its first promise on."""
    replaced = _replaced(promises)
    direct = {promise.key: promise.overrides for promise in promises}
    found, told = [], set[str]()
    for key in direct:
        if (key, key) not in replaced or key in told:
            continue
        chain = _circle(key, direct, replaced)
        told.update(chain)
        found.append(Finding(Code.CIRCULAR, tuple(chain)))
    return found


def _circle(key: str, direct: Mapping[str, Sequence[str]], replaced: set[tuple[str, str]]) -> list[str]:
    """The shortest way from a promise back to itself."""
    ways, seen = [[key]], {key}
    while ways:
        way = ways.pop(0)
        for other in direct.get(way[-1], ()):
            if other == key:
                return way
            if other not in seen and (other, key) in replaced:
                seen.add(other)
                ways.append([*way, other])
    raise AssertionError(f"{key} lies in no circle")


def budgets_spent_twice(promises: Sequence[Promise], budgets: Mapping[str, int]) -> list[Finding]:
    """Budgets from which promises draw more than they hold; where nobody says what one holds, from which several draw."""
    drawing: dict[str, list[Promise]] = defaultdict(list)
    drawn: dict[str, int] = defaultdict(int)
    for promise in promises:
        if promise.status is Status.WITHDRAWN:
            continue
        for source in dict.fromkeys(funding.source for funding in promise.funding):
            drawing[source].append(promise)
        for funding in promise.funding:
            drawn[funding.source] += _drawn(promise, funding.amount)
    found = []
    for source, those in drawing.items():
        keys = tuple(promise.key for promise in those)
        held = budgets.get(source)
        if held is not None and drawn[source] > held:
            params = {"budget": source, "drawn": drawn[source], "holds": held}
            found.append(Finding(Code.OVERDRAWN, keys, params))
        elif held is None and len(those) > 1:
            found.append(Finding(Code.DRAWN_TWICE, keys, {"budget": source, "drawn": drawn[source]}))
    return found


def _drawn(promise: Promise, amount: int | None) -> int:
    """What a promise takes from a budget: what it says; all of its cost where that is its only budget."""
    if amount is not None:
        return amount
    return max(promise.cost or 0, 0) if len(promise.funding) == 1 else 0


def _alone(promise: Promise) -> list[Finding]:
    """What one promise shows by itself."""
    found = []
    if promise.gains is not None and scopes.is_empty(promise.gains):
        code = Code.EMPTY if promise.cost == 0 else Code.SERVES_NO_ONE
        found.append(Finding(code, (promise.key,), {"scope": promise.gains.text}))
    if promise.status.binds and not promise.public:
        found.append(Finding(Code.PRIVATE_ONLY, (promise.key,)))
    cost, paid = max(promise.cost or 0, 0), _paid(promise)
    if promise.funding and paid < cost:
        found.append(Finding(Code.UNPAID, (promise.key,), {"cost": cost, "paid": paid}))
    return found


def _paid(promise: Promise) -> int:
    """How much of a promise's cost is paid for by something that is named; a part may be, never more than the whole."""
    drawn = sum(_drawn(promise, funding.amount) for funding in promise.funding)
    return min(drawn, max(promise.cost or 0, 0))


def unknown_levers(promises: Sequence[Promise], levers: Levers) -> list[Finding]:
    """Levers that nobody has named before, each with those of a near name: a slip of the pen, or a new one."""
    return [
        Finding(Code.UNKNOWN_LEVER, (promise.key,), {"lever": lever, "near": levers.near(lever)})
        for promise in promises
        for lever in dict.fromkeys(pull.lever for pull in promise.pulls)
        if lever not in levers.codes
    ]


def _overriding_nothing(promises: Sequence[Promise]) -> list[Finding]:
    known = {promise.key for promise in promises}
    return [
        Finding(Code.OVERRIDES_NOTHING, (promise.key,), {"other": other})
        for promise in promises
        for other in promise.overrides
        if other not in known
    ]


def bill(promises: Iterable[Promise]) -> Bill:
    """What the promises cost together, without those that were withdrawn."""
    standing = [promise for promise in promises if promise.status is not Status.WITHDRAWN]
    costs = [promise.cost for promise in standing if promise.cost is not None]
    return Bill(
        cost=sum(cost for cost in costs if cost > 0),
        saved=-sum(cost for cost in costs if cost < 0),
        paid=sum(_paid(promise) for promise in standing),
        unsaid=sum(promise.cost is None for promise in standing),
    )
