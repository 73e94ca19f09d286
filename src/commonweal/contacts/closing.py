"""What the contact rules close to whom until a plan's last day, by what was done already: everybody at once.

It is what `rules.decide` would refuse on the evening of the last day on which the channel may be used, if nothing more were done until
then: a rest or a cap that ends before closes nothing. Without days a plan is taken to be for the week that comes. Quiet hours
and holds are left out: what is under way stays in the plan, and is open here. Besides, no door is knocked at twice, as none is handed out
twice (`doors`). A test holds this and `rules.decide` equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.campaign import Campaign
from commonweal.contacts import queries
from commonweal.contacts.model import CHANNELS, HOUSEHOLD_CHANNELS, Channel, Stop, first_stamp
from commonweal.contacts.rules import WEEK, Moment, Rules, most
from commonweal.planning.closed import Closed
from commonweal.planning.horizon import Horizon
from commonweal.planning.options import CampaignOption
from commonweal.planning.under_way import held
from commonweal.store.ledger import LedgerRole

KNOCKED = "knocked"
"""The reason of a door at which they were spoken to before. Every other reason is the code of a `Stop`."""

_CAPS = (
    (1, Stop.CAP_DAY, Stop.CAP_DAY_CHANNEL),
    (WEEK, Stop.CAP_WEEK, Stop.CAP_WEEK_CHANNEL),
    (None, Stop.CAP_CAMPAIGN, Stop.CAP_CAMPAIGN_CHANNEL),
)
_REASONS = (*(stop.value for stop in Stop), KNOCKED)
_NUMBER = {reason: number for number, reason in enumerate(_REASONS)}
_OPEN = -1

_LIVING = """
    SELECT p.person_id, p.household_id, coalesce(a.facts ->> 'timezone', '') AS zone
    FROM people.profile p LEFT JOIN people.area a USING (area_code) ORDER BY p.person_id
"""
_TOLD = """
    SELECT coalesce(r.person_id, c.subject) AS person_id, unnest(c.{0}) AS told
    FROM contacts.pressure c LEFT JOIN identity.redirect r ON r.subject = c.subject WHERE c.{0} <> '{{}}'
"""

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def closed(campaign: Campaign, options: Sequence[CampaignOption], horizon: Horizon | None) -> Closed:
    """What stays closed to whom (a `planning.closed.Closing`). Raises RulesUnreadable."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        _, rules = queries.rules_in_force(connection, campaign)
    people = _People.of(campaign)
    shut = np.full((len(people.person), len(options)), _OPEN, np.int8)
    for channel in dict.fromkeys(Channel(option.channel) for option in options):
        mine = [option.channel == channel for option in options]
        shut[:, mine] = _by_channel(campaign, people, rules, channel, _last(campaign, channel, horizon))[
            :, None
        ]
    if rules.useless.same_message:
        _by_message(people, options, shut)
    _but_what_is_under_way(campaign, people, options, shut)
    person, option = np.nonzero(shut != _OPEN)
    reasons = pa.array(_REASONS, pa.string()).take(pa.array(shut[person, option]))
    rows = pa.table({"person_id": people.person[person], "option": option, "reason": reasons})
    return Closed(rows, once=rules.useless.same_message)


@dataclass(frozen=True, eq=False)
class _Told:
    """m stamps of persons. place (m,): whose; stamp (m,)."""

    place: Whole
    stamp: Whole


@dataclass(frozen=True, eq=False)
class _People:
    """n living persons, in the order of their ids, with what was done to all whom they turned out to be.

    home (n,): a number for those who live together. zone (n,): the place of each one's in `zones`. message, had (m,): who had what.
    """

    person: Whole
    home: Whole
    zone: Whole
    zones: tuple[ZoneInfo, ...]
    contacts: _Told
    refusals: _Told
    votes: _Told
    had: Whole
    message: pa.ChunkedArray

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """Everybody in the serving copy."""
        living = campaign.bridge.read(_LIVING)
        person = living["person_id"].to_numpy()
        alone = pa.array(-1 - np.arange(len(person)))
        home = pc.coalesce(living["household_id"], alone)
        zone = living["zone"].combine_chunks().dictionary_encode()
        names = [name or campaign.settings.timezone for name in zone.dictionary.to_pylist()]
        had, message = _told(campaign, person, "messages")
        stamped = {
            name: _Told(place, told.to_numpy())
            for name in ("contacts", "refusals", "votes")
            for place, told in [_told(campaign, person, name)]
        }
        return cls(
            person,
            np.unique(home.to_numpy(), return_inverse=True)[1],
            zone.indices.to_numpy().astype(np.int64),
            tuple(map(ZoneInfo, names)),
            **stamped,
            had=had,
            message=message,
        )

    def shared(self, values: Whole, channel: Channel) -> Whole:
        """(n,): the most of all for whom one contact by this channel counts."""
        if channel not in HOUSEHOLD_CHANNELS:
            return values
        highest = np.zeros(int(self.home.max(initial=-1)) + 1, np.int64)
        np.maximum.at(highest, self.home, values)
        return highest[self.home]

    def count(self, told: _Told, which: Flags) -> Whole:
        """(n,): how many entries each has, of some."""
        return np.bincount(told.place[which], minlength=len(self.person))

    def latest(self, told: _Told, values: Whole) -> Whole:
        """(n,): the highest of the values (m,) of each one's entries; 0 where there is none."""
        found = np.zeros(len(self.person), np.int64)
        np.maximum.at(found, told.place, values)
        return found


def _told(campaign: Campaign, person: Whole, column: str) -> tuple[Whole, pa.ChunkedArray]:
    """A column of contacts.pressure, entry by entry, with the places of those whose it is; nothing of who is gone."""
    rows = campaign.bridge.read(_TOLD.format(column))
    place = pc.index_in(rows["person_id"], pa.array(person))
    there = place.is_valid()
    return place.filter(there).to_numpy().astype(np.int64), rows["told"].filter(there)


def _last(campaign: Campaign, channel: Channel, horizon: Horizon | None) -> date:
    """The last day on which a plan may use a channel."""
    if horizon is None:
        return campaign.today + timedelta(days=WEEK)
    open_ = horizon.open.get(channel.value)
    return horizon.last if open_ is None else horizon.date(int(np.flatnonzero(open_)[-1]))


def _by_channel(
    campaign: Campaign, people: _People, rules: Rules, channel: Channel, last: date
) -> npt.NDArray[np.int8]:
    """(n,): by number, the first reason for which nobody may use the channel on that day; -1 where there is none."""
    found = np.full(len(people.person), _OPEN, np.int8)
    for reason, stops in _stops(campaign, people, rules, channel, last):
        found[(found == _OPEN) & stops] = _NUMBER[reason]
    return found


def _stops(
    campaign: Campaign, people: _People, rules: Rules, channel: Channel, last: date
) -> Iterator[tuple[str, Flags]]:
    """The rules in the order in which they are asked, with those (n,) whom each stops."""
    moments = [Moment(datetime.combine(last, time(23, 59, 59), zone), zone) for zone in people.zones]
    made, through = people.contacts, people.contacts.stamp & 7
    own = through == channel.number
    for days, general, of_channel in _CAPS:
        begun = np.array([first_stamp(moment.start(days)) if days else 0 for moment in moments], np.int64)
        within = made.stamp >= begun[people.zone[made.place]]
        for code, which, caps in (
            (general, within, rules.caps),
            (of_channel, within & own, rules.caps.of(channel)),
        ):
            cap = most(getattr(caps, code.value.removeprefix("cap_").removesuffix("_channel")))
            yield code, people.shared(people.count(made, which), channel) >= cap
    second = np.array([int(moment.now.timestamp()) for moment in moments], np.int64)[people.zone]
    rest = people.latest(people.refusals, (people.refusals.stamp >> 3) + 86_400 * rules.rest_after_refusal)
    yield Stop.REST, people.shared(rest, channel) > second
    cool = np.array([rules.cool_down.seconds(before, channel) for before in CHANNELS], np.int64)
    yield (
        Stop.COOL_DOWN,
        people.shared(people.latest(made, (made.stamp >> 3) + cool[through]), channel) > second,
    )
    if rules.useless.voted:
        since = first_stamp(queries.voted_since(campaign, last))
        yield Stop.VOTED, people.count(people.votes, people.votes.stamp >= since) > 0
    if channel is Channel.DOOR:
        yield KNOCKED, people.count(made, own) > 0


def _by_message(people: _People, options: Sequence[CampaignOption], shut: npt.NDArray[np.int8]) -> None:
    """Close what is open yet of a message to those who had it."""
    for place, option in enumerate(options):
        had = people.had[pc.equal(people.message, option.message).to_numpy()]
        shut[had[shut[had, place] == _OPEN], place] = _NUMBER[Stop.MESSAGE_TWICE]


def _but_what_is_under_way(
    campaign: Campaign, people: _People, options: Sequence[CampaignOption], shut: npt.NDArray[np.int8]
) -> None:
    """What is held is open to whom it is held for: it stays in the plan."""
    codes = [option.code for option in options]
    pairs = [
        (person, codes.index(claim.option))
        for claim in held(campaign)
        if claim.option in codes
        for person in claim.persons
    ]
    if pairs:
        person, option = np.array(pairs, np.int64).T
        place = pc.index_in(pa.array(person), pa.array(people.person))
        there = place.is_valid().to_numpy(zero_copy_only=False)
        shut[place.drop_null().to_numpy(), option[there]] = _OPEN
