"""Who was told what, over the ledger and the lake: Ibis expressions, for DuckDB or Spark.

A contact counts once however many events tell of it (sent, delivered): by its claim, else by person, channel, message and
day. The view mandate.contact says of the ledger what `delivered` says of the lake; a test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from commonweal.mandate.narrowness import GROUPS

CONTACT = ("sender", "event_id", "subject", "household_id", "channel", "occurred_at", "claim_id", "name")
SAID = ("canvassed", "left_message", "literature_left")
BANDS = (18, 25, 35, 50, 65)
"""The ages at which a band begins."""

RETURN = 7  # days within which a message comes back
_NEXT_DOOR = 2  # house numbers: the next one on the same side, or the one across


def delivered(events: ir.Table, claims: ir.Table) -> ir.Table:
    """Old events (as the lake has them) that brought somebody a message; claims: claim_id, message_version."""
    named = events.left_join(claims.rename(claimed="message_version"), "claim_id")
    named = named.mutate(name=ibis.coalesce(named.message_version, named.claimed))
    spoke = (named.kind == "attempt") & (named.answers.notnull() | named.result.isin(SAID))
    wanted = named.filter(
        named.subject.notnull(),
        named.direction == "out",
        named.name.notnull(),
        (named.kind.isin(("sent", "delivered")) | spoke).fill_null(False),
    )
    return wanted.select(*CONTACT, sent=wanted.kind == "sent")


def contacts(told: ir.Table, undone: ir.Table, returned: ir.Table) -> ir.Table:
    """One row a contact: subject, household_id, channel, name, occurred_at.

    told: CONTACT and `sent`, perhaps twice; undone: sender, corrects; returned: subject, channel, returned_at.
    """
    once = told.distinct(on=["sender", "event_id"], keep="first")
    stands = once.anti_join(undone, [once.sender == undone.sender, once.event_id == undone.corrects])
    back = stands.filter(stands.sent).join(
        returned, [stands.subject == returned.subject, stands.channel == returned.channel]
    )
    back = back.filter(
        back.returned_at >= back.occurred_at,
        back.returned_at <= back.occurred_at + ibis.interval(days=RETURN),
    ).select("sender", "event_id")
    stands = stands.anti_join(back, ["sender", "event_id"])
    day = ibis.ifelse(stands.claim_id.notnull(), ibis.date(1970, 1, 1), stands.occurred_at.date())
    claim = stands.claim_id.fill_null(0)
    return stands.group_by("subject", "channel", "name", claim=claim, day=day).agg(
        occurred_at=stands.occurred_at.min(), household_id=stands.household_id.max()
    )


@dataclass(frozen=True)
class Ground:
    """What contacts are read with.

    named: name, version_id, since, until; living: subject, person_id of persons that were merged; people: person_id, age,
    sex, area_code, household_id, street_key, city_key, number (of the house); carries: version_id, promise_id.
    """

    named: ir.Table
    living: ir.Table
    people: ir.Table
    carries: ir.Table


def placed(found: ir.Table, ground: Ground) -> ir.Table:
    """Contacts with the person, and the version of the message, null where nobody wrote it down."""
    named = found.left_join(
        ground.named,
        [
            found.name == ground.named.name,
            found.occurred_at >= ground.named.since,
            found.occurred_at < ground.named.until,
        ],
    ).drop("name_right", "since", "until")
    merged = named.left_join(ground.living, "subject").drop("subject_right")
    merged = merged.mutate(person_id=ibis.coalesce(merged.person_id, merged.subject)).drop("household_id")
    return merged.left_join(ground.people, "person_id").drop("person_id_right")


def heard(known: ir.Table, carries: ir.Table) -> ir.Table:
    """promise_id, area_code ("" where not known), persons, contacts, last_on."""
    told = known.inner_join(carries, "version_id")
    return told.group_by("promise_id", area_code=told.area_code.fill_null("")).agg(
        persons=told.person_id.nunique(), contacts=told.count(), last_on=told.occurred_at.date().max()
    )


def told(known: ir.Table, carries: ir.Table, agreed: ir.Table) -> ir.Table:
    """Of the persons of `agreed` (person_id): person_id, promise_id, times, last_on."""
    heard_by = known.inner_join(carries, "version_id").semi_join(agreed, "person_id")
    return heard_by.group_by("person_id", "promise_id").agg(
        times=heard_by.count(), last_on=heard_by.occurred_at.date().max()
    )


def both(known: ir.Table, carries: ir.Table, pairs: ir.Table) -> ir.Table:
    """Of pairs of promises (one, other): how many persons heard both."""
    told = known.inner_join(carries, "version_id").select("person_id", "promise_id").distinct()
    again = told.view()
    one = pairs.inner_join(told, pairs.one == told.promise_id).drop("promise_id")
    two = one.inner_join(again, [one.person_id == again.person_id, one.other == again.promise_id])
    return two.group_by("one", "other").agg(persons=two.person_id.nunique())


def next_doors(known: ir.Table, carries: ir.Table, pairs: ir.Table) -> ir.Table:
    """Of pairs of promises (one, other): how many doors that heard `one` have a door next to them that heard `other`."""
    told = known.inner_join(carries, "version_id").filter(
        lambda t: t.number.notnull() & t.street_key.notnull()
    )
    doors = told.select("promise_id", "street_key", "number", city_key=told.city_key.fill_null("")).distinct()
    again = doors.view()
    one = pairs.inner_join(doors, pairs.one == doors.promise_id).drop("promise_id")
    two = one.inner_join(
        again,
        [
            one.street_key == again.street_key,
            one.city_key == again.city_key,
            one.other == again.promise_id,
            (one.number - again.number).abs() <= _NEXT_DOOR,
            one.number != again.number,
        ],
    )
    each = two.select("one", "other", "street_key", "city_key", "number").distinct()
    return each.group_by("one", "other").agg(doors=each.count())


def talk(known: ir.Table) -> ir.Table:
    """week (its Monday), part (random group of households), area_code, band, sex, version_id, name, contacts."""
    age = known.age
    band = ibis.cases(
        (age.isnull(), -1), *((age < begin, place) for place, begin in enumerate(BANDS)), else_=len(BANDS)
    )
    part = ibis.coalesce(known.household_id, known.person_id) % GROUPS
    return known.group_by(
        "version_id",
        "name",
        week=known.occurred_at.date().truncate("W"),
        part=part,
        area_code=known.area_code.fill_null(""),
        band=band,
        sex=known.sex.fill_null(""),
    ).agg(contacts=known.count())
