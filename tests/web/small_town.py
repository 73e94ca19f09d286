"""A small town in the serving copy, as a publish would leave it: two areas, two households, one plan. Made-up people."""

from __future__ import annotations

import json
from typing import Any

from psycopg.types.json import Jsonb

from commonweal.campaign import Campaign
from commonweal.store.catalogue import PERSON_FIELDS
from commonweal.store.ledger import Connection, LedgerRole

NADIA, PAUL, ZOE = 4001, 4002, 4003
OPTIONS = """
[[option]]
code = "door:housing"
channel = "door"
message = "housing"
unit_cost = 180

[[option]]
code = "post:climate"
channel = "post"
message = "climate"
unit_cost = 62
per = "household"
"""

_NADIA = {
    "given_name": "Nadia",
    "surname": "Berger",
    "birth_date": "1984-05-03",
    "birth_year": 1984,
    "sex": "f",
    "house_number": "12",
    "street": "rue des Lilas",
    "postcode": "31000",
    "city": "Toulouse",
    "area_code": "0113",
    "email": "nadia@example.org",
    "phone": "+33612345678",
}


def build(campaign: Campaign) -> None:
    """Fill the ledger."""
    (campaign.folder / "options.toml").write_text(OPTIONS)
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        _lists(connection, campaign)
        _areas(connection)
        _people(connection)
        _plan(connection, campaign)
        connection.execute(
            "INSERT INTO people.overview (at, persons, households, records, by_lists, example, made_from)"
            " VALUES (%s, 3, 2, 4, '{\"1\": 2, \"2\": 1}', %s, '{}')",
            (campaign.clock(), NADIA),
        )


def _insert(connection: Connection, table: str, **values: Any) -> None:
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _lists(connection: Connection, campaign: Campaign) -> None:
    for number, (name, title, kind, origin) in enumerate(
        (("roll", "Electoral roll", "roll", "official"), ("signups", "Sign-ups", "signups", "given")), 1
    ):
        _insert(
            connection,
            "intake.source",
            name=name,
            list=title,
            kind=kind,
            mode="snapshot",
            origin=origin,
            purpose="campaigning" if name == "roll" else "",
            legal_basis="L.37" if name == "roll" else "",
            mapping_version="v1",
            mapping=Jsonb({"columns": {"NOM": {"target": "surname"}}}),
        )
        _insert(
            connection,
            "intake.batch",
            batch_id=number,
            source=name,
            mode="snapshot",
            file_name=f"{name}.csv",
            sha256=name,
            mapping_version="v1",
            as_of="2027-01-10",
            columns=["NOM"],
            rows_read=3,
            records=2,
            quarantined=1,
            set_aside=0,
            status="loaded",
            loaded_at=campaign.clock(),
            actor="cli:anna",
            seconds=0.1,
        )
        _insert(connection, "intake.quarantine_count", batch_id=number, reason="impossible_date", rows=1)
        _insert(
            connection,
            "people.origin",
            origin=number,
            batch_id=number,
            source=name,
            as_of="2027-01-10",
            purpose="campaigning",
            legal_basis="L.37",
        )


def _areas(connection: Connection) -> None:
    for code, name, west in (("0113", "École Molière", 1.40), ("0114", "École Bonnefoy", 1.45)):
        ring = [[west, 43.6], [west + 0.04, 43.6], [west + 0.04, 43.63], [west, 43.63], [west, 43.6]]
        shape = Jsonb({"type": "Polygon", "coordinates": [ring]})
        _insert(
            connection,
            "people.area",
            area_code=code,
            name=name,
            geometry=shape,
            outline=shape,
            latitude=43.615,
            longitude=west + 0.02,
        )
        _insert(connection, "people.known", kind="area", name=code, persons=2 if code == "0113" else 1)


def _people(connection: Connection) -> None:
    paul = {"given_name": "Paul", "surname": "Berger", "street": "rue des Lilas", "house_number": "12"}
    zoe = {"given_name": "Zoé", "surname": "=Martin", "street": "rue Neuve", "house_number": "3"}
    _person(connection, NADIA, 71, 2, _NADIA, {"roll": 1, "signups": 2})
    _person(connection, PAUL, 71, 2, paul | {"area_code": "0113"}, {"roll": 1})
    _person(connection, ZOE, 72, 1, zoe | {"area_code": "0114"}, {"roll": 1})
    _record(connection, 1, NADIA, 1, "roll", {**_NADIA, "email": None, "phone": None, "given_name": "Nadia"})
    _record(connection, 2, NADIA, 2, "signups", {"given_name": "Nadya", "email": "nadia@example.org"})


def _person(
    connection: Connection,
    person: int,
    household: int,
    size: int,
    fields: dict[str, Any],
    lists: dict[str, int],
) -> None:
    origins = [
        2 if name == "email" else 1 if fields.get(name) is not None else None for name in PERSON_FIELDS
    ]
    names = [fields["surname"].strip("=").lower(), fields["given_name"].lower().replace("é", "e")]
    _insert(
        connection,
        "people.profile",
        person_id=person,
        household_id=household,
        household_size=size,
        **fields,
        origins=origins,
        sort_key=" ".join(names),
        street_key=fields["street"],
        tags=[],
        records=len(lists),
        sources=len(lists),
        lists=list(lists),
        votes=Jsonb({"2022_t2": True}),
        attributes=Jsonb({}),
    )
    for word in names:
        _insert(
            connection,
            "people.name_word",
            word=word,
            sort_key=" ".join(names),
            person_id=person,
            area_code=fields["area_code"],
        )
    planned = person != PAUL
    _insert(
        connection,
        "people.standing",
        person_id=person,
        area_code=fields["area_code"],
        turnout=62.0,
        turnout_low=51.0,
        turnout_high=73.0,
        support=49.0,
        support_low=38.0,
        support_high=61.0,
        plan_id=1,
        planned=["door:housing"] if planned else None,
        reason="chosen" if planned else "outbid",
        votes_gained=[0.021] if planned else None,
        votes_error=[0.006] if planned else None,
        second="post:climate" if planned else None,
        second_votes=0.009 if planned else None,
    )


def _record(
    connection: Connection, record: int, person: int, batch: int, source: str, given: dict[str, Any]
) -> None:
    kept = json.loads(json.dumps({name: value for name, value in given.items() if value is not None}))
    _insert(
        connection,
        "people.record",
        record_id=record,
        person_id=person,
        batch_id=batch,
        source=source,
        line=record + 1,
        evidence="model",
        given=Jsonb(kept),
    )


def _limits(connection: Connection) -> None:
    for name, kind, unit, at_most, at_least, used, price in (
        ("money", "money", "money", 400_000, 0, 399_870, 0.0007),
        ("post:climate", "capacity", "contacts", 500, 0, 0, 0),
        ("calls", "term", "hours", 40, 0, 40, 0.12),
        ("Everyone hears of trams", "term", "contacts", None, 200, 200, -0.004),
        ("The young get their share", "term", "share", None, 0.2, 0.2, -310.0),
        ("Not too many letters", "term", "share", 0.125, 0, 0.0834, 0),
    ):
        _insert(
            connection,
            "planning.limit_total",
            plan_id=1,
            name=name,
            kind=kind,
            unit=unit,
            each=1,
            at_most=at_most,
            at_least=at_least,
            used=used,
            price=price,
        )
    for area, available, price in (("0113", 12, 1.033), ("0114", None, 0)):
        _insert(
            connection,
            "planning.door_hours",
            plan_id=1,
            area_code=area,
            available=available,
            used=12,
            price=price,
        )


def _plan(connection: Connection, campaign: Campaign) -> None:
    _insert(
        connection,
        "planning.plan",
        plan_id=1,
        name="Tonight",
        status="draft",
        goal="votes",
        made_at=campaign.clock(),
        made_by="cli:anna",
        budget=400_000,
        spent=399_870,
        currency="EUR",
        persons=3,
        contacts=2,
        reached=2,
        votes=412.3,
        votes_low=301.2,
        votes_high=528.9,
        bound=412.9,
        price=0.0007,
    )
    for option, cost, contacts in (("door:housing", 180, 2), ("post:climate", 62, 0)):
        channel, message = option.split(":")
        _insert(
            connection,
            "planning.option_total",
            plan_id=1,
            option=option,
            channel=channel,
            message=message,
            unit_cost=cost,
            eligible=3,
            contacts=contacts,
            cost=cost * contacts,
            votes=0.021 * contacts,
        )
    _limits(connection)
    for code, contacts in (("0113", 1), ("0114", 1)):
        _insert(
            connection,
            "planning.area_total",
            plan_id=1,
            area_code=code,
            channel="door",
            contacts=contacts,
            cost=180,
            votes=0.021,
        )
    _insert(connection, "planning.left_out", plan_id=1, reason="outbid", persons=1)
