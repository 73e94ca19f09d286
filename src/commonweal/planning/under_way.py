"""Contacts under way: what volunteers and lists hold stays in the next plan, and its use of the limits is counted first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import numpy.typing as npt

from commonweal.campaign import Campaign
from commonweal.planning.joint import Limit, Problem
from commonweal.planning.options import CampaignOption
from commonweal.planning.population import Barrier, Population
from commonweal.planning.posing import Posed
from commonweal.planning.terms import DAYS
from commonweal.planning.units import Contacts
from commonweal.store.ledger import LedgerRole


@dataclass(frozen=True)
class Held:
    """A claim that somebody holds: its option, and the persons whom the contact is meant for."""

    option: str
    persons: Sequence[int]


def held(campaign: Campaign) -> list[Held]:
    """The claims under way now, in the order in which they were made."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT c.option, (SELECT array_agg(identity.living(s)) FROM unnest(c.asked) AS s)"
            " FROM contacts.claim c WHERE c.state = 'live' AND c.lapses_at > %s ORDER BY c.claim_id",
            (campaign.clock(),),
        ).fetchall()
    return [Held(option, persons) for option, persons in rows]


def besides(
    options: Iterable[CampaignOption], every: Iterable[CampaignOption], claims: Iterable[Held]
) -> tuple[CampaignOption, ...]:
    """Of every option those that a plan leaves aside though somebody holds a contact of them, as the channel's last day has begun: what
    that uses has to be counted. There is room for no other."""
    aside = {claim.option for claim in claims} - {option.code for option in options}
    return tuple(msgspec.structs.replace(option, capacity=0) for option in every if option.code in aside)


def keep(posed: Posed, population: Population, claims: Sequence[Held], aside: Collection[str] = ()) -> Posed:
    """The same problem for what is left: these contacts stay, their channels are closed to their units, and what they use is no
    longer there. Whom an option is closed to meanwhile, or who is gone, is kept no more; nor is what is none of the plan's options.
    aside: codes of options of which nothing else is done (`besides`).
    """
    kept = _contacts(posed, population, claims)
    if not len(kept.unit) and not aside:
        return posed
    problem = posed.problem
    assert problem.allowed is not None
    channel, allowed = problem.channel, problem.allowed.copy()
    allowed[:, [option.code in aside for option in posed.options]] = 0
    for option in np.unique(kept.option):
        same = np.flatnonzero(channel == channel[option])
        allowed[np.ix_(kept.unit[kept.option == option], same)] = 0
    held_out = posed.held_out.copy()
    held_out[kept.unit] = False
    taken = np.bincount(kept.unit, minlength=len(posed.units))
    most = np.where(posed.held_out, 0, np.maximum(posed.terms.most - taken, 0)).astype(np.int8)
    beside = beside_the_days(posed, kept)
    less = replace(left(posed, kept, beside), allowed=allowed, most=most)
    return replace(posed, problem=less, held_out=held_out, kept=kept)


def left(posed: Posed, contacts: Contacts, without: npt.NDArray[np.float64] | float = 0.0) -> Problem:
    """The posed problem with what contacts leave of its limits and of its hours; `without` (r,): what of their use takes no room."""
    used = use_of(posed.problem, posed.problem.limits, contacts) - without
    return _less(posed.problem, used, doors_of(posed, contacts))


def given_back(posed: Posed, contacts: Contacts) -> Problem:
    """The posed problem with what these contacts, which were counted in it, use no more; of a minimum that they met by themselves
    nothing is asked again."""
    used = use_of(posed.problem, posed.problem.limits, contacts)
    return _less(posed.problem, -used, -doors_of(posed, contacts))


def _less(problem: Problem, used: npt.NDArray[np.float64], doors: npt.NDArray[np.int64]) -> Problem:
    """The problem with so much less of its limits (r,), but never less than nothing, and of its areas' doors (a,)."""
    limits = tuple(
        replace(
            limit,
            at_most=max(0.0, limit.at_most - float(mine)),
            at_least=max(0.0, limit.at_least - float(mine)) if limit.at_least > 0 else limit.at_least,
        )
        for limit, mine in zip(problem.limits, used, strict=True)
    )
    hours = problem.hours
    if hours is not None:
        hours = replace(hours, available=np.maximum(np.asarray(hours.available) - doors, 0.0))
    return replace(problem, limits=limits, hours=hours)


def beside_the_days(posed: Posed, held: Contacts) -> npt.NDArray[np.float64]:
    """(r,), along the posed limits: what contacts under way use of a limit of so many a day, but take from no day. They all stand on the
    first, which may be closed, or hold fewer."""
    beside, horizon = np.zeros(len(posed.limits)), posed.horizon
    if horizon is None or not len(held.unit):
        return beside
    channel = np.array([option.channel for option in posed.options])[held.option]
    for place, limit in enumerate(posed.limits):
        name = limit.name.removeprefix(DAYS)
        if limit.name == DAYS + name and name in horizon.a_day:
            open_, many = horizon.open[name], int(held.pieces[channel == name].sum())
            beside[place] = max(many - horizon.a_day[name] * int(open_[0]), 0) / open_.sum()
    return beside


def use_of(problem: Problem, limits: Sequence[Limit], contacts: Contacts) -> npt.NDArray[np.float64]:
    """(r,): what contacts use of each limit."""
    return np.array([uses(problem, limit, contacts).sum() for limit in limits])


def uses(problem: Problem, limit: Limit, contacts: Contacts) -> npt.NDArray[np.float64]:
    """(m,): what each contact uses of a limit."""
    use = np.asarray(limit.use, np.float64)[contacts.option]
    return np.asarray(use * contacts.pieces * problem.weight(limit, contacts.unit))


def doors_of(posed: Posed, contacts: Contacts) -> npt.NDArray[np.int64]:
    """(a,): how many doors of each area are knocked at."""
    area = posed.problem.area
    assert area is not None
    at_door = posed.problem.takes_hours[contacts.option]
    return np.bincount(area[contacts.unit[at_door]], minlength=len(posed.areas))


def _contacts(posed: Posed, population: Population, claims: Sequence[Held]) -> Contacts:
    """One contact a unit and option, of all the claims on its members."""
    codes = [option.code for option in posed.options]
    pairs = [
        (person, codes.index(claim.option))
        for claim in claims
        if claim.option in codes
        for person in claim.persons
    ]
    if not pairs or not len(population):
        return Contacts.none()
    ids, options = np.unique(np.array(pairs, np.int64), axis=0).T
    person = np.minimum(np.searchsorted(population.person, ids), len(population) - 1)
    there = (population.person[person] == ids) & (population.barrier[person, options] == Barrier.OPEN)
    person, option = person[there], options[there]
    keys, home = np.unique(posed.units.of[person] * len(codes) + option, return_inverse=True)
    unit, of = np.divmod(keys, len(codes))
    once = np.array([each.per == "household" for each in posed.options])[of]
    return Contacts(
        unit=unit,
        option=of,
        pieces=np.where(once, 1, np.bincount(home, minlength=len(keys))),
        votes=np.asarray(np.bincount(home, posed.gain[person, option], minlength=len(keys)), np.float64),
        person=person,
        home=home.ravel(),
    )
