"""On which day each contact of a solved plan is made: between `solve`, which knows how much the days hold, and `tally`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import Plan
from commonweal.planning.joint.tally import tally
from commonweal.planning.population import Population
from commonweal.planning.posing import DOOR, Posed
from commonweal.planning.schedule import NO_CAP, NO_DAY, Agenda, spread
from commonweal.planning.terms import Doors
from commonweal.planning.under_way import uses
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
    held, first = len(posed.kept.unit), len(posed.fixed.unit)
    drawn = day[held:first] != NO_DAY
    keep = _keeping_shares(posed, posed.drawn.only(~drawn), chosen, day[first:] != NO_DAY)
    stays = np.concatenate([np.ones(held, bool), drawn, keep])
    return Dated(
        _without_draw(posed, drawn), _less(posed, plan, keep), day[stays], np.unique(found.unit[~stays])
    )


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


def _keeping_shares(posed: Posed, lost: Contacts, chosen: Contacts, keep: Flags) -> Flags:
    """Where contacts make room for others (a limit that is a share), those that are left out, of the drawn (`lost`) and of the chosen,
    take it with them: the least go too.
    """
    keep = keep.copy()
    for limit in posed.problem.limits:
        use = uses(posed.problem, limit, chosen)
        given = uses(posed.problem, limit, lost)
        if (keep.all() and not len(lost.unit)) or min(use.min(initial=0.0), given.min(initial=0.0)) >= 0:
            continue
        over = float(use[keep].sum()) - limit.at_most - float(given.sum())
        rows = np.flatnonzero(keep & (use > 0))
        rows = rows[np.argsort(chosen.votes[rows] / use[rows], kind="stable")]
        if over > _WHOLE:
            keep[rows[: int(np.searchsorted(np.cumsum(use[rows]), over - _WHOLE)) + 1]] = False
    return keep


def _less(posed: Posed, plan: Plan, keep: Flags) -> Plan:
    if keep.all():
        return plan
    person, option = plan.person[keep], plan.option[keep]
    counted = tally(posed.problem, person, option)
    parts = plan.gap_parts
    return replace(
        plan,
        person=person,
        option=option,
        votes=counted.votes,
        gap_parts=replace(parts, persons=parts.persons + plan.votes - counted.votes),
        uses=tuple(replace(use, used=float(used)) for use, used in zip(plan.uses, counted.used, strict=True)),
        hours_used=counted.hours,
    )


def _without_draw(posed: Posed, stays: Flags) -> Posed:
    """Who was drawn and has no day explores no more."""
    if stays.all():
        return posed
    explores = posed.explores.copy()
    explores[posed.drawn.unit[~stays]] = False
    return replace(posed, drawn=posed.drawn.only(stays), explores=explores)
