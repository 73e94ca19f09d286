"""Exploration: contacts that are drawn instead of chosen, so that one learns also of what plans leave aside.

A share of the households explores, the same in each plan, and none that is held out. Of the options that are open to one of them each
has the same chance: it gets the one for which household and option are hashed to the largest number (rendezvous hashing; Thaler and
Ravishankar, *IEEE/ACM Transactions on Networking* 6(1), 1998), so that an option which comes or goes changes nobody's draw but those
that it wins or loses. Another number says who goes first. Where a limit has not room for all, those explore whose number is under a
threshold, the others are planned as everybody is. So the chance of each contact is known by design:

    share that explores  x  1 / options open  x  the lowest threshold of the limits in which it counts

and is kept with the draw: who compares weighs each person by one over it (experiments.exploration). An option that credibly keeps a
person from voting is closed to their household; so is one that no limit has room for, be it for them alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.experiments import queries, tables
from commonweal.experiments.model import CONTROL, WIDTH_95
from commonweal.experiments.rules import uniform
from commonweal.planning.joint import Plan
from commonweal.planning.joint.reasons import charges
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed, lots
from commonweal.planning.under_way import left, use_of, uses, weight
from commonweal.planning.units import Contacts, Positions
from commonweal.store.ledger import LedgerRole

_WHICH, _FIRST = (
    "explores",
    "who explores first",
)  # salts: of an option's draw with its code, and of the order
_ROUNDING = 1e-9

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Draw:
    """Whom one learns from: p persons, whose household explores or is held out, and has no contact under way.

    person (p,): positions. option (p,): the option drawn, -1: left alone. chance (p,): of just that, by design. could (p, k): by
    which options this person could have been reached by draw.
    """

    person: Positions
    option: npt.NDArray[np.int64]
    chance: Doubles
    could: Flags

    @staticmethod
    def none(options: int) -> Draw:
        """Nobody's."""
        nothing = np.zeros(0, np.int64)
        return Draw(nothing, nothing, np.zeros(0), np.zeros((0, options), bool))


def drawn_before(campaign: Campaign) -> pa.Table:
    """Whom plans that were put to use drew: person_id, arm."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        plans = queries.explorations(connection)
    lake = campaign.lake
    found = tables.explored(lake.table("experiments.exploration"), lake.table("people.profile"), plans)
    return lake.read(found.select("person_id", "arm"))


def explore(posed: Posed, population: Population, before: pa.Table) -> tuple[Posed, Draw]:
    """The same problem for what is left: these contacts are in the plan, and nothing else for who explores.

    before: whom earlier plans drew (`drawn_before`). A household with a contact under way is in no new draw; it explores if that contact
    was drawn for it.
    """
    share = posed.terms.exploring
    if not share:
        return posed, Draw.none(len(posed.options))
    explores = lots(population, posed.units) >= 1.0 - share
    busy = np.zeros(len(explores), bool)
    busy[posed.kept.unit] = True
    choices = _choices(posed, population, np.flatnonzero((explores | posed.held_out) & ~busy))
    asked = _asked(choices, explores[choices.unit])
    drawn, threshold = _admitted(posed, choices, asked)
    contacts = _contacts(posed, choices, drawn)
    assert (use_of(posed.problem, posed.problem.limits, contacts) <= _ends(posed)).all(), (
        "explorers break a limit"
    )
    now = np.zeros(len(explores), bool)
    now[contacts.unit] = True
    alone = np.asarray(posed.problem.most).copy()
    alone[now] = 0
    under_way = _drawn_under_way(posed, population, before)
    alone[under_way] = 0
    problem = replace(left(posed, contacts), most=alone)
    now[under_way] = True
    told = _draw(posed, choices, drawn, threshold)
    return replace(posed, problem=problem, explores=now, drawn=contacts), told


def forgone(posed: Posed, plan: Plan) -> float:
    """The votes that exploring costs: what the best contacts of those who explore would gain at the plan's prices, net of what they
    use, less the same of what was drawn for them. Of contacts under way nothing is counted: they are made."""
    problem, drawn = posed.problem, posed.drawn
    if not len(drawn.unit):
        return 0.0
    cost = charges(problem, plan, drawn.unit)
    gain = np.asarray(problem.gain[drawn.unit], np.float64)
    assert problem.allowed is not None
    times = problem.allowed[drawn.unit]
    net = np.where((times > 0) & (gain > 0), gain - cost, 0.0)
    channel = np.unique([option.channel for option in posed.options], return_inverse=True)[1]
    best = np.stack([net[:, channel == each].max(axis=1) for each in range(channel.max() + 1)], axis=1)
    most = np.sort(np.maximum(best, 0.0), axis=1)[:, ::-1][:, : posed.terms.most].sum(axis=1)
    at = np.arange(len(drawn.unit)), drawn.option
    own = drawn.votes - cost[at] / np.maximum(times[at], 1) * drawn.pieces
    return float((most - own).sum())


def rows(draw: Draw, posed: Posed, population: Population, plan_id: int) -> pa.Table:
    """Rows of experiments.exploration; who was drawn and found no day is in none."""
    stays = (draw.option < 0) | posed.explores[posed.units.of[draw.person]]
    draw = Draw(*(getattr(draw, each.name)[stays] for each in fields(draw)))
    arms = np.array([option.arm_name for option in posed.options], object)
    person, option = np.nonzero(draw.could)
    ends = np.searchsorted(person, np.arange(len(draw.person) + 1))
    return pa.table(
        {
            "plan_id": pa.array(np.full(len(draw.person), plan_id, np.int32)),
            "person_id": population.person[draw.person],
            "household_id": population.household[draw.person],
            "arm": pa.array(np.where(draw.option < 0, CONTROL, arms[draw.option]), pa.string()),
            "chance": draw.chance,
            "could": pa.ListArray.from_arrays(ends.astype(np.int32), pa.array(arms[option], pa.string())),
        }
    )


# Who could get what


@dataclass(frozen=True, eq=False)
class _Choices:
    """d units. could, times (d, k): the options open to each, and how often each is paid; number (d,): who goes first; which (d, k):
    by which an option is drawn. person, home (p,): their members, with the place of each one's unit; open (p, k): of these."""

    unit: npt.NDArray[np.int64]
    could: Flags
    times: npt.NDArray[np.int64]
    number: Doubles
    which: Doubles
    person: Positions
    home: Positions
    open: Flags


def _choices(posed: Posed, population: Population, unit: npt.NDArray[np.int64]) -> _Choices:
    place = np.full(len(posed.units), -1)
    place[unit] = np.arange(len(unit))
    person = np.flatnonzero(place[posed.units.of] >= 0)
    home = place[posed.units.of[person]]
    open_ = np.asarray(population.barrier[person] == Barrier.OPEN)
    change, error = population.d_turnout[person], population.se_turnout[person]
    harmed = open_ & (change + WIDTH_95 * error < 0)
    shape = (len(unit), len(posed.options))
    members, harm = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for option in range(shape[1]):
        members[:, option] = np.bincount(home, open_[:, option], minlength=shape[0])
        harm[:, option] = np.bincount(home, harmed[:, option], minlength=shape[0])
    once = np.array([option.per == "household" for option in posed.options])
    times = np.where(once, np.minimum(members, 1), members)
    first = np.full(shape[0], len(population), np.int64)
    np.minimum.at(first, home, person)
    house = population.household[first]
    which = np.stack([uniform(house, f"{_WHICH} {option.code}") for option in posed.options], axis=1)
    could = (times > 0) & (harm == 0) & _room_for_one(posed, unit, times)
    return _Choices(unit, could, times, uniform(house, _FIRST), which, person, home, open_)


def _room_for_one(posed: Posed, unit: npt.NDArray[np.int64], times: npt.NDArray[np.int64]) -> Flags:
    """(d, k): whether there is room, were this contact the only one. Of a share that contacts give back to, nothing is asked."""
    problem = posed.problem
    room = np.ones(times.shape, bool)
    for limit, end in zip(problem.limits, _ends(posed), strict=True):
        use = np.asarray(limit.use, np.float64)
        if use.min() >= 0 and limit.outside >= 0:
            room &= times * use * weight(problem, limit, unit)[:, None] <= end
    if problem.hours is not None:
        assert problem.area is not None
        at_door = np.array([option.channel == problem.hours.channel for option in posed.options])
        closed = np.asarray(problem.hours.available)[problem.area[unit]] < 1
        room &= ~(closed[:, None] & at_door)
    return room


def _ends(posed: Posed) -> Doubles:
    """(r,): what there is of each limit; sums of the same numbers in another order differ by less than is added."""
    most = np.array([limit.at_most for limit in posed.problem.limits])
    return np.asarray(most + _ROUNDING * np.where(np.isfinite(most), np.maximum(most, 1.0), 0.0))


# The draw


def _asked(choices: _Choices, explores: Flags) -> npt.NDArray[np.int64]:
    """(d,): the option that each draws, -1 for who is held out or to whom nothing is open."""
    option = np.where(choices.could, choices.which, -1.0).argmax(axis=1)
    return np.where(explores & choices.could.any(axis=1), option, -1)


def _admitted(
    posed: Posed, choices: _Choices, asked: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], Doubles]:
    """(d,), (d,): what is drawn for each within all limits, and the threshold under which that was.

    Each limit takes away the last in the order; since that may take from a share what others stood on, again until all hold.
    """
    rows = np.flatnonzero(asked >= 0)
    wanted = _bare(choices, rows, asked[rows])
    number, threshold = choices.number[rows], np.ones(len(rows))
    uses_and_ends = list(_uses(posed, wanted))
    inside = -1
    while inside != (inside := int((number < threshold).sum())):
        for use, end, part in uses_and_ends:
            threshold = np.minimum(threshold, _threshold(use, end, part, number, number < threshold))
    found, under = np.full(len(asked), -1), np.ones(len(asked))
    found[rows] = np.where(number < threshold, asked[rows], -1)
    under[rows] = threshold
    return found, under


def _bare(choices: _Choices, rows: Positions, option: npt.NDArray[np.int64]) -> Contacts:
    """Contacts without the persons whom they are for."""
    nothing = np.zeros(0, np.int64)
    return Contacts(
        choices.unit[rows], option, choices.times[rows, option], np.zeros(len(rows)), nothing, nothing
    )


def _uses(posed: Posed, wanted: Contacts) -> Iterator[tuple[Doubles, Doubles, npt.NDArray[np.int64]]]:
    """Of each limit what the contacts (c,) use, its ends (parts,), and in which part of it each counts: hours are given by area."""
    problem, whole = posed.problem, np.zeros(len(wanted.unit), np.int64)
    for limit, end in zip(problem.limits, _ends(posed), strict=True):
        yield uses(problem, limit, wanted), np.array([end]), whole
    if problem.hours is not None:
        assert problem.area is not None
        at_door = np.array([option.channel == problem.hours.channel for option in posed.options])
        ends = np.asarray(problem.hours.available, np.float64)
        yield at_door[wanted.option].astype(np.float64), ends, problem.area[wanted.unit].astype(np.int64)


def _threshold(
    use: Doubles, end: Doubles, part: npt.NDArray[np.int64], number: Doubles, inside: Flags
) -> Doubles:
    """(c,): under which the contacts of each part have room together; 1 for what uses nothing of it. What gives back gives first."""
    room = end + np.bincount(part, np.where(inside & (use < 0), -use, 0.0), minlength=len(end))
    rows = np.flatnonzero(inside & (use > 0))
    rows = rows[np.lexsort((number[rows], part[rows]))]
    first = np.searchsorted(part[rows], part[rows])
    total = np.concatenate([[0.0], np.cumsum(use[rows])])
    over = rows[total[1:] - total[first] > room[part[rows]] * (1 + _ROUNDING)]
    lowest = np.ones(len(end))
    np.minimum.at(lowest, part[over], number[over])
    return np.where(use > 0, lowest[part], 1.0)


def _contacts(posed: Posed, choices: _Choices, drawn: npt.NDArray[np.int64]) -> Contacts:
    rows = np.flatnonzero(drawn >= 0)
    bare = _bare(choices, rows, drawn[rows])
    place = np.full(len(drawn), -1)
    place[rows] = np.arange(len(rows))
    meant = _meant(choices, drawn)
    person, home = choices.person[meant], place[choices.home[meant]]
    votes = np.bincount(home, posed.gain[person, bare.option[home]], minlength=len(rows))
    return replace(bare, votes=np.asarray(votes, np.float64), person=person, home=home)


def _meant(choices: _Choices, drawn: npt.NDArray[np.int64]) -> Positions:
    """The members for whom the drawn contacts are: to whom the option is open."""
    option = drawn[choices.home]
    return np.flatnonzero((option >= 0) & choices.open[np.arange(len(option)), option])


def _drawn_under_way(posed: Posed, population: Population, before: pa.Table) -> npt.NDArray[np.int64]:
    """The units that hold a contact which an earlier plan drew for them."""
    arms = np.array([option.arm_name for option in posed.options], object)[posed.kept.given]
    persons = population.person[posed.kept.person].tolist()
    drawn = set(zip(before["person_id"].to_pylist(), before["arm"].to_pylist(), strict=True))
    rows = [place for place, pair in enumerate(zip(persons, arms, strict=True)) if pair in drawn]
    return np.unique(posed.kept.unit[posed.kept.home[rows]])


def _draw(posed: Posed, choices: _Choices, drawn: npt.NDArray[np.int64], threshold: Doubles) -> Draw:
    """Of who explores the members reached; of who is held out those whom some option would have reached."""
    could = choices.could[choices.home] & choices.open
    out = posed.held_out[choices.unit][choices.home] & could.any(axis=1)
    rows = np.union1d(_meant(choices, drawn), np.flatnonzero(out))
    home = choices.home[rows]
    option = drawn[home]
    by_draw = posed.terms.exploring / np.maximum(choices.could.sum(axis=1), 1) * threshold
    chance = np.where(option >= 0, by_draw[home], posed.terms.learning)
    return Draw(choices.person[rows], option, chance, could[rows])
