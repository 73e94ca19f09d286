"""Who is planned as one: a person, or a household as soon as one contact may serve all its members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]

_MOST = 255
"""Persons of one unit. A larger household (a home, a dormitory) is planned in parts."""


@dataclass(frozen=True, eq=False)
class Contacts:
    """m contacts of units, and whom they are meant for.

    unit, option (m,): positions; pieces (m,): how often each is paid and counted; votes (m,). person, home (p,): each person reached, with
    the position among the m of the contact that reaches them.
    """

    unit: npt.NDArray[np.int64]
    option: npt.NDArray[np.int64]
    pieces: npt.NDArray[np.int64]
    votes: npt.NDArray[np.float64]
    person: Positions
    home: Positions

    @property
    def given(self) -> npt.NDArray[np.int64]:
        """(p,): the option by which each is reached."""
        return self.option[self.home]

    @staticmethod
    def none() -> Contacts:
        """No contact."""
        nothing = np.zeros(0, np.int64)
        return Contacts(nothing, nothing, nothing, np.zeros(0), nothing, nothing)

    def and_also(self, other: Contacts) -> Contacts:
        """These and others."""
        names = ("unit", "option", "pieces", "votes", "person")
        joined = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names}
        return Contacts(**joined, home=np.concatenate([self.home, other.home + len(self.unit)]))

    def only(self, which: npt.NDArray[np.bool_]) -> Contacts:
        """Some of them, in their order."""
        place = np.cumsum(which) - 1
        meant = which[self.home]
        names = ("unit", "option", "pieces", "votes")
        kept = {name: getattr(self, name)[which] for name in names}
        return Contacts(**kept, person=self.person[meant], home=place[self.home[meant]])


@dataclass(frozen=True, eq=False)
class Units:
    """n persons as u units, which stand area by area, in an area by household and then by person.

    of       (n,) position of each person's unit
    area     (u,) the area of each unit's first person
    reached  (n, k) for whom of its unit a contact by each option is meant: who is open to it; of an option that is paid for
             each person only those whom it gains something by
    gain     (u, k) votes of all who are reached; 0 where an open option gains nothing
    times    (u, k) what it is paid: once a household or once for each who is reached; 0: closed
    """

    of: Positions
    area: npt.NDArray[np.int32]
    reached: Flags
    gain: npt.NDArray[np.float32]
    times: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.gain)

    def contacts(self, unit: npt.NDArray[np.integer], option: npt.NDArray[np.integer]) -> Contacts:
        """Contacts (m,), (m,) with all whom they are meant for."""
        person, home = self.persons(unit, option)
        return Contacts(
            unit=unit.astype(np.int64),
            option=option.astype(np.int64),
            pieces=self.times[unit, option].astype(np.int64),
            votes=self.gain[unit, option].astype(np.float64),
            person=person,
            home=home,
        )

    def persons(
        self, unit: npt.NDArray[np.integer], option: npt.NDArray[np.integer]
    ) -> tuple[Positions, Positions]:
        """Whom the contacts (m,), (m,) of units are meant for: persons and, for each, the position among the contacts."""
        order = np.argsort(self.of, kind="stable")
        start = np.searchsorted(self.of[order], np.arange(len(self) + 1))
        sizes = (start[1:] - start[:-1])[unit]
        contact = np.repeat(np.arange(len(unit)), sizes)
        within = np.arange(len(contact)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        person = order[start[unit][contact] + within]
        meant = self.reached[person, option[contact]]
        return person[meant], contact[meant]


def together(
    gain: Floats,
    open_: Flags,
    once: Flags,
    household: npt.NDArray[np.integer] | None = None,
    area: npt.NDArray[np.integer] | None = None,
) -> Units:
    """The units of n persons with k options.

    gain (n, k): votes by person, not looked at where `open_` (n, k) is False. once (k,): one contact serves a household. household (n,):
    ids; None: every person is a unit. area (n,): 0 … a-1; None: all 0.
    """
    home = np.arange(len(gain)) if household is None else _homes(household)
    place = np.zeros(len(gain), np.int32) if area is None else np.asarray(area, np.int32)
    first = np.unique(home, return_index=True)[1]
    order = np.argsort(place[first], kind="stable")
    position = np.empty(len(order), np.intp)
    position[order] = np.arange(len(order))
    of, u = position[home], len(order)
    reached = np.asarray(open_ & (once | (gain > 0)))
    summed, times = np.empty((u, gain.shape[1]), np.float32), np.empty((u, gain.shape[1]), np.uint8)
    for option in range(gain.shape[1]):
        mine = reached[:, option]
        summed[:, option] = np.bincount(of, np.where(mine, gain[:, option], 0.0), minlength=u)
        count = np.bincount(of, mine, minlength=u)
        known = np.bincount(of, open_[:, option], minlength=u) > 0
        times[:, option] = np.where(once[option], known, np.maximum(count, known))
    return Units(of, place[first][order], reached, summed, times)


def _homes(household: npt.NDArray[np.integer]) -> Positions:
    """(n,): 0 … by household id; one that is too large is cut."""
    _ids, home, size = np.unique(household, return_inverse=True, return_counts=True)
    if size.max(initial=0) <= _MOST:
        return np.asarray(home, np.intp)
    order = np.argsort(home, kind="stable")
    rank = np.empty(len(home), np.int64)
    rank[order] = np.arange(len(home)) - np.repeat(np.cumsum(size) - size, size)
    parts = home.astype(np.int64) * (len(home) // _MOST + 1) + rank // _MOST
    return np.asarray(np.unique(parts, return_inverse=True)[1], np.intp)
