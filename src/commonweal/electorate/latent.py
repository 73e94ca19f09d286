"""The hidden side of each person: leaning, chance of voting, support, and what moves them.

Everything here is invented but for two anchors in each polling place: its turnout and its result of 24 April 2022.
A person's leaning is a point on an axis whose zero is an even split between A and B; the chance of voting is a
logit. The campaign is a made-up local list whose support follows the leaning loosely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from commonweal.electorate.groups import highest
from commonweal.electorate.model import FEMALE, JOBS, TOPICS, Block, Flags, Floats, Ints, People, Texts
from commonweal.electorate.places import toulouse

MESSAGES = ("housing", "climate", "local_services", "vote_reminder")

SECOND_ROUND = "presidentielle_2022_t2"
# Day of each election and how much likelier (logit) its turnout is than that of 24 April 2022. Apart from that
# anchor the levels are invented, after the usual order: presidential, then general, local, European.
ELECTIONS: dict[str, tuple[np.datetime64, float]] = {
    "presidentielle_2022_t1": (np.datetime64("2022-04-10"), 0.20),
    SECOND_ROUND: (np.datetime64("2022-04-24"), 0.0),
    "legislatives_2024": (np.datetime64("2024-06-30"), -0.25),
    "europeennes_2024": (np.datetime64("2024-06-09"), -1.15),
    "municipales_2026": (np.datetime64("2026-03-15"), -0.85),
}
BY_ELECTION = -1.55  # the election to come: few turn out
_SUPPORT = -0.30  # logit: the list starts a little behind

_PSEUDO_PEOPLE = 32  # typical people added to each place when it is calibrated, so that tiny places stay sane


@dataclass(frozen=True, eq=False)
class Latent:
    """One entry a person. `turnout` and `support` are logits for the election to come, with no contact.

    responsive: multiplies every effect on turnout. ear: (n, 5), multiplies what a channel does, in the order of
    `effects.CHANNELS`. resonance: (n, 4), how a message of MESSAGES moves support; below zero it puts off.
    answers: chance of answering a survey. votes: by election "O", "N", or "" when not yet on the roll.
    ballot: what was cast on 24 April 2022, "A", "B" or "spoilt", "" for abstainers.
    """

    leaning: Floats
    turnout: Floats
    support: Floats
    responsive: Floats
    ear: Floats
    resonance: Floats
    answers: Floats
    votes: dict[str, Texts]
    ballot: Texts


def expit(x: Floats) -> Floats:
    """Logistic function: logit to probability."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def endow(block: Block, people: People) -> tuple[People, Latent]:
    """Draw the hidden side of `people`.

    The people come back too: where a small place has fewer old enough to vote in 2022 than it had voters,
    some are made a few years older.
    """
    rng = block.stream("latent")
    place = np.searchsorted(block.places, people.place)
    habit = _habit(rng, people)
    habit = habit + _intercepts(habit, place, len(block.places), toulouse().turnout_rate[block.places])[place]
    leaning = _leaning(rng, people)
    share_a = toulouse().share_a[block.places]
    leaning = leaning + _intercepts(leaning, place, len(block.places), share_a)[place]
    voted, people = _second_round(rng, block, people, place, habit)
    return people, Latent(
        leaning=leaning,
        turnout=habit + BY_ELECTION,
        support=_support(rng, people, leaning),
        responsive=np.exp(rng.normal(-0.08, 0.4, len(people))),
        ear=_ear(rng, people),
        resonance=_resonance(rng, people, leaning),
        answers=expit(-1.0 + 0.25 * habit + 0.012 * (people.age - 45) + rng.normal(0, 0.3, len(people))),
        votes=_votes(rng, people, habit, voted),
        ballot=_ballots(rng, block, place, leaning, voted),
    )


def _by_household(rng: np.random.Generator, people: People) -> Floats:
    """A standard normal draw shared by the members of each household."""
    first = people.household - people.number[0]
    return np.asarray(rng.normal(size=len(people))[first])


def _habit(rng: np.random.Generator, people: People) -> Floats:
    """Logit of voting, but for the place: it rises with age to 72, with tenure and income; homes vote alike."""
    age = np.clip(people.age, 18, 90)
    shape = 0.032 * (np.minimum(age, 72) - 45) - 0.06 * np.maximum(age - 78, 0)
    tenure = 0.35 * (people.owner - 0.4) + 0.14 * (people.income - 2.0) - 0.7 * people.moved
    student = -0.25 * (people.job == JOBS.index("etudiants_sans_activite"))
    woman = 0.06 * (people.sex == FEMALE)
    own = 0.85 * rng.normal(size=len(people)) + 0.95 * _by_household(rng, people)
    return np.asarray(shape + tenure + student + woman + own)


def _leaning(rng: np.random.Generator, people: People) -> Floats:
    cares = _cares(people)
    job = np.array([-0.1, -0.2, 0.45, 0.25, -0.1, -0.5, 0.1, 0.3])[people.job]
    topics = (
        0.35 * cares["climat"]
        + 0.25 * cares["culture"]
        - 0.45 * cares["securite"]
        - 0.2 * cares["pouvoir_achat"]
    )
    own = 0.8 * rng.normal(size=len(people)) + 0.7 * _by_household(rng, people)
    return np.asarray(job + topics + 0.1 * (people.sex == FEMALE) + own)


def _cares(people: People) -> dict[str, Flags]:
    return {topic: np.asarray(people.interests >> bit & 1, dtype=bool) for bit, topic in enumerate(TOPICS)}


def _intercepts(logit: Floats, place: Ints, places: int, target: Floats) -> Floats:
    """What to add to `logit` in each place so that the mean probability there is `target`; by bisection.

    Each place is joined by typical people, spread like the block's, which matter only where it is tiny.
    """
    typical = np.quantile(logit, (np.arange(_PSEUDO_PEOPLE) + 0.5) / _PSEUDO_PEOPLE)
    everyone = np.concatenate([logit, np.tile(typical, places)])
    where = np.concatenate([place, np.repeat(np.arange(places), _PSEUDO_PEOPLE)])
    count = np.bincount(where, minlength=places)
    low, high = np.full(places, -12.0), np.full(places, 12.0)
    for _ in range(32):
        middle = (low + high) / 2
        mean = np.bincount(where, expit(everyone + middle[where]), minlength=places) / count
        low, high = np.where(mean < target, middle, low), np.where(mean < target, high, middle)
    return np.asarray((low + high) / 2)


def _second_round(
    rng: np.random.Generator, block: Block, people: People, place: Ints, habit: Floats
) -> tuple[Flags, People]:
    """Who voted on 24 April 2022: in each place exactly as many as the record says, the likeliest more often."""
    day, _level = ELECTIONS[SECOND_ROUND]
    able = _able(people, day)
    score = habit + rng.logistic(size=len(people)) - 100.0 * ~able - 1000.0 * ~people.on_roll
    voted = highest(score, place, block.turnout)
    too_young = voted & ~able
    adult = np.timedelta64(19 * 366, "D")
    born = np.where(too_young, np.minimum(people.born, day - adult), people.born)
    since = np.where(too_young, born + np.timedelta64(6600, "D"), people.registered_on)
    return voted, replace(people, born=born, registered_on=since)


def _able(people: People, day: np.datetime64) -> Flags:
    """On the roll by `day`."""
    return np.asarray(people.on_roll & (people.registered_on <= day))


def _votes(rng: np.random.Generator, people: People, habit: Floats, voted: Flags) -> dict[str, Texts]:
    votes = {}
    for election, (day, level) in ELECTIONS.items():
        drawn = rng.random(len(people)) < expit(habit + level)
        cast = voted if election == SECOND_ROUND else drawn
        votes[election] = np.where(_able(people, day), np.where(cast, "O", "N"), "").astype(object)
    return votes


def _ballots(rng: np.random.Generator, block: Block, place: Ints, leaning: Floats, voted: Flags) -> Texts:
    """What those who voted cast: in each place exactly the published totals, brought to the block's size."""
    ballot = np.full(len(place), "", dtype=object)
    rows = np.flatnonzero(voted)
    spoilt = highest(rng.random(len(rows)) - 0.15 * np.abs(leaning[rows]), place[rows], block.spoilt)
    ballot[rows[spoilt]] = "spoilt"
    rows = rows[~spoilt]
    for_a = highest(leaning[rows] + rng.logistic(size=len(rows)), place[rows], block.votes_a)
    ballot[rows] = np.where(for_a, "A", "B")
    return ballot


def _support(rng: np.random.Generator, people: People, leaning: Floats) -> Floats:
    cares = _cares(people)
    topics = (
        0.45 * cares["services_publics"]
        + 0.35 * cares["logement"]
        + 0.25 * cares["climat"]
        - 0.5 * cares["securite"]
    )
    own = 0.75 * rng.normal(size=len(people)) + 0.55 * _by_household(rng, people)
    return np.asarray(_SUPPORT + 0.45 * (leaning - 1.2) + topics - 0.15 + own)


def _ear(rng: np.random.Generator, people: People) -> Floats:
    """How well each channel reaches: door, phone, sms, email, post. The old read letters, the young their phone."""
    age = (people.age - 48) / 20
    slope = np.array([0.0, 0.18, -0.22, -0.08, 0.22])
    noise = rng.normal(-0.05, 0.3, (len(people), len(slope)))
    return np.asarray(np.exp(slope * np.clip(age, -2, 2.5)[:, None] + noise))


def _resonance(rng: np.random.Generator, people: People, leaning: Floats) -> Floats:
    """What each message does to support, 1 being a good hit; some messages put some people off."""
    cares = _cares(people)
    young = np.clip((48 - people.age) / 20, -2, 1.5)
    housing = 0.15 + 0.75 * ~people.owner + 0.55 * cares["logement"] + 0.2 * young - 0.45 * people.owner
    climate = -0.05 + 0.9 * cares["climat"] + 0.3 * young + 0.2 * (leaning - 1.2) - 0.5 * cares["securite"]
    services = (
        0.45 + 0.7 * cares["services_publics"] + 0.25 * cares["ecole"] + 0.25 * cares["sante"] - 0.15 * young
    )
    reminder = np.zeros(len(people))
    means = np.column_stack([housing, climate, services, reminder])
    return np.asarray(means + rng.normal(0, [0.45, 0.45, 0.45, 0.15], means.shape))
