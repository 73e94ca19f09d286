"""Erasure (GDPR 17): out of the ledger in one transaction, unseen in the lake at once, out of its files soon after.

What stays: the ids, which name nobody any more; that something was done on a day and what it cost; and the keyed
hashes by which a list that comes again does not bring the person back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent import points
from commonweal.consent.model import Channel, Suppressed
from commonweal.intake.normalise.names import name_keys
from commonweal.privacy import rules, tombstones
from commonweal.privacy.errors import NothingHeld
from commonweal.privacy.tombstones import Tombstone
from commonweal.store.ledger import Connection, LedgerRole

# What every read of the lake leaves out from the commit on.
_HIDDEN = (
    "INSERT INTO store.erased (erasure_id, kind, id, batch_id) SELECT %(erasure)s, kind, id, batch_id FROM ("
    " SELECT 'person' AS kind, unnest(%(subjects)s::bigint[]) AS id, NULL::integer AS batch_id"
    " UNION SELECT 'record', unnest(%(records)s::bigint[]), NULL"
    " UNION SELECT 'row', line, batch_id FROM people.record WHERE record_id = ANY (%(records)s)) hidden"
    " ON CONFLICT DO NOTHING"
)

# Why a merge was taken back is said of both.
_MERGES = (
    "SELECT event_id FROM identity.event"
    " WHERE kind = 'merge' AND (person_id = ANY (%(subjects)s) OR other_id = ANY (%(subjects)s))"
)

# By table: what is deleted or blanked, with %(subjects)s, %(records)s and %(points)s at hand; in the order of the rooms.
_CHANGES = {
    "intake.quarantine_row": "DELETE FROM intake.quarantine_row q USING people.record r"
    " WHERE r.record_id = ANY (%(records)s) AND q.batch_id = r.batch_id AND q.line = r.line",
    "people.name_word": "DELETE FROM people.name_word WHERE person_id = ANY (%(subjects)s)",
    "people.standing": "DELETE FROM people.standing WHERE person_id = ANY (%(subjects)s)",
    "people.record": "DELETE FROM people.record WHERE record_id = ANY (%(records)s)",
    "people.profile": "DELETE FROM people.profile WHERE person_id = ANY (%(subjects)s)",
    "people.overview": "UPDATE people.overview SET example = NULL WHERE example = ANY (%(subjects)s)",
    "identity.decision": "UPDATE identity.decision SET why = '' WHERE why <> ''"
    " AND (left_record = ANY (%(records)s) OR right_record = ANY (%(records)s) OR left_person = ANY (%(subjects)s)"
    f"   OR right_person = ANY (%(subjects)s) OR undoes IN ({_MERGES}))",
    "jobs.run": "UPDATE jobs.run SET arguments = arguments - 'why'"
    f" WHERE command = 'undo' AND arguments ? 'why' AND (arguments ->> 'event')::bigint IN ({_MERGES})",
    "identity.doubt": "DELETE FROM identity.doubt"
    " WHERE left_record = ANY (%(records)s) OR right_record = ANY (%(records)s)",
    "consent.consent": "UPDATE consent.consent SET evidence = '', source = ''"
    " WHERE subject = ANY (%(subjects)s) OR record_id = ANY (%(records)s)",
    "consent.holder": "DELETE FROM consent.holder WHERE person_id = ANY (%(subjects)s)",
    "interactions.event (pending)": "DELETE FROM interactions.event"
    " WHERE subject IS NULL AND contact_point = ANY (%(points)s)",
    "interactions.event": "UPDATE interactions.event SET contact_point = NULL, answers = NULL, device = NULL,"
    " source_code = NULL, record_id = NULL WHERE subject = ANY (%(subjects)s)",
    "mandate.told": "DELETE FROM mandate.told WHERE person_id = ANY (%(subjects)s)",
    "contacts.example": "DELETE FROM contacts.example WHERE subject = ANY (%(subjects)s)",
    "board.event": "UPDATE board.event SET text = NULL, detail = '{}' FROM board.action a"
    " WHERE a.action_id = event.action_id AND a.about = 'person' AND a.about_id = ANY (%(subjects)s)",
    "board.action": "UPDATE board.action SET what = '…', outcome = left(outcome, 0) || '…'"
    " WHERE about = 'person' AND about_id = ANY (%(subjects)s)",
    "privacy.correction": "DELETE FROM privacy.correction WHERE subject = ANY (%(subjects)s)",
    "privacy.request": "UPDATE privacy.request SET words = '' WHERE request_id IN"
    " (SELECT request_id FROM privacy.request_subject WHERE subject = ANY (%(subjects)s))",
}

_SUBJECTS = (
    "SELECT subject FROM identity.person_of WHERE person_id = ANY (%(persons)s)"
    " UNION SELECT unnest(%(persons)s::bigint[])"
)


def erase(
    campaign: Campaign, persons: Sequence[int], *, request_id: int | None = None, actor: str | None = None
) -> int:
    """Erase living persons, in one transaction; the receipt's id. The lake's files are written anew by `rewriting`.

    Raises NothingHeld, PointKeyMissing, PointKeyUnwritable.
    """
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        return bury(connection, campaign, persons, request_id=request_id, actor=actor)


def bury(
    connection: Connection,
    campaign: Campaign,
    persons: Sequence[int],
    *,
    request_id: int | None = None,
    actor: str | None = None,
) -> int:
    """`erase`, in the caller's transaction of the owner."""
    subjects = _ids(connection, _SUBJECTS, persons=list(persons))
    rows = _rows(connection, subjects)
    if not rows:
        raise NothingHeld
    records = [row["record_id"] for row in rows if row["record_id"] is not None]
    known = sorted(rules.known_by(_keyed(rows)))
    hashes = [(kind, points.contact_point(campaign, kind, value)) for kind, value in known]
    erasure_id = _receipt(connection, campaign, request_id, actor or campaign.actor)
    given = {"subjects": subjects, "records": records, "points": [number for _kind, number in hashes]}
    connection.execute(_HIDDEN, given | {"erasure": erasure_id})
    counts = {table: connection.execute(change, given).rowcount for table, change in _CHANGES.items()}
    connection.execute(
        "UPDATE privacy.erasure SET rows = %s WHERE erasure_id = %s",
        (Jsonb({table: count for table, count in counts.items() if count}), erasure_id),
    )
    consent.bury(connection, campaign, hashes)
    for subject in subjects:
        consent.suppress(connection, campaign, subject, Channel.ANY, Suppressed.ERASED, actor=actor)
    audit.record(
        connection,
        campaign,
        "privacy.erase",
        subject=f"erasure:{erasure_id}",
        persons=subjects,
        detail={"rows": sum(counts.values())},
        actor=actor,
    )
    stone = Tombstone(campaign.clock(), tuple(subjects), tuple(records), tuple(hashes))
    tombstones.append(campaign, [stone])
    return erasure_id


def _receipt(connection: Connection, campaign: Campaign, request_id: int | None, actor: str) -> int:
    row = connection.execute(
        "INSERT INTO privacy.erasure (request_id, erased_at, erased_by, rows) VALUES (%s, %s, %s, '{}')"
        " RETURNING erasure_id",
        (request_id, campaign.clock(), actor),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _rows(connection: Connection, subjects: Sequence[int]) -> list[dict[str, Any]]:
    """What the serving copy holds of the subjects: the profile and each record, as fields."""
    with connection.cursor(row_factory=dict_row) as cursor:
        profiles = cursor.execute(
            "SELECT NULL::bigint AS record_id, registration_number, email, phone, surname, given_name,"
            " birth_date::text AS birth_date FROM people.profile WHERE person_id = ANY (%s)",
            (list(subjects),),
        ).fetchall()
        records = cursor.execute(
            "SELECT record_id, given FROM people.record WHERE person_id = ANY (%s)", (list(subjects),)
        ).fetchall()
    return profiles + [{"record_id": row["record_id"], **row["given"]} for row in records]


def _keyed(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with their names folded, as intake folds them."""
    given = list(rows)
    keys = {
        name: name_keys(pa.array([row.get(name) for row in given], pa.string())).to_pylist()
        for name in ("surname", "given_name")
    }
    return [
        {**row, "surname_key": surname, "given_key": first}
        for row, surname, first in zip(given, keys["surname"], keys["given_name"], strict=True)
    ]


def _ids(connection: Connection, query: str, **given: Any) -> list[int]:
    return sorted(number for (number,) in connection.execute(query, given).fetchall())
