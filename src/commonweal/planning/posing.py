"""The campaign's problem: its people, options, budget and terms as the joint plan's arrays, and the way back to persons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from commonweal.experiments.rules import uniform
from commonweal.planning.days import CHANNELS
from commonweal.planning.errors import (
    AreasOverlap,
    NameTaken,
    NobodyLivesThere,
    NobodyMeets,
    ShareOfAll,
    ShareOfNothing,
    TermOfNothing,
)
from commonweal.planning.horizon import Horizon
from commonweal.planning.joint import Effects, Hours, Limit, Option, Problem, money, share
from commonweal.planning.model import EffectDraws, Goal
from commonweal.planning.options import CampaignOption
from commonweal.planning.population import Barrier, Population
from commonweal.planning.terms import DAYS, MONEY, Doors, Term, Terms, groups
from commonweal.planning.units import Contacts, Units, together
from commonweal.store.lake import Lake

DOOR = "door"
_WHOLE = 1e-9  # of a door: nearer to a whole number than this counts as one
_NAMED = 5  # areas, as examples
_LEARNING = (
    "held out to learn from"  # the salt by which households are drawn to learn from, the same for every plan
)


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem whose rows are units (persons, or households), and what they stand for.

    effects, gain (n, k): what a contact changes and gains, by person. units: who is planned as one. areas (a,): their
    codes, "" where none is known. held_out (u,): who gets nothing, so that one can learn. The problem's hours are counted in
    whole doors, of `terms.doors.hours_each` hours. limits: what the terms and a rule ask; the problem's are less by what `fixed`
    uses: `kept`, the contacts that stay in the plan whatever else it does (`under_way.keep`), and `drawn`, those by which one
    explores (`exploring.explore`). explores (u,): whose contact was drawn, be it one of
    these, or made or put off. horizon: the days that there are; a plan without them: None.
    """

    problem: Problem
    options: tuple[CampaignOption, ...]
    terms: Terms
    effects: Effects
    gain: npt.NDArray[np.float32]
    units: Units
    areas: tuple[str, ...]
    held_out: npt.NDArray[np.bool_]
    explores: npt.NDArray[np.bool_]
    kept: Contacts
    drawn: Contacts
    limits: tuple[Limit, ...]
    horizon: Horizon | None = None

    @property
    def fixed(self) -> Contacts:
        """The contacts that are in the plan before anything is chosen."""
        return self.kept.and_also(self.drawn)


def pose(
    lake: Lake,
    population: Population,
    options: tuple[CampaignOption, ...],
    budget: int,
    terms: Terms | None = None,
    horizon: Horizon | None = None,
) -> Posed:
    """The problem of contacting a population by `options` for `budget` (minor units) within `terms`; None: no others. With a horizon
    nobody gets more contacts than it holds, and a channel no more than so many a day, on average; on which day each is made is found
    afterwards (`dated`).

    Where nobody has a support score the goal is turnout alone. As soon as one option is per household, households are planned: a
    contact serves all members who are open to it, and counts for each of them. Raises what is wrong with the effects
    (`rules.check`) or with the terms: NameTaken, TermOfNothing, NobodyLivesThere, NobodyMeets, AreasOverlap. The population was read with
    `terms.groups` of these terms.
    """
    terms = _fitting(terms or Terms(), horizon)
    open_ = np.asarray(population.barrier == Barrier.OPEN)
    effects = effects_of(lake, population, options)
    chosen = as_options(options)
    gain = effects.gain(chosen, open_)
    once = np.array([option.per == "household" for option in options])
    codes, place = _areas(population)
    units = together(gain, open_, once, population.household if once.any() else None, place)
    here, area = np.unique(units.area, return_inverse=True)
    areas = tuple(codes[number] for number in here)
    _check_areas(terms, set(codes))
    region = _regions(terms.limit, areas)
    group = _groups(population, units, groups(terms))
    held_out = lots(population, units) < terms.learning
    problem = Problem(
        gain=units.gain,
        options=chosen,
        limits=(
            *_limits(options, chosen, budget, terms, areas, region, group),
            *_a_day(options, horizon),
        ),
        most=np.where(held_out, 0, terms.most).astype(np.int8),
        allowed=of_a_day(units.times, options, horizon),
        group=group,
        area=area.astype(np.int32),
        region=region,
        hours=_hours(terms.doors, options, areas, len(units)),
    )
    nobody, nothing = np.zeros(len(units), bool), Contacts.none()
    return Posed(
        problem,
        options,
        terms,
        effects,
        gain,
        units,
        areas,
        held_out,
        nobody,
        nothing,
        nothing,
        problem.limits,
        horizon,
    )


def as_options(options: Sequence[CampaignOption]) -> tuple[Option, ...]:
    """Options of options.toml as the joint plan takes them; costs in minor units."""
    return tuple(Option(each.code, each.channel, each.message, float(each.unit_cost)) for each in options)


def effects_of(lake: Lake, population: Population, options: Sequence[CampaignOption]) -> Effects:
    """What the options change by person, with the errors that they share as far as scoring left draws of these."""
    with_support = bool(np.isfinite(population.support).any())
    return Effects(
        d_turnout=population.d_turnout,
        se_turnout=population.se_turnout,
        d_support=population.d_support if with_support else None,
        se_support=population.se_support if with_support else None,
        turnout=population.turnout if with_support else None,
        support=population.support if with_support else None,
        draws=_draws(lake, population, options, with_support=with_support),
        goal=Goal.VOTES if with_support else Goal.TURNOUT,
    )


def _draws(
    lake: Lake, population: Population, options: Sequence[CampaignOption], *, with_support: bool
) -> EffectDraws | None:
    """The errors that effects share, as (draws, segments, options); None where scoring left none."""
    table = lake.table("scoring.effect_draw")
    arms = [option.arm_name for option in options]
    rows = lake.read(table.filter(table.option.isin(arms)))
    if not rows.num_rows:
        return None
    option = np.array([arms.index(arm) for arm in rows["option"].to_pylist()])
    segment, draw = rows["segment"].to_numpy(), rows["draw"].to_numpy()
    shape = (int(draw.max()) + 1, max(int(segment.max()), int(population.segment.max())) + 1, len(arms))
    turnout, support = np.zeros(shape), np.zeros(shape)
    turnout[draw, segment, option] = np.nan_to_num(rows["d_turnout"].to_numpy())
    support[draw, segment, option] = np.nan_to_num(rows["d_support"].to_numpy())
    return EffectDraws(population.segment, turnout, support if with_support else None)


def _areas(population: Population) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The codes in their order, and each person's place among them: where it isn't known, that of somebody they live with."""
    found = population.area.fill_null("").dictionary_encode()
    codes = np.array(found.dictionary.to_pylist(), dtype=object)
    order = np.argsort(codes)
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order))
    own = place[found.indices.to_numpy()]
    if not len(codes) or codes[order[0]]:
        return codes[order].tolist(), own
    home = np.unique(population.household, return_inverse=True)[1]
    theirs = np.zeros(len(own), np.int32)
    np.maximum.at(theirs, home, own)
    return codes[order].tolist(), np.where(own == 0, theirs[home], own)


def _check_areas(terms: Terms, lived_in: set[str]) -> None:
    named = [area for term in terms.limit for area in term.areas]
    for area in [*(terms.doors.hours if terms.doors else ()), *named]:
        if area not in lived_in:
            raise NobodyLivesThere(area=area, known=", ".join(sorted(lived_in - {""})[:_NAMED]))


def _regions(terms: Sequence[Term], areas: Sequence[str]) -> npt.NDArray[np.int32] | None:
    """(a,): areas that the same limits count have one number, 0 where none does; None where no limit asks."""
    region = np.zeros(len(areas), np.int32)
    owner: dict[str, Term] = {}
    numbers: dict[frozenset[str], int] = {}
    for term in terms:
        wanted = frozenset(term.areas)
        for area in wanted:
            before = owner.setdefault(area, term)
            if frozenset(before.areas) != wanted:
                raise AreasOverlap(one=before.name, other=term.name, area=area)
        if wanted:
            number = numbers.setdefault(wanted, len(numbers) + 1)
            region[[area in wanted for area in areas]] = number
    return region if numbers else None


def _groups(population: Population, units: Units, who: Sequence[str]) -> npt.NDArray[np.int32] | None:
    """(u,): the number, from 1, of the first expression that one of the unit's members meets, 0 for none; None without any."""
    if not who:
        return None
    group = np.zeros(len(units), np.int32)
    for number, text in reversed(list(enumerate(who, 1))):
        group[units.of[population.meets[text]]] = number
    return group


def lots(population: Population, units: Units) -> npt.NDArray[np.float64]:
    """(u,): a number from 0 to 1, drawn by household, so that nobody is left out of what their household gets: who is held out has a
    small one, who explores a large one."""
    first = np.unique(units.of, return_index=True)[1]
    return uniform(population.household[first], _LEARNING)


def _limits(
    options: Sequence[CampaignOption],
    chosen: tuple[Option, ...],
    budget: int,
    terms: Terms,
    areas: Sequence[str],
    region: npt.NDArray[np.int32] | None,
    group: npt.NDArray[np.int32] | None,
) -> Iterator[Limit]:
    number_of = {who: number for number, who in enumerate(groups(terms), 1)}
    taken = {MONEY, *(option.code for option in options), *(DAYS + channel for channel in CHANNELS)}
    yield money(chosen, float(budget))
    for place, option in enumerate(options):
        if option.capacity is not None:
            yield Limit(option.code, np.eye(len(options))[place], float(option.capacity))
    for term in terms.limit:
        if term.name in taken:
            raise NameTaken(name=term.name)
        use = np.array([term.each if term.counts(option) else 0.0 for option in options])
        if not use.any():
            if term.at_least:
                raise TermOfNothing(name=term.name, at_least=term.at_least)
            if term.at_least_share:
                raise ShareOfNothing(name=term.name, share=term.share)
            continue
        number = None
        if term.areas:
            assert region is not None
            inside = region[[area in term.areas for area in areas]]
            number = int(inside[0]) if len(inside) else int(region.max()) + 1
        of_group = number_of.get(term.who)
        if group is not None and of_group and term.at_least and not (group == of_group).any():
            raise NobodyMeets(name=term.name, at_least=term.at_least, who=term.who)
        if term.is_share:
            yield from _share(term, chosen, use > 0, group, of_group, number)
            continue
        most = np.inf if term.at_most is None else term.at_most
        yield Limit(term.name, use, most, term.at_least, of_group, number)


def _share(
    term: Term,
    options: tuple[Option, ...],
    counted: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int32] | None,
    of_group: int | None,
    region: int | None,
) -> Iterator[Limit]:
    """None where it is kept anyhow: of all contacts are so, or no share is asked."""
    if term.at_least_share and group is not None and of_group and not (group == of_group).any():
        raise ShareOfNothing(name=term.name, share=term.share)
    if not term.of_people and counted.all():
        if term.at_most_share is not None:
            raise ShareOfAll(name=term.name)
        return
    if not term.at_least_share and term.at_most_share is None:
        return
    codes = {option.code for option, counts in zip(options, counted, strict=True) if counts}
    yield share(
        term.name,
        options,
        lambda option: option.code in codes,
        at_most=term.at_most_share,
        at_least=term.at_least_share,
        group=of_group,
        region=region,
    )


def _hours(
    doors: Doors | None, options: Sequence[CampaignOption], areas: Sequence[str], units: int
) -> Hours | None:
    """Counted in doors, of which each area has a whole number."""
    if doors is None or all(option.channel != DOOR for option in options):
        return None
    elsewhere = np.inf if doors.elsewhere is None else doors.elsewhere
    available = np.array([doors.hours.get(area, elsewhere) for area in areas]) / doors.hours_each
    return Hours(DOOR, np.ones(units), np.floor(available + _WHOLE))


def _fitting(terms: Terms, horizon: Horizon | None) -> Terms:
    return msgspec.structs.replace(terms, most=min(terms.most, horizon.most)) if horizon else terms


def _a_day(options: Sequence[CampaignOption], horizon: Horizon | None) -> Iterator[Limit]:
    """In contacts a day, on average over the channel's days: so a price is what one more a day gains."""
    if horizon is None:
        return
    for channel, most in horizon.a_day.items():
        days = int(horizon.open[channel].sum())
        use = np.array([1 / days if option.channel == channel else 0.0 for option in options])
        yield Limit(DAYS + channel, use, float(most))


def of_a_day(
    times: npt.NDArray[np.uint8], options: Sequence[CampaignOption], horizon: Horizon | None
) -> npt.NDArray[np.uint8]:
    """The same (n, k) times, 0 where they are more than a day has contacts: such a household can't be reached at once."""
    if horizon is None or not horizon.a_day:
        return times
    most = np.array([horizon.a_day.get(option.channel, times.max(initial=0)) for option in options])
    return np.where(times <= most, times, 0).astype(np.uint8)
