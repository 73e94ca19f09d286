"""Whom a plan may choose from: everyone, with what a contact would add and whether it may be made.

Reads the lake's profiles, scores and effects; gives plain arrays, one row a person, sorted by person id.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.planning.options import CampaignOption
from commonweal.store.lake import Lake

_Number = TypeVar("_Number", bound=np.generic)

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Barrier(IntEnum):
    """Why an option is closed to a person. The names are the reasons' codes."""

    OPEN = 0
    NO_ADDRESS = 1
    NO_PHONE = 2
    NO_EMAIL = 3
    SAID_NO = 4
    NO_CONSENT = 5
    NO_ESTIMATE = 6
    NO_SCORE = 7

    @property
    def code(self) -> str:
        """The code that a page words."""
        return self.name.lower()


_CONTACT_POINT = {
    "door": ("address", Barrier.NO_ADDRESS),
    "post": ("address", Barrier.NO_ADDRESS),
    "phone": ("phone", Barrier.NO_PHONE),
    "sms": ("phone", Barrier.NO_PHONE),
    "email": ("email", Barrier.NO_EMAIL),
}

# Electronic messages need consent given beforehand (Directive 2002/58/EC, article 13; 47 USC 227 for texts).
_ASKED_FIRST = frozenset({"sms", "email"})


@dataclass(frozen=True, eq=False)
class Population:
    """n persons and k options.

    person, household (n,): ids. area (n,): codes, "" where none is known. turnout, support (n,): probabilities, NaN
    where no model could tell. d_turnout, d_support, se_turnout, se_support (n, k): what one contact adds to a
    probability, and its standard error; 0 where there is no estimate. segment (n,): joins the error draws.
    barrier (n, k): a `Barrier`.
    """

    person: Ids
    household: Ids
    area: pa.Array
    turnout: Floats
    support: Floats
    segment: npt.NDArray[np.int16]
    d_turnout: Floats
    d_support: Floats
    se_turnout: Floats
    se_support: Floats
    barrier: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.person)


def read_population(lake: Lake, options: tuple[CampaignOption, ...]) -> Population:
    """Everyone that the lake knows, for these options."""
    people = lake.read(_people(lake.table("people.profile"), lake.table("scoring.score")))
    person = _numbers(people, "person_id", np.int64)
    effects = _Effects(person, len(options))
    arms = [option.arm_name for option in options]
    table = lake.table("scoring.effect")
    for position, arm in enumerate(arms):
        effects.add(position, lake.read(table.filter(table.option == arm)))
    return Population(
        person=person,
        household=_numbers(people, "household_id", np.int64),
        area=people["area_code"].combine_chunks(),
        turnout=_numbers(people, "turnout", np.float32) / np.float32(100),
        support=_numbers(people, "support", np.float32) / np.float32(100),
        segment=effects.segment,
        d_turnout=effects.d_turnout,
        d_support=effects.d_support,
        se_turnout=effects.se_turnout,
        se_support=effects.se_support,
        barrier=_barriers(people, options, effects.known),
    )


def _people(profile: ir.Table, score: ir.Table) -> ir.Table:
    joined = profile.left_join(score, "person_id")
    return joined.select(
        profile.person_id,
        profile.household_id,
        area_code=profile.area_code.fill_null(""),
        has_address=profile.street.notnull() | profile.latitude.notnull() | profile.household_key.notnull(),
        has_phone=profile.phone.notnull(),
        has_email=profile.email.notnull(),
        consent_door=profile.consent_door,
        consent_phone=profile.consent_phone,
        consent_sms=profile.consent_sms,
        consent_email=profile.consent_email,
        consent_post=profile.consent_post,
        turnout=score.turnout,
        support=score.support,
    ).order_by(ibis.asc("person_id"))


class _Effects:
    """The effects of all options, filled in one option after the other."""

    def __init__(self, person: Ids, options: int) -> None:
        shape = (len(person), options)
        self._person = person
        self.known = np.zeros(shape, bool)
        self.segment = np.zeros(len(person), np.int16)
        self.d_turnout, self.d_support = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.se_turnout, self.se_support = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def add(self, option: int, rows: pa.Table) -> None:
        """Fill in the effects of one option; rows of persons who are gone are passed over."""
        if not len(self._person):
            return
        ids = _numbers(rows, "person_id", np.int64)
        at = np.minimum(np.searchsorted(self._person, ids), len(self._person) - 1)
        found = self._person[at] == ids
        at = at[found]
        self.known[at, option] = True
        self.segment[at] = _numbers(rows, "segment", np.int16)[found]
        for name in ("d_turnout", "d_support", "se_turnout", "se_support"):
            getattr(self, name)[at, option] = np.nan_to_num(_numbers(rows, name, np.float32)[found])


def _barriers(
    people: pa.Table, options: tuple[CampaignOption, ...], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    barrier = np.zeros((people.num_rows, len(options)), np.uint8)
    unscored = pc.is_null(people["turnout"])
    if (
        people["support"].null_count < people.num_rows
    ):  # with no support model at all, turnout alone is planned
        unscored = pc.or_(unscored, pc.is_null(people["support"]))
    for position, option in enumerate(options):
        point, missing = _CONTACT_POINT[option.channel]
        consent = people[f"consent_{option.channel}"]
        closed = [
            (pc.invert(people[f"has_{point}"]), missing),
            (pc.fill_null(pc.equal(consent, "no"), False), Barrier.SAID_NO),
        ]
        if option.channel in _ASKED_FIRST:
            closed.append((pc.invert(pc.fill_null(pc.equal(consent, "yes"), False)), Barrier.NO_CONSENT))
        closed += [(pa.array(~known[:, position]), Barrier.NO_ESTIMATE), (unscored, Barrier.NO_SCORE)]
        column = barrier[:, position]
        for mask, reason in closed:
            column[(column == Barrier.OPEN) & np.asarray(mask)] = reason
    return barrier


def _numbers(table: pa.Table, name: str, kind: type[_Number]) -> npt.NDArray[_Number]:
    plain: npt.NDArray[Any] = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return plain.astype(kind, copy=False)
