"""Whom a plan may choose from: everyone, with what a contact would add and whether it may be made.

Reads the lake's profiles, scores and effects; gives plain arrays, one row a person, sorted by person id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Self, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.campaign import Campaign
from commonweal.consent import facts, gate, packs
from commonweal.consent.model import LAW, Calendar, Channel, Pack, Use
from commonweal.mandate import actions as mandate
from commonweal.mandate import scopes
from commonweal.people import selection
from commonweal.planning.options import CampaignOption
from commonweal.store.lake import Lake
from commonweal.store.ledger import LedgerRole

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

# What the house rules call by a name that pages word already; every other rule is told with its article.
_HOUSE = {"said_no": Barrier.SAID_NO, "asked_first": Barrier.NO_CONSENT}
_FIRST_RULE = 100  # the number of a pack's first rule among the barriers


@dataclass(frozen=True, eq=False)
class Population:
    """n persons and k options.

    person, household (n,): ids. area (n,): codes, "" where none is known. turnout, support (n,): probabilities, NaN
    where no model could tell. d_turnout, d_support, se_turnout, se_support (n, k): what one contact adds to a
    probability, and its standard error; 0 where there is no estimate. segment (n,): joins the error draws.
    barrier (n, k): a `Barrier`, or the number of a rule of the policy pack. reasons: the code of each number.
    Where the law forbids to guess support of persons, `support` is that of their area. meets: of some expressions, who meets
    them (n,). once: whether a message is for nobody twice.
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
    reasons: npt.NDArray[np.object_]
    meets: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    once: bool = False

    def __len__(self) -> int:
        return len(self.person)


def read_population(
    campaign: Campaign, options: tuple[CampaignOption, ...], who: Sequence[str] = ()
) -> Population:
    """Everyone that the lake knows, for these options; `who`: expressions over the electorate, of which it is told who meets them.

    Raises RealListsNeedPack, UnknownPack, PackNotInForce, and of expressions ExpressionError, NotOfTheElectorate, RefusedByPolicy (of
    special categories).
    """
    lake, law = campaign.lake, _Law.of(campaign)
    people = lake.read(_people(lake.table("people.profile"), lake.table("scoring.score")))
    people = _with_area_support(lake, people)
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
        barrier=_barriers(people, options, effects.known, law),
        reasons=law.reasons(),
        meets=_meets(campaign, person, who),
    )


def _meets(campaign: Campaign, person: Ids, who: Sequence[str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Asked as a promise asks whom it serves: of what is known of people, never of what the campaign thinks of them."""
    if not who:
        return {}
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        ground = mandate.ground(campaign, connection)
    found = {}
    for text in who:
        scope = scopes.read(text, ground.today, held=ground.held, vocabulary=ground.vocabulary)
        if scope.node is None:
            found[text] = np.ones(len(person), bool)
            continue
        rows = campaign.lake.read(
            selection.chosen(scope.node, selection.People.of(campaign.lake), ground.today)
        )
        found[text] = np.isin(person, _numbers(rows, "person_id", np.int64))
    return found


def _people(profile: ir.Table, score: ir.Table) -> ir.Table:
    joined = profile.left_join(score, "person_id")
    return joined.select(
        profile.person_id,
        profile.household_id,
        area_code=profile.area_code.fill_null(""),
        has_address=profile.street.notnull() | profile.latitude.notnull() | profile.household_key.notnull(),
        has_phone=profile.phone.notnull(),
        has_email=profile.email.notnull(),
        turnout=score.turnout,
        support=score.support,
    ).order_by(ibis.asc("person_id"))


def _with_area_support(lake: Lake, people: pa.Table) -> pa.Table:
    """Where nobody has a support score, everybody's is that of their area, if scoring left one."""
    areas = lake.read(lake.table("scoring.area_support"))
    if people["support"].null_count < people.num_rows or not areas.num_rows:
        return people
    others = areas["area_code"].to_pylist().index("")
    place = pc.fill_null(pc.index_in(people["area_code"], areas["area_code"].combine_chunks()), others)
    return people.set_column(
        people.schema.get_field_index("support"), "support", areas["support"].take(place)
    )


@dataclass(frozen=True)
class _Law:
    """The campaign's pack without its calendar: a plan is made ahead, for days on which contact is open."""

    campaign: Campaign
    pack: Pack

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            pack = packs.check_campaign(campaign, connection)
        return cls(campaign, replace(pack, calendar=Calendar(zone=pack.calendar.zone)))

    def barriers(self, channel: Channel) -> npt.NDArray[np.uint8]:
        """Everybody's barrier by law, in the order of person ids; OPEN where there is none."""
        told = facts.lake_facts(self.campaign, Use.CONTACT, channel, self.campaign.clock())
        why = gate.refusal(told, self.pack, Use.CONTACT, channel)
        rows = self.campaign.lake.read(told.select("person_id", why=why).order_by("person_id"))
        place = pc.index_in(rows["why"], pa.array(["", *(rule.code for rule in self.pack.rules)]))
        numbers = np.array([Barrier.OPEN, *map(self._number, range(len(self.pack.rules)))], np.uint8)
        found: npt.NDArray[np.uint8] = numbers[pc.fill_null(place, 0).to_numpy()]
        return found

    def reasons(self) -> npt.NDArray[np.object_]:
        found = np.full(256, "", dtype=object)
        for barrier in Barrier:
            found[barrier] = barrier.code
        for place, rule in enumerate(self.pack.rules):
            if rule.code not in _HOUSE:
                found[_FIRST_RULE + place] = LAW + rule.code
        return found

    def _number(self, place: int) -> int:
        return int(_HOUSE.get(self.pack.rules[place].code, _FIRST_RULE + place))


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
    people: pa.Table, options: tuple[CampaignOption, ...], known: npt.NDArray[np.bool_], law: _Law
) -> npt.NDArray[np.uint8]:
    by_law = {name: law.barriers(Channel(name)) for name in {option.channel for option in options}}
    barrier = np.zeros((people.num_rows, len(options)), np.uint8)
    unscored = pc.is_null(people["turnout"])
    if (
        people["support"].null_count < people.num_rows
    ):  # with no support model at all, turnout alone is planned
        unscored = pc.or_(unscored, pc.is_null(people["support"]))
    for position, option in enumerate(options):
        point, missing = _CONTACT_POINT[option.channel]
        column = barrier[:, position]
        column[np.asarray(pc.invert(people[f"has_{point}"]))] = missing
        column[column == Barrier.OPEN] = by_law[option.channel][column == Barrier.OPEN]
        column[(column == Barrier.OPEN) & ~known[:, position]] = Barrier.NO_ESTIMATE
        column[(column == Barrier.OPEN) & np.asarray(unscored)] = Barrier.NO_SCORE
    return barrier


def _numbers(table: pa.Table, name: str, kind: type[_Number]) -> npt.NDArray[_Number]:
    plain: npt.NDArray[Any] = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return plain.astype(kind, copy=False)
