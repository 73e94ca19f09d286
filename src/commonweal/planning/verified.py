"""An independent count of what a plan does: that it breaks none of its own rules. What is broken is an AssertionError, and no plan."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from commonweal.experiments.model import WIDTH_95
from commonweal.planning.dated import Dated
from commonweal.planning.population import Population
from commonweal.planning.posing import Posed, lots
from commonweal.planning.terms import MONEY, Term, groups
from commonweal.planning.under_way import beside_the_days, use_of
from commonweal.planning.units import Contacts

_ROUNDING = 1e-9  # sums of the same numbers in another order differ by less


def verify(population: Population, posed: Posed, found: Contacts, cost: int) -> None:
    """Money within the budget, contacts within each capacity, nobody reached too often, twice by a channel, by
    what is closed to them, or though they are held out."""
    assert posed.limits[0].name == MONEY
    most = np.array([limit.at_most for limit in posed.limits])
    beside = beside_the_days(posed, posed.kept)
    use, kept = (use_of(posed.problem, posed.limits, contacts) - beside for contacts in (found, posed.kept))
    slack = _ROUNDING * np.maximum(np.maximum(most, kept), len(found.unit))
    assert (use <= np.maximum(most, kept) + np.nan_to_num(slack)).all(), "the plan uses more than it has"
    assert cost == round(use[0]), "the plan costs something else"
    assert not population.barrier[found.person, found.given].any(), "somebody is reached by a closed option"
    assert not posed.held_out[found.unit].any(), "somebody is reached who was held out"
    before = np.bincount(posed.kept.person, minlength=len(population))
    often = np.bincount(found.person, minlength=len(population))
    assert (often <= np.maximum(posed.terms.most, before)).all(), "somebody is reached too often"
    channels = np.unique([option.channel for option in posed.options], return_inverse=True)[1]
    by_channel = [
        np.unique(contacts.person * len(posed.options) + channels[contacts.given], return_counts=True)[1]
        for contacts in (found, posed.kept)
    ]
    twice = [int((counts - 1).sum()) for counts in by_channel]
    assert twice[0] == twice[1], "somebody is reached twice by one channel"


def verify_draw(population: Population, posed: Posed, found: Contacts) -> None:
    """Who explores: by one contact each, and by nothing that keeps them from voting."""
    if not posed.terms.exploring:
        assert not posed.explores.any(), "somebody explores though nobody should"
        return
    often = np.bincount(found.unit, minlength=len(posed.units))[posed.drawn.unit]
    assert (often == 1).all(), "somebody who explores gets something besides"
    at = posed.drawn.person, posed.drawn.given
    highest = population.d_turnout[at] + WIDTH_95 * population.se_turnout[at]
    assert (highest >= 0).all(), "somebody who explores is kept from voting"


def verify_lot(
    population: Population, posed: Posed, unit: npt.NDArray[np.integer], drawn: npt.NDArray[np.bool_]
) -> None:
    """A new draw: of these units (m,) the drawn are those whom the lot fell on, the others are left alone."""
    number = lots(population, posed.units)[unit]
    assert (number[drawn] >= 1.0 - posed.terms.exploring).all(), "somebody explores whom the lot left out"
    assert (number[~drawn] < posed.terms.learning).all(), "somebody is compared with whom the lot left out"
    assert posed.held_out[unit[~drawn]].all(), "somebody is compared with who is not left alone"


def verify_messages(population: Population, posed: Posed, found: Contacts) -> None:
    """Where a message is for nobody twice, no unit gets one so, unless that is under way."""
    if not population.once:
        return
    names, message = np.unique([option.message for option in posed.options], return_inverse=True)
    often, before = (
        np.bincount(
            contacts.unit * len(names) + message[contacts.option], minlength=len(posed.units) * len(names)
        )
        for contacts in (found, posed.kept)
    )
    assert (often <= np.maximum(before, 1)).all(), "somebody gets a message twice"


def verify_shares(posed: Posed, found: Contacts) -> None:
    """Each share is kept, counted by people and options and not by what the limit makes of them; unless what is under way breaks it."""
    for term in posed.terms.limit:
        if term.is_share and any(limit.name == term.name for limit in posed.limits):
            over, before = (_over(term, *share_of(posed, term, each)) for each in (found, posed.kept))
            assert over <= max(before, 0.0) + _ROUNDING * max(len(found.unit), 1), (
                f"the share {term.name} is broken"
            )


def share_of(posed: Posed, term: Term, contacts: Contacts) -> tuple[int, int]:
    """Of some contacts those that a limit which is a share counts, and of how many they are a share."""
    counts = np.array([term.counts(option) for option in posed.options])[contacts.option]
    if not term.of_people:
        return int(contacts.pieces[counts].sum()), int(contacts.pieces.sum())
    assert posed.problem.area is not None
    meant = np.ones(len(contacts.unit), bool)
    if term.areas:
        meant &= np.isin(posed.areas, term.areas)[posed.problem.area[contacts.unit]]
    if term.who:
        assert posed.problem.group is not None
        meant &= posed.problem.group[contacts.unit] == 1 + groups(posed.terms).index(term.who)
    return int(contacts.pieces[counts & meant].sum()), int(contacts.pieces[counts].sum())


def _over(term: Term, counted: int, of: int) -> float:
    """By how many contacts a share is broken; below 0: it is not."""
    over = counted - term.share * of
    return over if term.at_most_share is not None else -over


def verify_days(posed: Posed, found: Contacts, dated: Dated | None) -> None:
    """The days: each contact has one on which its channel may be used, no day has more than it holds, and
    contacts of a unit are apart. What is under way is on the first day, whatever else."""
    horizon = posed.horizon
    if horizon is None or dated is None:
        assert horizon is None, "the plan's contacts have no days"
        assert dated is None, "the plan's contacts have days that there aren't"
        return
    day, held = dated.day, np.arange(len(found.unit)) < len(posed.kept.unit)
    assert ((day >= 0) & (day < horizon.days)).all(), "a contact has no day"
    assert (day[held] == 0).all(), "what is under way is put off"
    channel = np.array([option.channel for option in posed.options])[found.option]
    for name, open_ in horizon.open.items():
        mine = channel == name
        assert open_[day[mine & ~held]].all(), "a contact is on a day that is closed"
        all_, before = (
            np.bincount(day[rows], found.pieces[rows], minlength=horizon.days) for rows in (mine, mine & held)
        )
        most = horizon.a_day.get(name, np.inf)
        assert (all_ <= np.maximum(most, before)).all(), "a day has more contacts than it holds"
    order = np.lexsort((~held, day, found.unit))
    same = np.diff(found.unit[order]) == 0
    near = np.diff(day[order].astype(np.int64)) < horizon.apart
    assert not (same & near & ~held[order][1:]).any(), "two contacts of a household are too near"
