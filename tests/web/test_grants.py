"""What the pages' PostgreSQL role may touch: table by table, and nothing besides."""

from __future__ import annotations

import re

from commonweal.store.ledger import Ledger

ALL = "*"

_READ = (
    "contacts.batch",
    "contacts.claim",
    "contacts.counted",
    "contacts.due",
    "contacts.example",
    "contacts.overview",
    "contacts.pressure",
    "contacts.spending",
    "contacts.stopped",
    "contacts.tally",
    "experiments.analysis",
    "experiments.arm",
    "experiments.experiment",
    "experiments.result",
    "identity.doubt",
    "identity.event",
    "identity.person_of",
    "identity.redirect",
    "identity.run",
    "intake.batch",
    "intake.quarantine_count",
    "intake.quarantine_row",
    "intake.source",
    "interactions.event",
    "mandate.both",
    "mandate.counted",
    "mandate.heard",
    "mandate.published",
    "mandate.reach",
    "mandate.told",
    "mandate.week",
    "messages.named",
    "people.area",
    "people.counted",
    "people.known",
    "people.name_word",
    "people.origin",
    "people.overview",
    "people.person",
    "people.profile",
    "people.record",
    "people.standing",
    "people.street",
    "planning.area_total",
    "planning.day_total",
    "planning.door_hours",
    "planning.left_out",
    "planning.limit_total",
    "planning.option_total",
    "scoring.run",
    "store.snapshot",
)

# Table: {right: columns}. A room that grants the pages more has to say so here.
WEB: dict[str, dict[str, str]] = {table: {"SELECT": ALL} for table in _READ} | {
    "access.account": {
        "INSERT": "areas created_at email language name role",
        "SELECT": ALL,
        "UPDATE": "areas closed_at language name role",
    },
    "experiments.exploration": {"INSERT": ALL, "SELECT": ALL},
    "access.link": {"INSERT": ALL, "SELECT": ALL, "UPDATE": "used_at"},
    "access.password": {"INSERT": ALL, "SELECT": ALL, "UPDATE": ALL},
    "access.session": {"INSERT": ALL, "SELECT": ALL, "UPDATE": "account_id ended_at seen_at"},
    "access.token": {
        "INSERT": "made_at made_by scopes sender token_sha256",
        "SELECT": ALL,
        "UPDATE": "revoked_at used_at",
    },
    "consent.approach": {"INSERT": ALL, "SELECT": "channel subject"},
    "consent.consent": {"INSERT": ALL, "SELECT": ALL},
    "consent.suppression": {"INSERT": ALL, "SELECT": ALL},
    "identity.decision": {"INSERT": ALL, "SELECT": ALL},
    "audit.entry": {"INSERT": ALL, "SELECT": ALL},
    "audit.seal": {"SELECT": ALL},
    "privacy.correction": {"INSERT": ALL, "SELECT": ALL},
    "privacy.erasure": {"SELECT": ALL},
    "privacy.request": {"INSERT": ALL, "SELECT": ALL, "UPDATE": ALL},
    "privacy.request_subject": {"DELETE": ALL, "INSERT": ALL, "SELECT": ALL},
    "board.action": {
        "INSERT": "about about_code about_id area_code changed_at concerned due owners what written_at written_by",
        "SELECT": ALL,
        "UPDATE": "changed_at closed_at concerned due outcome owners state version what",
    },
    "board.event": {"INSERT": "action_id at by detail key kind text", "SELECT": ALL},
    "contacts.rules": {"INSERT": ALL, "SELECT": ALL},
    "mandate.budget": {"INSERT": ALL, "SELECT": ALL, "UPDATE": ALL},
    "mandate.carries": {"INSERT": ALL, "SELECT": ALL},
    "mandate.event": {"INSERT": "at before by key kind promise_id", "SELECT": ALL},
    "mandate.funding": {"DELETE": ALL, "INSERT": ALL, "SELECT": ALL},
    "mandate.judgement": {"INSERT": "answer at by one other reason", "SELECT": ALL},
    "mandate.lever": {"INSERT": ALL, "SELECT": ALL},
    "mandate.notice": {"INSERT": ALL, "SELECT": ALL, "UPDATE": ALL},
    "mandate.override": {"INSERT": "at by reason stands version_id yields", "SELECT": ALL},
    "mandate.promise": {
        "INSERT": "changed_at cost gains issue language made_at made_by pays public source text",
        "SELECT": ALL,
        "UPDATE": "changed_at cost gains issue language outcome pays public source status text version",
    },
    "mandate.publication": {"INSERT": "address at by controlled_by email heard open sponsor", "SELECT": ALL},
    "mandate.pull": {"DELETE": ALL, "INSERT": ALL, "SELECT": ALL},
    "messages.message": {"INSERT": ALL, "SELECT": ALL},
    "messages.text": {"INSERT": ALL, "SELECT": ALL},
    "messages.withdrawal": {"INSERT": ALL, "SELECT": ALL},
    "messages.version": {
        "INSERT": "code number written_at written_by",
        "SELECT": ALL,
        "UPDATE": "approved_at approved_by",
    },
    "jobs.run": {"INSERT": ALL, "SELECT": ALL, "UPDATE": "stop_asked"},
    "people.universe": {"DELETE": ALL, "INSERT": ALL, "SELECT": ALL, "UPDATE": ALL},
    "planning.plan": {"SELECT": ALL, "UPDATE": "approved_at approved_by status"},
    "planning.rule": {"INSERT": "at by kept messages narrow", "SELECT": ALL},
    "scoring.model": {"SELECT": "card kind model_id run_id trained_at"},
}


def found(ledger: Ledger) -> dict[str, dict[str, str]]:
    with ledger.read() as connection:
        rows = connection.execute(
            "SELECT n.nspname || '.' || c.relname, p.act,"
            "   has_table_privilege(r.name, c.oid, p.act),"
            "   array(SELECT a.attname::text FROM pg_attribute a"
            "         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND p.act <> 'DELETE'"
            "           AND has_column_privilege(r.name, c.oid, a.attname, p.act) ORDER BY a.attname)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p (act)"
            " CROSS JOIN (SELECT name FROM store.role WHERE role = 'web') r"
            " WHERE c.relkind IN ('r', 'v', 'm', 'p')"
            "   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            " ORDER BY 1, 2"
        ).fetchall()
    rights: dict[str, dict[str, str]] = {}
    for table, right, whole, columns in rows:
        if whole or columns:
            rights.setdefault(table, {})[right] = ALL if whole else " ".join(columns)
    return rights


def test_the_pages_may_touch_exactly_this(ledger: Ledger) -> None:
    assert found(ledger) == WEB


def test_every_table_says_for_whom_it_is(ledger: Ledger) -> None:
    with ledger.read() as connection:
        silent = connection.execute(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'v', 'p')"
            "   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            "   AND coalesce(obj_description(c.oid), '') NOT LIKE '%%For: %%'"
        ).fetchall()
    assert silent == []


def test_tables_with_persons_are_guarded_row_by_row(ledger: Ledger) -> None:
    with ledger.read() as connection:
        open_to_all = connection.execute(
            "SELECT DISTINCT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('person_id', 'record_id', 'cells')"
            " CROSS JOIN (SELECT name FROM store.role WHERE role = 'web') r"
            " WHERE c.relkind = 'r' AND NOT c.relrowsecurity AND has_table_privilege(r.name, c.oid, 'SELECT')"
            " ORDER BY 1"
        ).fetchall()
    # Ids alone, of persons that were merged: nothing about anybody.
    assert open_to_all == [("identity.event",), ("identity.redirect",)]


def test_each_table_is_open_to_whom_its_comment_names_and_to_nobody_else(ledger: Ledger) -> None:
    """Every table of every room, for every role: what is not said is not allowed."""
    with ledger.read() as connection:
        rows = connection.execute(
            "SELECT n.nspname || '.' || c.relname, split_part(obj_description(c.oid), 'For: ', 2), r.role,"
            "   has_any_column_privilege(r.name, c.oid, 'SELECT, INSERT, UPDATE')"
            "   OR has_table_privilege(r.name, c.oid, 'DELETE, TRUNCATE')"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN store.role r"
            " WHERE c.relkind IN ('r', 'v', 'm', 'p') AND NOT c.relispartition"
            "   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1, 3"
        ).fetchall()
    wrong = [
        (table, role, "has rights that are not told" if granted else "is named and has none")
        for table, told, role, granted in rows
        if granted != bool(re.search(rf"\ball \(read\)|\b{role}\b", told))
    ]
    assert wrong == []
    assert len(rows) > 150


def test_what_is_due_is_counted_by_bulk_alone(ledger: Ledger) -> None:
    with ledger.read() as connection:
        rows = connection.execute(
            "SELECT role FROM store.role WHERE has_table_privilege(name, 'contacts.due', 'INSERT, UPDATE, DELETE')"
        ).fetchall()
    assert [role for (role,) in rows if role != "owner"] == ["bulk"]


def test_no_function_is_open_to_all_and_none_that_acts_for_its_owner_looks_names_up(ledger: Ledger) -> None:
    """A SECURITY DEFINER function without a search path of its own could be led to another's tables."""
    with ledger.read() as connection:
        open_to_all = connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)"
        ).fetchall()
        led = connection.execute(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE prosecdef AND NOT coalesce('search_path=\"\"' = ANY (proconfig), false)"
        ).fetchall()
        acting = connection.execute("SELECT count(*) FROM pg_proc WHERE prosecdef").fetchone()
    assert (open_to_all, led) == ([], [])
    assert acting is not None
    assert acting[0] >= 10
