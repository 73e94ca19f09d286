"""What a run writes into the ledger: its weights and census, itself, what it did to persons, where former ids lead."""

from __future__ import annotations

from psycopg import sql
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.identity import queries, rules
from commonweal.identity.model import Census, LinkModel, ResolveReport
from commonweal.identity.undoing import TakingBack
from commonweal.store.ledger import Connection

Kept = tuple[int, LinkModel]
"""A model with its number."""


def keep_model(connection: Connection, campaign: Campaign, model: LinkModel, records: int) -> Kept:
    """Keep weights that were learnt from so many records, for the runs to come."""
    row = connection.execute(
        "INSERT INTO identity.model (made_at, definition, records, weights) VALUES (%s, %s, %s, %s)"
        " RETURNING model_id",
        (campaign.clock(), model.definition, records, Jsonb(model.as_json())),
    ).fetchone()
    assert row is not None
    return int(row[0]), model


def keep_census(
    connection: Connection, campaign: Campaign, kept: Kept | None, census: Census | None
) -> int | None:
    """Keep a census that was taken with these weights; its number, None where there is none to keep."""
    if kept is None or census is None:
        return None
    row = connection.execute(
        "INSERT INTO identity.census (at, model_id, counts) VALUES (%s, %s, %s) RETURNING census_id",
        (campaign.clock(), kept[0], Jsonb(census.as_json())),
    ).fetchone()
    assert row is not None
    return int(row[0])


def note_run(
    connection: Connection,
    campaign: Campaign,
    report: ResolveReport,
    kept: Kept | None,
    made_from: str,
    heard: int,
    census: int | None,
    left_behind: object,
) -> int:
    """The run itself; its number."""
    row = connection.execute(
        "INSERT INTO identity.run"
        " (at, actor, model_id, changed, records, persons, households, made_from, heard, doubts, census_id,"
        " left_behind, renewed, looked_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING run_id",
        (
            *(campaign.clock(), campaign.actor, kept[0] if kept else None, report.changed),
            *(report.records, report.persons, report.households, made_from, heard, report.doubts, census),
            *(
                left_behind and Jsonb(left_behind),
                report.new + report.renewed + report.gone,
                report.looked_at,
            ),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def note_events(connection: Connection, run_id: int, staged: sql.Identifier) -> None:
    """What it did to persons: `staged` has the schema chronicle.EVENT."""
    connection.execute(
        sql.SQL(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, records)"
            " SELECT {}, kind, person_id, other_id, number, records::bigint[] FROM {}"
        ).format(sql.Literal(run_id), staged)
    )


def redirect(connection: Connection, run_id: int, merged: dict[int, int]) -> None:
    """Point the merged persons, and those merged into them before, to those who live."""
    redirects = rules.flattened(queries.redirects_to(connection, merged), merged)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO identity.redirect (subject, person_id, run_id) VALUES (%s, %s, %s)"
            " ON CONFLICT (subject) DO UPDATE SET person_id = excluded.person_id, run_id = excluded.run_id",
            [(subject, person, run_id) for subject, person in redirects.items()],
        )


def audited(
    connection: Connection, campaign: Campaign, run_id: int, report: ResolveReport, back: TakingBack | None
) -> None:
    """The run, and the merge that it took back."""
    detail = {"run": run_id, "persons": report.persons, "merged": report.merged, "split": report.split}
    audit.record(connection, campaign, "resolve", detail=detail)
    if back:
        audit.record(
            connection,
            campaign,
            "identity.undo",
            persons=[back.gone, back.living],
            detail={"run": run_id, "merge": back.asked.event_id},
            actor=back.asked.actor,
        )
