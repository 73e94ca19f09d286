"""Publishing: the serving copy in the ledger brought in line with the lake, touching only rows that differ.

Each table of the copy remembers what it was made from; one whose inputs are as they were is passed over. The others
are streamed into staging tables first; then one transaction merges them all, so that a page sees the state before or
the state after.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.errors import _
from commonweal.jobs.model import Progress, silent
from commonweal.people import inputs, serving
from commonweal.people.grammar import parse
from commonweal.people.model import PublishReport
from commonweal.people.selection_sql import condition
from commonweal.store.ledger import Connection, LedgerRole

COMMAND = "publish"
"""What a run of it is called: a plan is handed out once it is approved and stands in the serving copy."""
_DOING = _("publishing people")
_VACUUM_FROM = 0.1  # of a table's rows touched; below, autovacuum will do
_PROFILE = ("people.profile", "people.vote", "people.attribute", "identity.household")
_RECORDS = ("intake.record", "intake.vote", "intake.attribute", "identity.link", "people.profile")


@dataclass(frozen=True)
class _Part:
    """One table of the serving copy: its key, what it is made from, its rows."""

    target: str
    key: tuple[str, ...]
    made_from: str  # a hash: it changes with the inputs
    rows: Callable[[], pa.RecordBatchReader | pa.Table]


@dataclass
class _Work:
    """What one publish has to do, and has done."""

    due: list[_Part]
    made_from: dict[str, str]
    touched: dict[str, int] = field(default_factory=dict)


def publish(campaign: Campaign, progress: Progress = silent) -> PublishReport:
    """Bring the serving copy in line with the lake, and count the universes anew.

    At most one publish runs at a time; raises LedgerLocked when another one stays for ten minutes.
    """
    with campaign.ledger.lock("people.publish", wait=600) as alone:
        work = _work(campaign)
        with ExitStack() as stack:
            staged = {}
            for done, part in enumerate(work.due):
                progress(done, 2 * len(work.due), _DOING)
                staged[part] = stack.enter_context(campaign.bridge.staged(part.rows()))
            with campaign.ledger.transaction(LedgerRole.BULK) as connection:
                for done, (part, staging) in enumerate(staged.items(), len(staged)):
                    progress(done, 2 * len(work.due), _DOING)
                    merged = campaign.bridge.merge(connection, staging, part.target, part.key)
                    work.touched[part.target] = merged.touched
                persons = _conclude(connection, campaign, work)
                alone.check(connection)
    _vacuum(campaign, work, persons)
    consent.find_holders(campaign)
    progress(2 * len(work.due), 2 * len(work.due), _DOING)
    return PublishReport(persons, {target: rows for target, rows in work.touched.items() if rows})


def _work(campaign: Campaign) -> _Work:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        row = connection.execute("SELECT made_from FROM people.overview").fetchone()
        plan_id = inputs.plan_shown(connection)
    before: dict[str, str] = row[0] if row else {}
    parts = _parts(campaign, plan_id)
    due = [part for part in parts if before.get(part.target) != part.made_from]
    return _Work(due, {part.target: part.made_from for part in parts})


def _parts(campaign: Campaign, plan_id: int | None) -> list[_Part]:
    lake, standing = campaign.lake, inputs.read_standing(campaign)

    def part(
        target: str, key: tuple[str, ...], rows: Callable[[], Any], *names: str, also: object = None
    ) -> _Part:
        return _Part(target, key, inputs.fingerprint(lake, names, also), rows)

    return [
        part("people.profile", ("person_id",), lambda: serving.profiles(lake), *_PROFILE),
        part("people.origin", ("origin",), lambda: serving.origins(lake, standing.batches), "people.origin"),
        part(
            "people.name_word",
            ("word", "sort_key", "person_id"),
            lambda: serving.name_words(lake),
            "people.profile",
        ),
        part(
            "people.record",
            ("record_id",),
            lambda: serving.records(lake, inputs.living(lake, standing.loaded), standing.batches),
            *_RECORDS,
            also=standing.loaded,
        ),
        part("people.known", ("kind", "name"), lambda: serving.known(lake), *_PROFILE),
        part(
            "people.standing",
            ("person_id",),
            lambda: serving.standings(lake, plan_id),
            "people.profile",
            "scoring.score",
            "planning.contact",
            also=plan_id,
        ),
    ]


def _conclude(connection: Connection, campaign: Campaign, work: _Work) -> int:
    """What follows from the merged tables, in their transaction: streets, overview, universes, audit."""
    _leave_out_erased(connection)
    if work.touched.get("people.profile"):
        _count_streets(connection)
    persons = _oversee(connection, campaign, work)
    _count_universes(connection, campaign)
    audit.record(connection, campaign, "people.publish", detail={"persons": persons, "touched": work.touched})
    return persons


def _leave_out_erased(connection: Connection) -> None:
    """Those who were erased while their rows were being staged."""
    for table in ("people.profile", "people.standing", "people.name_word", "people.record"):
        column = sql.Identifier("record_id" if table == "people.record" else "person_id")
        connection.execute(
            sql.SQL("DELETE FROM {} t USING store.erased e WHERE e.kind = {} AND e.id = t.{}").format(
                sql.Identifier(*table.split(".")),
                "record" if table == "people.record" else "person",
                column,
            )
        )


def _count_streets(connection: Connection) -> None:
    connection.execute("DELETE FROM people.street")
    connection.execute(
        "INSERT INTO people.street (street_key, persons) SELECT street_key, count(*) FROM people.profile"
        " WHERE street_key IS NOT NULL GROUP BY street_key"
    )


# The example is found on most lists (an experiment's is none of her doing), of those a woman, if it can be once on each,
# and with the most that is known of her.
_EXAMPLE = """
    WITH experiment AS (SELECT array_agg(name) AS names FROM intake.source WHERE kind = 'experiment')
    SELECT person_id
    FROM people.profile CROSS JOIN LATERAL (
        SELECT coalesce(lists && (SELECT names FROM experiment), false)::integer AS tried
    ) t
    ORDER BY sources - tried DESC, sex = 'f' DESC NULLS LAST, tried, records = sources DESC,
        num_nonnulls(given_name, surname, birth_date, street, email, phone, area_code) DESC,
        num_nonnulls(latitude, registration_number) DESC, person_id
    LIMIT 1
"""


def _oversee(connection: Connection, campaign: Campaign, work: _Work) -> int:
    """Count again what changed; the number of persons."""
    if not {"people.profile", "people.record"} & work.touched.keys():
        connection.execute(
            "UPDATE people.overview SET at = %s, made_from = %s", (campaign.clock(), Jsonb(work.made_from))
        )
        row = connection.execute("SELECT persons FROM people.overview").fetchone()
        return int(row[0]) if row else 0
    by_lists: dict[int, int] = dict(
        connection.execute(
            "SELECT sources, count(*) FROM people.profile GROUP BY sources ORDER BY sources"
        ).fetchall()
    )
    counts = connection.execute(
        "SELECT (SELECT count(DISTINCT household_id) FROM people.profile), (SELECT count(*) FROM people.record)"
    ).fetchone()
    example = connection.execute(_EXAMPLE).fetchone()
    assert counts is not None
    persons = sum(by_lists.values())
    connection.execute("DELETE FROM people.overview")
    connection.execute(
        "INSERT INTO people.overview (at, persons, households, records, by_lists, example, made_from)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            campaign.clock(),
            persons,
            *counts,
            Jsonb(by_lists),
            example[0] if example else None,
            Jsonb(work.made_from),
        ),
    )
    return persons


def _count_universes(connection: Connection, campaign: Campaign) -> None:
    rows = connection.execute(
        "SELECT universe_id, expression FROM people.universe ORDER BY universe_id"
    ).fetchall()
    for universe_id, expression in rows:
        meant = condition(parse(expression), campaign.today)
        connection.execute(
            sql.SQL(
                "UPDATE people.universe SET counted_at = %(now)s,"
                " persons = (SELECT count(*) FROM people.counted WHERE {}) WHERE universe_id = %(universe)s"
            ).format(meant.where),
            {**meant.parameters, "now": campaign.clock(), "universe": universe_id},
        )


def _vacuum(campaign: Campaign, work: _Work, persons: int) -> None:
    """Search needs the visibility map, and the planner its statistics, at once and not when autovacuum comes by."""
    due = [target for target, rows in work.touched.items() if rows > _VACUUM_FROM * persons]
    if not due:
        return
    with psycopg.connect(campaign.ledger.url(LedgerRole.OWNER), autocommit=True) as connection:
        for target in due:
            table = sql.Identifier(*target.split("."))
            connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(table))
