"""From a solved plan back to people: who gets what and why, and the totals by option, area, limit and reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.experiments.model import Estimate
from commonweal.planning.dated import Dated
from commonweal.planning.exploring import forgone
from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import Plan, Use
from commonweal.planning.joint.reasons import Reason, explain
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import DOOR, Posed
from commonweal.planning.terms import DAYS, MONEY, Term
from commonweal.planning.totals import AreaTotal, DayTotal, DoorHours, Kind, LeftOut, LimitTotal, OptionTotal
from commonweal.planning.under_way import beside_the_days, doors_of, use_of
from commonweal.planning.units import Contacts
from commonweal.planning.verified import (
    share_of,
    verify,
    verify_days,
    verify_draw,
    verify_messages,
    verify_shares,
)

_BLOCK = 1 << 15  # units that are explained at once
_ROUNDING = 1e-9  # of a gain: nearer to a price than this counts as equal to it
_FULL, _NO_DAY, _HELD_OUT, _OTHER_MEMBER = "full", "no_day", "held_out", "other_member_"
_DRAWN, _DRAWN_BEFORE = "drawn", "drawn_before"

Positions = npt.NDArray[np.intp]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tally:
    """What a plan means for each person (rows of `contacts`), and its totals. bound: no plan within the limits gains more that
    keeps what is under way, and that gives who was drawn what this one gives them. spent: minor units; pieces: contacts as they are
    paid; reached: persons; explored: those of them whose contact was drawn; forgone: the votes that this costs.
    """

    contacts: pa.Table
    options: tuple[OptionTotal, ...]
    areas: tuple[AreaTotal, ...]
    limits: tuple[LimitTotal, ...]
    hours: tuple[DoorHours, ...]
    left_out: tuple[LeftOut, ...]
    days: tuple[DayTotal, ...]
    votes: Estimate
    bound: float
    spent: int
    pieces: int
    reached: int
    explored: int
    forgone: float


def tally(
    population: Population, posed: Posed, plan: Plan, plan_id: int, dated: Dated | None = None
) -> Tally:
    """Rows of planning.contact, and the totals; `dated`: the days of its contacts, where it has any. Raises AssertionError when the
    plan breaks a rule of its own.
    """
    found = posed.fixed.and_also(posed.units.contacts(plan.person, plan.option))
    cost = found.pieces * np.array([each.unit_cost for each in posed.options], np.int64)[found.option]
    verify(population, posed, found, int(cost.sum()))
    verify_draw(population, posed, found)
    verify_days(posed, found, dated)
    verify_shares(posed, found)
    verify_messages(population, posed, found)
    reached = np.zeros(len(population), bool)
    reached[found.person] = True
    why = _why(population, posed, plan, found, reached)
    if dated:
        nothing = np.setdiff1d(dated.lost, found.unit)
        why.reason[np.isin(posed.units.of, nothing)] = _NO_DAY
    return Tally(
        contacts=_rows(population, posed, plan_id, found, why, reached, dated),
        options=_options(population, posed, plan, found, cost),
        areas=_areas(posed, found, cost),
        limits=tuple(_limits(posed, plan, found)),
        hours=_hours(posed, plan),
        left_out=_left_out(why.reason[~reached]),
        days=tuple(_days(posed, found, dated)) if dated else (),
        votes=Estimate(float(found.votes.sum()), posed.effects.error(found.person, found.given)),
        bound=plan.bound + float(posed.fixed.votes.sum()),
        spent=int(cost.sum()),
        pieces=int(found.pieces.sum()),
        reached=int(reached.sum()),
        explored=int((reached & posed.explores[posed.units.of]).sum()),
        forgone=forgone(posed, plan),
    )


# Why


@dataclass(frozen=True, eq=False)
class _Why:
    """By person (n,): the code of a reason, and the option that came second, -1 for none."""

    reason: npt.NDArray[np.object_]
    second: npt.NDArray[np.int16]


def _why(
    population: Population, posed: Posed, plan: Plan, found: Contacts, reached: npt.NDArray[np.bool_]
) -> _Why:
    parts = [_of_units(posed, plan, rows) for rows in _blocks(len(posed.units))]
    of_unit = np.concatenate([codes for codes, _second in parts] or [np.zeros(0, object)])
    second = np.concatenate([second for _codes, second in parts] or [np.zeros(0, np.int16)])
    of_unit[posed.held_out] = _HELD_OUT
    of_unit[posed.kept.unit] = Reason.CHOSEN.name.lower()
    of_unit[posed.explores] = _DRAWN_BEFORE
    of_unit[found.unit[posed.explores[found.unit]]] = _DRAWN
    second[posed.explores] = -1
    reason, second = of_unit[posed.units.of], second[posed.units.of].copy()
    barred = np.flatnonzero(reason == Reason.BARRED.name.lower())
    reason[barred] = population.reasons[_most_often(population.barrier[barred])]
    _beside(population, posed, found, reached, reason)
    known = second >= 0
    known[known] = posed.units.reached[np.flatnonzero(known), second[known]]
    return _Why(reason, np.where(known, second, np.int16(-1)))


def _blocks(units: int) -> Iterator[npt.NDArray[np.int64]]:
    return (np.arange(start, min(start + _BLOCK, units), dtype=np.int64) for start in range(0, units, _BLOCK))


def _of_units(
    posed: Posed, plan: Plan, units: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int16]]:
    """Codes and seconds of some units. What is worth its money, but not what stands against it besides, has no room."""
    told = explain(posed.problem, plan, units)
    codes = np.array([reason.name.lower() for reason in Reason], object)[told.reason]
    gain, times = posed.units.gain[units].astype(np.float64), posed.units.times[units]
    price = plan.uses[0].price * np.array([option.unit_cost for option in posed.options])
    worth = np.where(times > 0, gain - price * times, -np.inf)
    best = worth.argmax(axis=1)
    rows = np.arange(len(units))
    full = (told.reason == Reason.OUTBID) & (worth[rows, best] > _ROUNDING * gain[rows, best])
    codes[full] = _FULL
    return codes, told.second


def _most_often(barrier: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Of each row the code that stands there most often; of equals the smallest."""
    best, often = np.zeros(len(barrier), np.uint8), np.zeros(len(barrier), np.int64)
    for code in np.unique(barrier[barrier != Barrier.OPEN]):
        count = (barrier == code).sum(axis=1)
        best[count > often] = code
        often = np.maximum(often, count)
    return best


def _beside(
    population: Population,
    posed: Posed,
    found: Contacts,
    reached: npt.NDArray[np.bool_],
    reason: npt.NDArray[np.object_],
) -> None:
    """In a household that gets something, the members whom it is not for: it is closed to them, or gains nothing."""
    beside = np.flatnonzero(np.isin(reason, (Reason.CHOSEN.name.lower(), _DRAWN)) & ~reached)
    given = np.full(len(posed.units), -1)
    given[found.unit[::-1]] = found.option[::-1]
    codes = population.reasons[population.barrier[beside, given[posed.units.of[beside]]]]
    useless = codes == Barrier.OPEN.code
    reason[beside] = np.where(useless, Reason.NEVER_USEFUL.name.lower(), _OTHER_MEMBER + codes)


# Rows and totals


def _rows(
    population: Population,
    posed: Posed,
    plan_id: int,
    found: Contacts,
    why: _Why,
    reached: npt.NDArray[np.bool_],
    dated: Dated | None,
) -> pa.Table:
    """One row a contact and person, the one that gains most first, and one for each person without any."""
    own = posed.gain[found.person, found.given]
    error = posed.effects.errors(found.person, found.given)
    left = np.flatnonzero(~reached)
    person = np.concatenate([found.person, left])
    option = np.concatenate([found.given, np.full(len(left), -1)])
    order = np.lexsort((option, -np.concatenate([own, np.zeros(len(left))]), person))
    person, option = person[order], option[order]
    gained, errors = (np.concatenate([values, np.zeros(len(left))])[order] for values in (own, error))
    codes = pa.array([each.code for each in posed.options], pa.string())
    second = why.second[person]
    return pa.table(
        {
            "plan_id": pa.array(np.full(len(person), plan_id, np.int32)),
            "person_id": population.person[person],
            "household_id": population.household[person],
            "area_code": population.area.take(pa.array(person)),
            "option": _coded(codes, option),
            "reason": pa.array(why.reason[person], pa.string()),
            "votes": _shown(gained, option >= 0),
            "votes_error": _shown(errors, option >= 0),
            "second": _coded(codes, second),
            "second_votes": _shown(posed.gain[person, np.maximum(second, 0)], second >= 0),
            "day": _dates(posed.horizon, found, dated, order),
        }
    )


def _dates(horizon: Horizon | None, found: Contacts, dated: Dated | None, order: Positions) -> pa.Array:
    """Along the rows: in `order`, of contacts by person and then of persons without any."""
    if horizon is None or dated is None:
        return pa.nulls(len(order), pa.date32())
    number = np.full(len(order), -1, np.int32)
    number[: len(found.home)] = dated.day[found.home]
    epoch = (horizon.first - date(1970, 1, 1)).days
    return pa.array(number[order] + np.int32(epoch), pa.int32(), mask=number[order] < 0).cast(pa.date32())


def _coded(codes: pa.Array, position: npt.NDArray[np.integer]) -> pa.Array:
    return codes.take(pa.array(np.maximum(position, 0).astype(np.int32), mask=position < 0))


def _shown(values: npt.NDArray[np.floating], where: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=~where)


def _options(
    population: Population, posed: Posed, plan: Plan, found: Contacts, cost: npt.NDArray[np.int64]
) -> tuple[OptionTotal, ...]:
    k = len(posed.options)
    pieces, spent, votes = (
        np.bincount(found.option, values, minlength=k) for values in (found.pieces, cost, found.votes)
    )
    eligible = (population.barrier == Barrier.OPEN).sum(axis=0)
    price = {use.limit.name: use.price for use in plan.uses}
    return tuple(
        OptionTotal(
            option=option.code,
            channel=option.channel,
            message=option.message,
            unit_cost=option.unit_cost,
            eligible=int(eligible[place]),
            contacts=int(pieces[place]),
            cost=int(spent[place]),
            votes=float(votes[place]),
            capacity=option.capacity,
            more=max(0.0, price.get(option.code, 0.0)),
        )
        for place, option in enumerate(posed.options)
    )


def _areas(posed: Posed, found: Contacts, cost: npt.NDArray[np.int64]) -> tuple[AreaTotal, ...]:
    """By area and channel. A household counts where its first member lives."""
    area = posed.problem.area
    assert area is not None
    rows = pa.table(
        {
            "area": pa.array(posed.areas, pa.string()).take(pa.array(area[found.unit])),
            "channel": pa.array([each.channel for each in posed.options]).take(pa.array(found.option)),
            "contacts": found.pieces,
            "cost": cost,
            "votes": found.votes,
        }
    )
    sums = rows.group_by(["area", "channel"]).aggregate(
        [("contacts", "sum"), ("cost", "sum"), ("votes", "sum")]
    )
    ordered = sums.sort_by([("area", "ascending"), ("channel", "ascending")])
    return tuple(
        AreaTotal(row["area"], row["channel"], row["contacts_sum"], row["cost_sum"], row["votes_sum"])
        for row in ordered.to_pylist()
    )


def _days(posed: Posed, found: Contacts, dated: Dated) -> Iterator[DayTotal]:
    """By day and channel, also where an open day has nothing."""
    horizon = posed.horizon
    assert horizon is not None
    channel = np.array([option.channel for option in posed.options])[found.option]
    for name, open_ in horizon.open.items():
        mine = channel == name
        day = dated.day[mine]
        pieces, votes = (
            np.bincount(day, values[mine], minlength=horizon.days) for values in (found.pieces, found.votes)
        )
        for number in np.flatnonzero(open_ | (pieces > 0)):
            contacts, gained = int(pieces[number]), float(votes[number])
            yield DayTotal(horizon.date(int(number)), name, contacts, horizon.a_day.get(name), gained)


def _limits(posed: Posed, plan: Plan, found: Contacts) -> Iterator[LimitTotal]:
    terms = {term.name: term for term in posed.terms.limit}
    asked = {limit.name: limit for limit in posed.limits}
    fixed = use_of(posed.problem, posed.limits, posed.fixed) - beside_the_days(posed, posed.kept)
    kept = dict(zip(asked, fixed, strict=True))
    kinds = {MONEY: Kind.MONEY, **{each.code: Kind.CAPACITY for each in posed.options}}
    kinds |= dict.fromkeys(terms, Kind.TERM) | {DAYS + each.channel: Kind.DAYS for each in posed.options}
    for use in plan.uses:
        name = use.limit.name
        term = terms.get(name)
        if term and term.is_share:
            yield _share(posed, term, found, use.price)
            continue
        told = Use(asked.get(name, use.limit), use.used + kept.get(name, 0.0), use.price)
        yield _limit(told, kinds.get(name, Kind.RULE), term)


def _share(posed: Posed, term: Term, found: Contacts, price: float) -> LimitTotal:
    """A limit of w - s n <= 0, or of s n - w <= 0, is priced at one contact: a larger s gains n times that, or loses it."""
    counted, of = share_of(posed, term, found)
    most = term.at_most_share is not None
    return LimitTotal(
        name=term.name,
        kind=Kind.TERM,
        unit="share",
        each=1.0 / max(of, 1),
        at_most=term.at_most_share,
        at_least=term.at_least_share or 0.0,
        used=counted / of if of else 0.0,
        price=price * of if most else -price * of,
    )


def _limit(use: Use, kind: Kind, term: Term | None) -> LimitTotal:
    ends = use.limit.at_most, use.limit.at_least
    return LimitTotal(
        name=use.limit.name,
        kind=kind,
        unit=term.unit if term else {Kind.MONEY: "money", Kind.DAYS: "a_day"}.get(kind, "contacts"),
        each=term.each if term else 1.0,
        at_most=ends[0] if np.isfinite(ends[0]) else None,
        at_least=max(0.0, ends[1]),
        used=use.used,
        price=use.price,
    )


def _hours(posed: Posed, plan: Plan) -> tuple[DoorHours, ...]:
    """In hours; the problem counts doors."""
    hours, doors = posed.problem.hours, posed.terms.doors
    if hours is None or doors is None:
        return ()
    assert hours.channel == DOOR
    each = doors.hours_each
    given = (doors.hours.get(area, doors.elsewhere) for area in posed.areas)
    return tuple(
        DoorHours(area, available, float(used + kept) * each, float(price) / each)
        for area, available, used, kept, price in zip(
            posed.areas,
            given,
            plan.hours_used,
            doors_of(posed, posed.fixed),
            plan.prices.hours,
            strict=True,
        )
    )


def _left_out(reasons: npt.NDArray[np.object_]) -> tuple[LeftOut, ...]:
    counts = pc.value_counts(pa.array(reasons, pa.string())).to_pylist()
    found = [LeftOut(each["values"], each["counts"]) for each in counts]
    return tuple(sorted(found, key=lambda each: (-each.persons, each.reason)))
