"""What became of lists, and who is who in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from commonweal.identity.model import ResolveReport
from commonweal.intake.model import Batch, Preview, QuarantineCount
from commonweal.terminal import OUT, show_table
from commonweal.web import words

_SHOWN_REASONS = 8


def show_batches(batches: tuple[Batch, ...]) -> None:
    """One line a list: rows in, records, quarantined."""
    rows = [(b.batch_id, b.source, b.file_name, b.rows_read, b.records, b.quarantined) for b in batches]
    show_table("Lists", ("batch", "list", "file", "rows read", "records", "quarantined"), rows)


def show_quarantine(counts: Sequence[QuarantineCount], lists: Mapping[int, str]) -> None:
    """Why rows were kept out, or single values set aside, most first, each with where the first stands.

    `lists`: the name of each batch's list.
    """
    most = sorted(counts, key=lambda count: -count.rows)
    rows = [
        (lists[each.batch_id], words.word("list_reason", each.reason, str), each.rows, _place(each))
        for each in most[:_SHOWN_REASONS]
    ]
    if rows:
        show_table("What could not be read, and why", ("list", "why", "how many", "for example"), rows)
        rest = f"{len(most) - len(rows)} more reasons, and the" if len(most) > len(rows) else "The"
        OUT.print(f"{rest} rows themselves: commonweal serve, page Lists.")


def _place(count: QuarantineCount) -> str:
    if count.line is None:
        return ""
    return f"line {count.line}" + (f", {count.column_name}" if count.column_name else "")


def show_batch(batch: Batch, kept_out: Sequence[QuarantineCount], folder: Path) -> None:
    """What became of one file."""
    if batch.already:
        OUT.print(
            f"These bytes are loaded already, as batch {batch.batch_id} of {batch.source}. Nothing to do."
        )
        return
    OUT.print(
        f"Batch {batch.batch_id}: [bold]{batch.rows_read:,}[/] rows read = {batch.records:,} records"
        f" + {batch.quarantined:,} in quarantine."
    )
    show_quarantine(kept_out, {batch.batch_id: batch.source})
    OUT.print(
        f"Mapping: {folder / 'sources' / batch.source}.toml (correct it and import again). Next: commonweal resolve"
    )


def show_preview(preview: Preview) -> None:
    """The mapping as it would be, with what the first row would say."""
    columns = preview.mapping.get("columns", {})
    first = preview.rows[0] if preview.rows else {}
    rows = [(name, first.get(name) or "", _target(columns.get(name, ""))) for name in preview.columns]
    origin = "guessed" if preview.guessed else "from sources/"
    show_table(f"{preview.source}: mapping {origin}", ("column", "first row", "means"), rows)
    for reason, count in sorted(preview.reasons.items(), key=lambda item: -item[1])[:_SHOWN_REASONS]:
        OUT.print(
            f"{count:,} of the first {preview.sampled:,} rows: {words.word('list_reason', reason, str)}"
        )
    OUT.print("Nothing was loaded.")


def _target(column: object) -> str:
    return words.target(column.get("target", "") if isinstance(column, dict) else str(column), str)


def show_resolve(report: ResolveReport) -> None:
    """Records to persons to households, and what changed."""
    OUT.print(
        f"[bold]{report.records:,}[/] records are [bold]{report.persons:,}[/] persons"
        f" in {report.households:,} households."
    )
    renewed = (report.new, report.renewed, report.gone)
    if any(renewed):
        new, changed, gone = (f"{number:,}" for number in renewed)
        OUT.print(
            f"{new} records are new, {changed} say something else than before, {gone} are gone;"
            f" {report.looked_at:,} persons were looked at."
        )
    if report.doubts:
        OUT.print(f"{report.doubts:,} pairs of records wait for somebody to say whether they are one person.")
    if report.overruled:
        OUT.print(f"{report.overruled:,} answers are not heard: newer ones say otherwise.")
    if not report.changed:
        OUT.print("Nothing has changed since the last run.")
        return
    rows = [(report.created, report.attached, report.merged, report.split)]
    show_table("Changes", ("new persons", "records attached", "merged", "split"), rows)
