"""What plans there are and what they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from commonweal.campaign import Campaign
from commonweal.planning.errors import CampaignOver, NoPlanInForce
from commonweal.planning.totals import (
    AreaTotal,
    DayTotal,
    DoorHours,
    Kind,
    LeftOut,
    LimitTotal,
    MadePlan,
    OptionTotal,
)
from commonweal.store.ledger import Connection

_PLAN = (
    "plan_id, name, status, goal, made_at, made_by, approved_at, approved_by, budget, spent, currency, persons,"
    " contacts, reached, votes, votes_low, votes_high, bound, price,"
    " most, basis, changes, without, first_day, last_day, apart, explored, forgone, difference,"
    " difference_error, spent_before, closed"
)


def plan(connection: Connection, plan_id: int) -> MadePlan | None:
    """One plan, or None."""
    row = connection.execute(f"SELECT {_PLAN} FROM planning.plan WHERE plan_id = %s", (plan_id,)).fetchone()
    return MadePlan(*row) if row else None


def plans(connection: Connection, limit: int = 20) -> list[MadePlan]:
    """The newest plans first."""
    rows = connection.execute(
        f"SELECT {_PLAN} FROM planning.plan ORDER BY plan_id DESC LIMIT %s", (limit,)
    ).fetchall()
    return [MadePlan(*row) for row in rows]


def latest(connection: Connection) -> MadePlan | None:
    """The plan made last, or None: a draft that waits for approval, or the one in force."""
    return next(iter(plans(connection, 1)), None)


def shown(connection: Connection) -> MadePlan | None:
    """The plan that people work by: the approved one, else the newest draft; None where there is none."""
    return in_force(connection) or latest(connection)


def option_totals(connection: Connection, plan_id: int) -> list[OptionTotal]:
    """By option, the one that gains most first."""
    rows = connection.execute(
        "SELECT option, channel, message, unit_cost, eligible, contacts, cost, votes, capacity, more"
        " FROM planning.option_total WHERE plan_id = %s ORDER BY votes DESC, option",
        (plan_id,),
    ).fetchall()
    return [OptionTotal(*row) for row in rows]


def limit_totals(connection: Connection, plan_id: int) -> list[LimitTotal]:
    """How the plan uses its limits, the budget first."""
    rows = connection.execute(
        "SELECT name, kind, unit, each, at_most, at_least, used, price FROM planning.limit_total WHERE plan_id = %s"
        " ORDER BY kind = 'money' DESC, kind, name",
        (plan_id,),
    ).fetchall()
    return [LimitTotal(name, Kind(kind), *rest) for name, kind, *rest in rows]


def door_hours(connection: Connection, plan_id: int) -> list[DoorHours]:
    """Volunteers' hours by area, where one more would gain most first; none where they are not counted."""
    rows = connection.execute(
        "SELECT area_code, available, used, price FROM planning.door_hours WHERE plan_id = %s"
        " ORDER BY price DESC, used DESC, area_code",
        (plan_id,),
    ).fetchall()
    return [DoorHours(*row) for row in rows]


def area_totals(connection: Connection, plan_id: int) -> list[AreaTotal]:
    """By area and channel, in the order of the areas' codes."""
    rows = connection.execute(
        "SELECT area_code, channel, contacts, cost, votes"
        " FROM planning.area_total WHERE plan_id = %s ORDER BY area_code, channel",
        (plan_id,),
    ).fetchall()
    return [AreaTotal(*row) for row in rows]


def day_totals(connection: Connection, plan_id: int) -> list[DayTotal]:
    """By day and channel, in the order of the days; none where the plan has no days."""
    rows = connection.execute(
        "SELECT day, channel, contacts, a_day, votes FROM planning.day_total WHERE plan_id = %s ORDER BY day, channel",
        (plan_id,),
    ).fetchall()
    return [DayTotal(*row) for row in rows]


def left_out(connection: Connection, plan_id: int) -> list[LeftOut]:
    """Whom the plan leaves out, by reason, the most frequent first."""
    rows = connection.execute(
        "SELECT reason, persons FROM planning.left_out WHERE plan_id = %s ORDER BY persons DESC, reason",
        (plan_id,),
    ).fetchall()
    return [LeftOut(*row) for row in rows]


def in_force(connection: Connection) -> MadePlan | None:
    """The approved plan, or None."""
    row = connection.execute(f"SELECT {_PLAN} FROM planning.plan WHERE status = 'approved'").fetchone()
    return MadePlan(*row) if row else None


def to_work_by(connection: Connection, campaign: Campaign) -> MadePlan:
    """The approved plan, by which people are contacted. Raises CampaignOver, NoPlanInForce."""
    check_not_over(campaign)
    found = in_force(connection)
    if found is None:
        raise NoPlanInForce
    return found


def check_not_over(campaign: Campaign) -> None:
    """Nobody is contacted after the last round. Raises CampaignOver."""
    if campaign.is_over:
        raise CampaignOver(day=campaign.last_round)


def chosen(
    connection: Connection, plan_id: int, options: Sequence[str], until: date | None = None
) -> list[tuple[int, str, date | None]]:
    """Whom the plan that the serving copy holds chooses for some options: person, option, and the day that it is meant for (None
    where the plan has no days), as far as the transaction's account may see them. until: without what is meant for later.
    """
    return connection.execute(
        "SELECT person_id, option, day FROM people.person CROSS JOIN LATERAL unnest(planned, days) AS o (option, day)"
        " WHERE plan_id = %(plan)s AND option = ANY (%(options)s)"
        " AND (day > %(until)s::date) IS NOT TRUE ORDER BY person_id, option",
        {"plan": plan_id, "options": list(options), "until": until},
    ).fetchall()
