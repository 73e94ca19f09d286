"""The lists: what was loaded, what is in quarantine and why, what each column was taken for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from commonweal.access.model import Permission
from commonweal.access.queries import names
from commonweal.audit.actions import record
from commonweal.intake import queries
from commonweal.intake.model import Batch, Source, Status
from commonweal.intake.rules import VALUE_REASONS
from commonweal.jobs import actions as jobs
from commonweal.store.ledger import Connection
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html

_EXAMPLES = 12


@dataclass(frozen=True)
class LoadedList:
    """A list with its batches, the newest first, and why rows of the living ones are in quarantine."""

    source: Source
    batches: tuple[Batch, ...]
    reasons: tuple[tuple[str, int], ...]

    @property
    def loaded(self) -> tuple[Batch, ...]:
        """The batches whose rows count."""
        return tuple(batch for batch in self.batches if batch.status is Status.LOADED)

    @property
    def rows_read(self) -> int:
        """Of all batches that count, as `records`, `quarantined` and `set_aside`."""
        return sum(batch.rows_read for batch in self.loaded)

    @property
    def records(self) -> int:
        """Rows that became records."""
        return sum(batch.records for batch in self.loaded)

    @property
    def quarantined(self) -> int:
        """Rows that did not."""
        return sum(batch.quarantined for batch in self.loaded)

    @property
    def set_aside(self) -> int:
        """Single values left out of rows that became records."""
        return sum(batch.set_aside for batch in self.loaded)


def loaded_lists(connection: Connection) -> list[LoadedList]:
    """Every list with its batches, the one with most rows first."""
    batches = queries.batches(connection)
    living = {batch.batch_id: batch.source for batch in batches if batch.status is Status.LOADED}
    reasons: dict[str, Counter[str]] = {}
    for count in queries.quarantine_counts(connection):
        if count.batch_id in living and count.reason not in VALUE_REASONS:
            reasons.setdefault(living[count.batch_id], Counter())[count.reason] += count.rows
    found = [
        LoadedList(
            source,
            tuple(
                sorted(
                    (b for b in batches if b.source == source.name), key=lambda b: b.batch_id, reverse=True
                )
            ),
            tuple(reasons.get(source.name, Counter()).most_common()),
        )
        for source in queries.sources(connection)
    ]
    return sorted(found, key=lambda each: (-each.rows_read, each.source.name))


@get("/lists", opt=needs(Permission.SEE_LISTS), sync_to_thread=True)
def lists_page(visit: Here) -> Html:
    """All lists and their batches."""
    with visit.read() as connection:
        return visit.page("lists.html", lists=loaded_lists(connection), actors=names(connection))


@get("/lists/{token:str}", opt=needs(Permission.SEE_LISTS), sync_to_thread=True)
def batch_page(visit: Here, token: FromPath[str]) -> Html:
    """One batch: its counts, its quarantine with examples, its mapping. Examples are persons' data: a look is noted."""
    batch_id = visit.id_of("batch", token)
    reason = visit.request.query_params.get("reason") or None
    with visit.transaction() as connection:
        batch = queries.batch(connection, batch_id)
        examples = queries.quarantine_rows(connection, batch_id, reason, _EXAMPLES)
        if examples:
            detail = {"rows": len(examples), "reason": reason}
            record(
                connection,
                visit.campaign,
                "look_at_rows",
                subject=f"batch:{batch_id}",
                detail=detail,
                actor=visit.actor,
            )
        return visit.page(
            "batch.html", token=token, reason=reason, examples=examples, **_batch(connection, batch)
        )


@post("/lists/{token:str}/take-back", opt=needs(Permission.TAKE_BACK), sync_to_thread=True)
def take_back(visit: Here, token: FromPath[str]) -> Response[Any]:
    """Queue the taking back of a batch: the worker changes the lake, pages never do."""
    batch_id = visit.id_of("batch", token)
    campaign = visit.campaign
    with visit.transaction() as connection:
        queries.batch(connection, batch_id)
        record(connection, campaign, "ask_to_take_back", subject=f"batch:{batch_id}", actor=visit.actor)
    jobs.queue(campaign.ledger, campaign.clock, "take_back", {"batch_id": batch_id}, visit.actor)
    return visit.go("/runs")


def _batch(connection: Connection, batch: Batch) -> dict[str, Any]:
    counts = queries.quarantine_counts(connection, batch.batch_id)
    source = next(each for each in queries.sources(connection) if each.name == batch.source)
    return {
        "batch": batch,
        "source": source,
        "actors": names(connection),
        "rows_by_reason": [count for count in counts if count.reason not in VALUE_REASONS],
        "values_by_reason": [count for count in counts if count.reason in VALUE_REASONS],
        "columns": _columns(source, batch) if source.mapping_version == batch.mapping_version else None,
    }


def _columns(source: Source, batch: Batch) -> list[tuple[str, dict[str, Any]]]:
    """What each column of the file was taken for, in the file's order."""
    mapped: dict[str, dict[str, Any]] = source.mapping.get("columns", {})
    return [(header, mapped.get(header, {})) for header in batch.columns]


ROUTES: list[HTTPRouteHandler] = [lists_page, batch_page, take_back]
