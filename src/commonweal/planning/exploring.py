"""Exploration: contacts that are drawn instead of chosen, so that one learns also of what plans leave aside.

The draw is made once, by the first plan that explores and is put to use. A share of the households explores, and none that is held out. Of the
options that are open to one of them each has the same chance: it gets the one for which household and option are hashed to the largest
number (rendezvous hashing; Thaler and Ravishankar, *IEEE/ACM Transactions on Networking* 6(1), 1998). Another number says who goes
first. Where a limit has not room for all, those explore whose number is under a threshold; the others are planned as everybody is, for
good. So the chance of each contact is known by design:

    share that explores  x  1 / options open  x  the lowest threshold of the limits in which it counts

and is kept with the draw: who compares weighs each person by one over it (experiments.exploration). An option that credibly keeps a
person from voting is closed to their household; so is one that no limit and no day has room for, be it for them alone.

Later plans draw nobody. Who was drawn keeps their option until it is made and gets nothing else; a contact that has no room now, or is closed
now, waits. Compared with are those whom this draw left alone: not those whom plans before it left alone already, while those who explore
were planned as everybody. They stay alone as long as plans explore.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.campaign import Campaign
from commonweal.experiments import queries, tables
from commonweal.experiments.model import CONTROL, WIDTH_95
from commonweal.experiments.rules import uniform
from commonweal.planning.errors import NobodyToCompareWith
from commonweal.planning.joint import Plan
from commonweal.planning.joint.reasons import charges
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed, lots, of_a_day
from commonweal.planning.terms import Terms
from commonweal.planning.under_way import left, use_of, uses
from commonweal.planning.units import Contacts, Positions
from commonweal.planning.verified import verify_lot
from commonweal.store.ledger import LedgerRole

_WHICH, _FIRST = "explores", "who explores first"  # salts: of an option's draw with its code, of the order
_ROUNDING = 1e-9
_ALONE = -1  # an arm: none

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


@dataclass(frozen=True)
class Before:
    """What plans that were put to use did. alone: the largest share of the households that one of them left alone. drawn: whom the first
    that explored drew (person_id, arm), None where none did. made: the contacts made since (person_id, option), None: none."""

    alone: float = 0.0
    drawn: pa.Table | None = None
    made: pa.Table | None = None

    def made_by(self, option: str) -> npt.NDArray[np.int64]:
        """To whom a contact by an option was made."""
        if self.made is None:
            return np.zeros(0, np.int64)
        made = self.made.filter(pc.equal(self.made["option"], option))
        return np.asarray(made["person_id"].to_numpy(), np.int64)


def before(campaign: Campaign, terms: Terms) -> Before:
    """Nothing is read where nobody explores."""
    if not terms.exploring:
        return Before()
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        plan = queries.exploration(connection)
        if plan is None:
            row = connection.execute(
                "SELECT coalesce(max(learning), 0) FROM planning.plan WHERE approved_at IS NOT NULL"
            ).fetchone()
            return Before(alone=row[0] if row else 0.0)
    lake = campaign.lake
    found = tables.explored(lake.table("experiments.exploration"), lake.table("people.profile"), plan)
    drawn = lake.read(found.select("person_id", "arm").order_by("person_id"))
    return Before(drawn=drawn, made=campaign.bridge.read(_MADE))


# A contact that reached nobody has no stamp.
_MADE = """
    SELECT DISTINCT coalesce(r.person_id, s.subject) AS person_id, c.option
    FROM contacts.claim c CROSS JOIN unnest(c.asked) AS s (subject) LEFT JOIN identity.redirect r ON r.subject = s.subject
    WHERE c.state = 'done' AND c.stamp IS NOT NULL
      AND c.closed_at >= (SELECT min(begun_at) FROM experiments.exploration)
"""


def explore(posed: Posed, population: Population, earlier: Before) -> tuple[Posed, Draw]:
    """The same problem for what is left: these contacts are in the plan, and nothing else for who explores; and the draw, where it is
    a new one. A household with a contact under way is in no new draw. Raises NobodyToCompareWith.
    """
    learning, exploring = posed.terms.learning, posed.terms.exploring
    if not exploring:
        return posed, Draw.none(len(posed.options))
    if earlier.drawn is not None:
        return _again(posed, population, earlier, earlier.drawn), Draw.none(len(posed.options))
    if learning <= earlier.alone:
        raise NobodyToCompareWith(alone=f"{earlier.alone:g}", learning=f"{learning:g}")
    number = lots(population, posed.units)
    alone = posed.held_out & (number >= earlier.alone)
    explores = (number >= 1.0 - exploring) & ~_busy(posed)
    choices = _choices(posed, population, np.flatnonzero(explores | alone))
    drawn, threshold = _admitted(posed, choices, _asked(choices, explores[choices.unit]))
    contacts = _contacts(posed, choices, drawn)
    now = np.zeros(len(explores), bool)
    now[contacts.unit] = True
    told = _draw(posed, choices, drawn, threshold, learning - earlier.alone)
    return _with(posed, contacts, now, now), told


def _again(posed: Posed, population: Population, earlier: Before, drawn: pa.Table) -> Posed:
    """With what was drawn, and neither made nor under way yet."""
    names, of = _arms(posed, drawn["arm"].unique().to_pylist())
    person, there = _places(population, drawn["person_id"].to_numpy())
    unit = posed.units.of[person]
    arm = pc.fill_null(pc.index_in(drawn["arm"], names), _ALONE).to_numpy()[there]
    wanted, alone = np.full(len(posed.units), _ALONE), np.zeros(len(posed.units), bool)
    np.maximum.at(wanted, unit, arm)
    alone[unit[arm == _ALONE]] = True
    wanted[alone] = _ALONE
    waits = (wanted != _ALONE) & ~_busy(posed) & ~posed.held_out
    made = [_places(population, earlier.made_by(each.code))[0] for each in posed.options]
    choices = _choices(posed, population, np.flatnonzero(waits), made)
    could = choices.could & (of == wanted[choices.unit][:, None])
    asked = np.where(could.any(axis=1), could.argmax(axis=1), -1)
    contacts = _contacts(posed, choices, _admitted(posed, choices, asked)[0])
    explores = waits.copy()
    explores[posed.kept.unit[of[posed.kept.option] == wanted[posed.kept.unit]]] = True
    held_out = posed.held_out | (alone & ~_busy(posed))
    return _with(replace(posed, held_out=held_out), contacts, explores, (wanted != _ALONE) | alone)


def _with(posed: Posed, contacts: Contacts, explores: Flags, closed: Flags) -> Posed:
    """With these contacts, and nothing else for whom it is closed to (u,)."""
    assert (use_of(posed.problem, posed.problem.limits, contacts) <= _ends(posed)).all(), (
        "explorers break a limit"
    )
    problem = replace(left(posed, contacts), most=np.where(closed, 0, posed.problem.most).astype(np.int8))
    return replace(posed, problem=problem, explores=explores, drawn=contacts)


def _busy(posed: Posed) -> Flags:
    """(u,): who has a contact under way."""
    busy = np.zeros(len(posed.units), bool)
    busy[posed.kept.unit] = True
    return busy


def _arms(posed: Posed, more: Sequence[str] = ()) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """The arms of the options and some more, and (k,): which is each option's. Options may share one."""
    own = [option.arm_name for option in posed.options]
    names = sorted({*own, *more} - {CONTROL})
    return pa.array(names, pa.string()), np.array([names.index(name) for name in own], np.int64)


def _places(population: Population, ids: npt.NDArray[np.int64]) -> tuple[Positions, Flags]:
    """The positions of those who are there, and of which of the ids that is so."""
    if not len(population):
        return np.zeros(0, np.int64), np.zeros(len(ids), bool)
    place = np.minimum(np.searchsorted(population.person, ids), len(population) - 1)
    there = population.person[place] == ids
    return place[there], there


def forgone(posed: Posed, plan: Plan) -> float:
    """The votes that exploring costs: what the best contacts of those who explore would gain at the plan's prices, net of what they
    use, less the same of what was drawn for them and is in this plan. Of contacts under way nothing is counted: they are made."""
    problem, drawn = posed.problem, posed.drawn
    waiting = np.setdiff1d(np.flatnonzero(posed.explores), np.concatenate([posed.kept.unit, drawn.unit]))
    unit = np.concatenate([drawn.unit, waiting])
    if not len(unit):
        return 0.0
    cost = charges(problem, plan, unit)
    gain = np.asarray(problem.gain[unit], np.float64)
    assert problem.allowed is not None
    times = problem.allowed[unit]
    net = np.where((times > 0) & (gain > 0), gain - cost, 0.0)
    channel = problem.channel
    best = np.stack([net[:, channel == each].max(axis=1) for each in range(channel.max() + 1)], axis=1)
    most = np.sort(np.maximum(best, 0.0), axis=1)[:, ::-1][:, : posed.terms.most].sum(axis=1)
    at = np.arange(len(drawn.unit)), drawn.option
    own = drawn.votes - cost[at] / np.maximum(times[at], 1) * drawn.pieces
    return float(most.sum() - own.sum())


def rows(draw: Draw, posed: Posed, population: Population, plan_id: int) -> pa.Table:
    """Rows of experiments.exploration: who was drawn is in it, whether a day is found for the contact or not."""
    verify_lot(population, posed, posed.units.of[draw.person], draw.option >= 0)
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


def _choices(
    posed: Posed, population: Population, unit: npt.NDArray[np.int64], made: Sequence[Positions] = ()
) -> _Choices:
    """made: by option, to whom it is closed because it was made."""
    place = np.full(len(posed.units), -1)
    place[unit] = np.arange(len(unit))
    person = np.flatnonzero(place[posed.units.of] >= 0)
    home = place[posed.units.of[person]]
    open_ = np.asarray(population.barrier[person] == Barrier.OPEN)
    for option, who in enumerate(made):
        open_[np.isin(person, who), option] = False
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
    assert posed.problem.allowed is not None
    at_once = of_a_day(times, posed.options, posed.horizon)
    could = (at_once > 0) & (posed.problem.allowed[unit] > 0) & (harm == 0)
    could &= _room_for_one(posed, unit, times)
    return _Choices(unit, could, times, uniform(house, _FIRST), which, person, home, open_)


def _room_for_one(posed: Posed, unit: npt.NDArray[np.int64], times: npt.NDArray[np.int64]) -> Flags:
    """(d, k): whether there is room, were this contact the only one. Of a share that contacts give back to, nothing is asked."""
    problem = posed.problem
    room = np.ones(times.shape, bool)
    for limit, end in zip(problem.limits, _ends(posed), strict=True):
        use = np.asarray(limit.use, np.float64)
        if use.min() >= 0 and limit.outside >= 0:
            room &= times * use * problem.weight(limit, unit)[:, None] <= end
    if problem.hours is not None:
        assert problem.area is not None
        closed = np.asarray(problem.hours.available)[problem.area[unit]] < 1
        room &= ~(closed[:, None] & problem.takes_hours)
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
        ends = np.asarray(problem.hours.available, np.float64)
        yield (
            problem.takes_hours[wanted.option].astype(np.float64),
            ends,
            problem.area[wanted.unit].astype(np.int64),
        )


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


def _draw(
    posed: Posed, choices: _Choices, drawn: npt.NDArray[np.int64], threshold: Doubles, alone: float
) -> Draw:
    """Of who explores the members reached; of who is held out those whom some option would have reached. alone: their share."""
    could = choices.could[choices.home] & choices.open
    out = posed.held_out[choices.unit][choices.home] & could.any(axis=1)
    rows = np.union1d(_meant(choices, drawn), np.flatnonzero(out))
    home = choices.home[rows]
    of = _arms(posed)[1]
    same = (choices.could & (of == of[drawn][:, None])).sum(
        axis=1
    )  # an arm of two options is drawn twice as often
    by_draw = posed.terms.exploring * same / np.maximum(choices.could.sum(axis=1), 1) * threshold
    chance = np.where(drawn[home] >= 0, by_draw[home], alone)
    return Draw(choices.person[rows], drawn[home], chance, could[rows])
