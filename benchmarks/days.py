"""A day for every contact: a million drawn, of 700,000 households, five channels, thirty days that are all full."""

from __future__ import annotations

import resource

import numpy as np

from benchmarks.measure import call
from commonweal.planning.schedule import NO_DAY, Agenda, spread

_CONTACTS, _UNITS, _DAYS, _CHANNELS = 1_000_000, 700_000, 30, 5
_STREET, _AREA, _EVENING = 35, 700, 30


def agenda(seed: int = 1) -> Agenda:
    """One contact a unit and channel at most; each channel holds as many a day as it needs to, and no more; doors on three days a week."""
    rng = np.random.default_rng(seed)
    drawn = np.unique(rng.integers(0, _UNITS * _CHANNELS, _CONTACTS))
    unit, channel = np.divmod(drawn, _CHANNELS)
    m = len(unit)
    open_ = np.ones((_CHANNELS, _DAYS), bool)
    open_[0] = np.arange(_DAYS) % 7 < 3
    a_day = -(-np.bincount(channel, minlength=_CHANNELS) // open_.sum(axis=1))
    return Agenda(
        unit=unit,
        channel=channel,
        pieces=np.ones(m, np.int64),
        votes=rng.lognormal(-5, 1, m),
        held=np.zeros(m, bool),
        drawn=np.zeros(m, bool),
        open=open_,
        a_day=a_day,
        apart=2,
        door=0,
        area=unit // _AREA,
        street=unit // _STREET,
        number=unit % _STREET,
        evening=_EVENING,
    )


def main() -> None:
    """Median seconds of five, contacts without a day, streets walked on one day only, memory."""
    given = agenda()
    seconds = call(lambda: spread(given))
    day = spread(given)
    doors = np.flatnonzero(given.channel == given.door)
    streets = given.street[doors]
    visits = len(np.unique(streets * _DAYS + day[doors]))
    households = len(np.unique(given.unit))
    print(
        f"{len(day):,} contacts of {households:,} households, {_DAYS} days that are full: {seconds:.2f} s, median of 5"
    )
    print(f"{(day == NO_DAY).sum()} without a day; {len(np.unique(streets)):,} streets in {visits:,} visits")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
