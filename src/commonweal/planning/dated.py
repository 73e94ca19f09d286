"""On which day each contact of a solved plan is made: between `solve`, which knows how much the days hold, and `tally`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import Plan
from commonweal.planning.joint.certificate import certify
from commonweal.planning.joint.tally import tally
from commonweal.planning.population import Population
from commonweal.planning.posing import DOOR, Posed
from commonweal.planning.schedule import NO_CAP, NO_DAY, Agenda, spread
from commonweal.planning.terms import Doors
from commonweal.planning.under_way import given_back, uses
from commonweal.planning.units import Contacts
from commonweal.store.lake import Lake

_WHOLE = 1e-9  # of a door
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Dated:
    """What of a plan finds a day: contacts are left out for which there is none.

    posed, plan: what is left of both. day (m,): of each contact, fixed or planned, by its number in the horizon. lost (l,): the units of
    contacts that were left out.
    """

    posed: Posed
    plan: Plan
    day: npt.NDArray[np.int16]
    lost: Whole


def dated(lake: Lake, population: Population, posed: Posed, plan: Plan) -> Dated | None:
    """A day for each contact of a plan, None where the plan has no horizon. What is under way is on the first day, what was drawn is
    served before what was chosen.
    """
    if posed.horizon is None:
        return None
    chosen = posed.units.contacts(plan.person, plan.option)
    found = posed.fixed.and_also(chosen)
    day = spread(_agenda(lake, population, posed, posed.horizon, found))
    held, drawn = len(posed.kept.unit), len(posed.drawn.unit)
    keep = _keeping_shares(posed, posed.drawn.and_also(chosen), day[held:] != NO_DAY)
    stays = np.concatenate([np.ones(held, bool), keep])
    if keep.all():
        return Dated(posed, plan, day, np.zeros(0, np.int64))
    if not keep[:drawn].all():
        posed = _without_draw(posed, keep[:drawn])
        plan = _with_more_room(posed, plan)
    return Dated(posed, _less(posed, plan, keep[drawn:]), day[stays], np.unique(found.unit[~stays]))


def _agenda(lake: Lake, population: Population, posed: Posed, horizon: Horizon, found: Contacts) -> Agenda:
    names = list(horizon.open)
    channel = np.array([names.index(option.channel) for option in posed.options], np.int64)[found.option]
    door = names.index(DOOR) if DOOR in names else -1
    street, number = _addresses(lake, population, found, channel == door)
    place = np.arange(len(found.unit))
    return Agenda(
        unit=found.unit,
        channel=channel,
        pieces=found.pieces,
        votes=found.votes,
        held=place < len(posed.kept.unit),
        drawn=(place >= len(posed.kept.unit)) & (place < len(posed.fixed.unit)),
        open=np.stack(list(horizon.open.values())),
        a_day=np.array([horizon.a_day.get(name, NO_CAP) for name in names], np.int64),
        apart=horizon.apart,
        door=door,
        area=posed.units.area[found.unit].astype(np.int64),
        street=street,
        number=number,
        evening=_doors_of_an_evening(posed.terms.doors),
    )


def _doors_of_an_evening(doors: Doors | None) -> int:
    return int(doors.evening / doors.hours_each + _WHOLE) if doors else 0


def _addresses(lake: Lake, population: Population, found: Contacts, at_door: Flags) -> tuple[Whole, Whole]:
    """(m,), (m,): a number for the street, and the house number, of each contact at a door; 0 where nothing is known."""
    street, number = np.zeros((2, len(found.unit)), np.int64)
    contact, first = np.unique(found.home, return_index=True)
    contact, person = contact[at_door[contact]], found.person[first][at_door[contact]]
    if not len(contact):
        return street, number
    profile = lake.table("people.profile")
    rows = lake.read(profile.select("person_id", "street_key", "house_number").order_by("person_id"))
    if not rows.num_rows:
        return street, number
    ids = rows["person_id"].to_numpy()
    at = np.minimum(np.searchsorted(ids, population.person[person]), len(ids) - 1)
    known = ids[at] == population.person[person]
    place = pa.array(at[known])
    streets = rows["street_key"].take(place).combine_chunks().fill_null("").dictionary_encode()
    digits = pc.extract_regex(rows["house_number"].take(place).combine_chunks(), r"^(?P<n>\d{1,6})")
    street[contact[known]] = streets.indices.to_numpy()
    houses = pc.cast(pc.struct_field(digits, "n"), pa.int64())
    number[contact[known]] = houses.fill_null(0).to_numpy()
    return street, number


def _keeping_shares(posed: Posed, contacts: Contacts, stays: Flags) -> Flags:
    """Where contacts make room for others (a limit that is a share), those that are left out, of the drawn, which come first, and of
    the chosen, take it with them: the least of the others go too, of the chosen before any that was drawn. What goes may have made
    room in another limit; so again, until nothing goes.
    """
    stays, drawn = stays.copy(), np.arange(len(stays)) < len(posed.drawn.unit)
    shares = []
    for limit in posed.problem.limits:
        use = uses(posed.problem, limit, contacts)
        if use.min(initial=0.0) < 0:
            shares.append((use, limit.at_most + float(use[drawn].sum())))
    before = -1
    while before != (before := int(stays.sum())):
        for use, end in shares:
            over = float(use[stays].sum()) - end
            rows = np.flatnonzero(stays & (use > 0))
            if over <= _WHOLE * len(stays) or not len(rows):
                continue
            rows = rows[np.lexsort((contacts.votes[rows] / use[rows], drawn[rows]))]
            enough = np.searchsorted(np.cumsum(use[rows]), over - _WHOLE * len(stays))
            stays[rows[: int(enough) + 1]] = False
    return stays


def _less(posed: Posed, plan: Plan, keep: Flags) -> Plan:
    """What is left of a plan."""
    person, option = plan.person[keep], plan.option[keep]
    counted, parts = tally(posed.problem, person, option), plan.gap_parts
    return replace(
        plan,
        person=person,
        option=option,
        votes=counted.votes,
        gap_parts=replace(parts, persons=parts.persons + plan.votes - counted.votes),
        uses=tuple(replace(use, used=float(used)) for use, used in zip(plan.uses, counted.used, strict=True)),
        hours_used=counted.hours,
    )


def _with_more_room(posed: Posed, plan: Plan) -> Plan:
    """With the bound of a plan that has the room which it was made without, for some of the draw found no day."""
    bound, parts = certify(posed.problem, plan.prices), plan.gap_parts
    higher = bound.in_part - plan.in_part
    parts = replace(parts, persons=parts.persons + higher)
    return replace(plan, bound=bound.whole, in_part=bound.in_part, gap_parts=parts)


def _without_draw(posed: Posed, stays: Flags) -> Posed:
    """Who was drawn and has no day is not in this plan, and gets nothing else; what that would have used is there again."""
    explores = posed.explores.copy()
    explores[posed.drawn.unit[~stays]] = False
    problem = given_back(posed, posed.drawn.only(~stays))
    return replace(posed, problem=problem, drawn=posed.drawn.only(stays), explores=explores)
