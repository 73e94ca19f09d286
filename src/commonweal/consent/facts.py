"""The facts that the gate decides by: one row a person, for one use of one channel at one moment.

They are gathered twice, from the serving copy in the ledger (the function consent.facts of migration 0012) and from the
lake's profiles; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.consent.model import Channel, Purpose, Use
from commonweal.store.catalogue import PERSON_FIELDS
from commonweal.store.ledger import LedgerRole

FACTS = ibis.schema(
    {
        "person_id": "int64",
        "known": "!boolean",  # is there a living person of this id
        "local": "timestamp",  # the moment that is asked about, on the clocks where the person lives
        "birth_year": "int64",
        "origin": "string",  # judged: how the campaign came to the contact point, or to the person at all
        "has_purpose": "!boolean",  # of the list that gave it
        "has_basis": "!boolean",
        "list_consent": "string",  # what a list says: yes, no
        "list_day": "date",  # the day that list is true for
        "list_given": "boolean",  # did the person give that list's data themselves
        "said": "boolean",  # their own last word to the campaign, of all who are this person the strictest
        "said_day": "date",  # in the campaign's zone
        "suppressed": "string",  # the gravest suppression of this channel or of all
        "approached": "!boolean",  # was the one message sent that asks an occasional contact whether to go on
    }
)

# Which fields hold the contact point of a channel; the first that a list gave tells its origin.
_POINTS: Mapping[Channel, Sequence[str]] = {
    Channel.ANY: (),
    Channel.DOOR: ("street", "city", "latitude", "household_key"),
    Channel.POST: ("street", "city", "latitude", "household_key"),
    Channel.PHONE: ("phone",),
    Channel.SMS: ("phone",),
    Channel.AUTOMATED: ("phone",),
    Channel.EMAIL: ("email",),
    Channel.ONLINE: ("email", "phone"),
}
_LISTED = frozenset({Channel.DOOR, Channel.PHONE, Channel.SMS, Channel.EMAIL, Channel.POST})
_BEST_ORIGIN = ("given", "observed", "bought", "official")

_TOLD = pa.schema(
    [
        ("person_id", pa.int64()),
        ("said", pa.bool_()),
        ("said_day", pa.date32()),
        ("suppressed", pa.string()),
        ("approached", pa.bool_()),
    ]
)
_BATCHES = pa.schema(
    [("batch_id", pa.int32()), ("judged", pa.string()), ("list_day", pa.date32()), ("source", pa.string())]
)
_ZONES = pa.schema([("area_code", pa.string()), ("local", pa.timestamp("us"))])


def ledger_facts(zone: str, use: Use, channel: Channel) -> str:
    """A SQL expression for FROM: the facts of everyone in `asked(person_id)`, at the named parameter %(at)s."""
    places = [str(_place(name)) for name in _POINTS[channel]]
    consent_place = _place(f"consent_{channel}") if channel in _LISTED else "NULL"
    return (
        f"consent.facts(array(SELECT person_id FROM asked), %(at)s::timestamptz, '{channel}', '{use.purpose}',"
        f" '{zone}', ARRAY[{', '.join(places)}]::integer[], {consent_place})"
    )


def _place(name: str) -> int:
    """Where a field's origin stands in people.profile.origins (PostgreSQL counts from 1)."""
    return list(PERSON_FIELDS).index(name) + 1


def lake_facts(campaign: Campaign, use: Use, channel: Channel, at: datetime) -> ir.Table:
    """The facts of everyone with a profile in the lake."""
    lake = campaign.lake
    profile = lake.table("people.profile")
    batches = _batches(campaign)
    origins = lake.table("people.origin").join(ibis.memtable(batches.drop_columns("source")), "batch_id")
    rows = profile.select(
        "person_id",
        known=ibis.literal(True),
        birth_year=profile.birth_year.cast("int64"),
        area_code=profile.area_code,
        point=_point(profile, channel),
        consent_origin=profile[f"consent_{channel}_origin"] if channel in _LISTED else ibis.null("int32"),
        listed=profile[f"consent_{channel}"] if channel in _LISTED else ibis.null("string"),
        best=_best(profile, batches),
    )
    rows = _beside(rows, _told(campaign, use, channel), "person_id")
    rows = _beside(rows, _locals(campaign, at), "area_code")
    rows = _beside(
        rows,
        origins.select(
            point=origins.origin,
            point_origin=origins.judged,
            purpose=origins.purpose,
            legal_basis=origins.legal_basis,
        ),
        "point",
    )
    rows = _beside(
        rows,
        origins.select(
            consent_origin=origins.origin, list_day=origins.list_day, consent_judged=origins.judged
        ),
        "consent_origin",
    )
    anywhere = channel is Channel.ANY
    listed = rows.list_day.notnull() & ibis.literal(use.purpose is Purpose.CONTACT)
    rows = rows.select(
        "person_id",
        "known",
        local=ibis.coalesce(rows.local, ibis.literal(_local(at, campaign.settings.timezone), "timestamp")),
        birth_year=rows.birth_year,
        origin=rows.best if anywhere else rows.point_origin,
        has_purpose=(rows.purpose != "").fill_null(anywhere),
        has_basis=(rows.legal_basis != "").fill_null(anywhere),
        list_consent=listed.ifelse(rows.listed, ibis.null("string")),
        list_day=rows.list_day,
        list_given=rows.consent_judged == "given",
        said=rows.said,
        said_day=rows.said_day,
        suppressed=rows.suppressed,
        approached=rows.approached.fill_null(False),
    )
    return rows.select(*FACTS.names)


def _point(profile: ir.Table, channel: Channel) -> ir.Value:
    places = [profile[f"{name}_origin"] for name in _POINTS[channel]]
    return ibis.coalesce(*places) if places else ibis.null("int32")


def _best(profile: ir.Table, batches: pa.Table) -> ir.Value:
    """Of a person's lists the origin that allows most: somebody who signed up is not only a line of the roll."""
    sources: dict[str, set[str]] = {origin: set() for origin in _BEST_ORIGIN}
    for row in batches.to_pylist():
        sources[row["judged"]].add(row["source"])
    cases = [
        (
            reduce(
                lambda left, right: left | right,
                [profile.lists.contains(name).fill_null(False) for name in sorted(sources[origin])],
            ),
            ibis.literal(origin),
        )
        for origin in _BEST_ORIGIN
        if sources[origin]
    ]
    return ibis.cases(*cases, else_=ibis.null("string")) if cases else ibis.null("string")


def _batches(campaign: Campaign) -> pa.Table:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT b.batch_id, consent.judged(s.origin, s.kind), b.as_of, s.name"
            " FROM intake.batch b JOIN intake.source s ON s.name = b.source"
        ).fetchall()
    return pa.Table.from_pylist([dict(zip(_BATCHES.names, row, strict=True)) for row in rows], _BATCHES)


def _told(campaign: Campaign, use: Use, channel: Channel) -> ir.Table:
    """What the ledger knows of the few of whom it knows anything."""
    rows = campaign.bridge.read(
        "SELECT person_id, said, said_day, suppressed, approached"
        " FROM consent.told(consent.spoken_of(), $1, $2, $3)",
        (str(channel), str(use.purpose), campaign.settings.timezone),
    )
    return ibis.memtable(rows.cast(_TOLD))


def _locals(campaign: Campaign, at: datetime) -> ir.Table:
    """What the clocks show in the areas that keep a time of their own."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT area_code, facts ->> 'timezone' FROM people.area WHERE facts ? 'timezone'"
        ).fetchall()
    found = [{"area_code": code, "local": _local(at, zone)} for code, zone in rows]
    return ibis.memtable(pa.Table.from_pylist(found, _ZONES), schema=ibis.Schema.from_pyarrow(_ZONES))


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _beside(left: ir.Table, right: ir.Table, key: str) -> ir.Table:
    return left.left_join(right, key).drop(f"{key}_right")
