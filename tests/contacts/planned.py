"""A plan in force with its contacts in the serving copy, each with a day or none, as a publish would leave it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole

OPTIONS = """
[[option]]
code = "door:housing"
channel = "door"
message = "housing"
unit_cost = 180
per = "household"

[[option]]
code = "sms:reminder"
channel = "sms"
message = "vote_reminder"
unit_cost = 5

[[option]]
code = "phone:housing"
channel = "phone"
message = "housing"
unit_cost = 90
"""

Contact = tuple[int, str, date | None]
"""A person, an option, a day."""


def put_in_force(campaign: Campaign, contacts: Iterable[Contact], plan_id: int = 1) -> None:
    """The plan of these contacts; the one before is replaced."""
    (campaign.folder / "options.toml").write_text(OPTIONS)
    by_person: dict[int, list[tuple[str, date | None]]] = {}
    for person, option, day in contacts:
        by_person.setdefault(person, []).append((option, day))
    days = [day for planned in by_person.values() for _option, day in planned if day]
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute("UPDATE planning.plan SET status = 'replaced' WHERE status = 'approved'")
        connection.execute(
            "INSERT INTO planning.plan (plan_id, name, status, goal, made_at, made_by, approved_at, approved_by, budget, spent,"
            " currency, persons, contacts, reached, votes, votes_low, votes_high, bound, price, first_day, last_day, apart)"
            " VALUES (%(plan)s, 'Tonight', 'approved', 'votes', %(now)s, 'test', %(now)s, 'test', 1000, 500, 'EUR', 9, 9, 9, 1, 0,"
            " 2, 1, 0, %(first)s, %(last)s, %(apart)s)",
            {
                "plan": plan_id,
                "now": campaign.clock(),
                "first": min(days, default=None),
                "last": max(days, default=None),
                "apart": 1 if days else None,
            },
        )
        for option in {option for planned in by_person.values() for option, _day in planned}:
            channel, message = option.split(":")
            connection.execute(
                "INSERT INTO planning.option_total (plan_id, option, channel, message, unit_cost, eligible, contacts, cost, votes)"
                " VALUES (%s, %s, %s, %s, 180, 9, 9, 1, 1)",
                (plan_id, option, channel, {"reminder": "vote_reminder"}.get(message, message)),
            )
        connection.execute("DELETE FROM people.standing")
        for person, planned in by_person.items():
            connection.execute(
                "INSERT INTO people.standing (person_id, area_code, plan_id, planned, days, reason, votes_gained, votes_error)"
                " SELECT person_id, area_code, %s, %s, %s::date[], 'chosen', %s, %s FROM people.profile WHERE person_id = %s",
                (
                    plan_id,
                    *map(list, zip(*planned, strict=True)),
                    [0.1] * len(planned),
                    [0.1] * len(planned),
                    person,
                ),
            )


def move(campaign: Campaign, homes: dict[int, tuple[str, int]]) -> None:
    """Let persons live at a number of a street, each in a household of their own."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        for person, (street, number) in homes.items():
            connection.execute(
                "UPDATE people.profile SET street = %s, street_key = %s, house_number = %s, household_id = 1000 + person_id"
                " WHERE person_id = %s",
                (street, street, str(number), person),
            )
