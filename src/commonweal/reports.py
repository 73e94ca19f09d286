"""How each command's report reads in a terminal. Machines take the same reports as JSON (`--json`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commonweal.audit.model import Fault, Verdict
from commonweal.campaign import Campaign
from commonweal.identity.model import ResolveReport
from commonweal.intake import queries as lists
from commonweal.intake.model import Batch, Preview, QuarantineCount, Status
from commonweal.jobs import queries as runs
from commonweal.jobs.model import Run
from commonweal.people import queries as people
from commonweal.planning import queries as plans
from commonweal.planning.totals import MadePlan, PlanReport
from commonweal.scoring.model import ScoreReport
from commonweal.store.ledger import LedgerRole
from commonweal.terminal import OUT, show_table
from commonweal.web import words

if TYPE_CHECKING:
    from commonweal.demo import DemoReport
    from commonweal.privacy.restoring import Restored
    from commonweal.store.backup import Backup
    from commonweal.study import Judged, StudyReport

_SHOWN_REASONS = 5


@dataclass(frozen=True)
class StatusReport:
    """Where a campaign stands."""

    name: str
    mode: str
    batches: tuple[Batch, ...]
    quarantine: tuple[QuarantineCount, ...]
    persons: int
    households: int
    plan: MadePlan | None
    runs: tuple[Run, ...]


def status(campaign: Campaign) -> StatusReport:
    """What is loaded, resolved and planned, and the last runs."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batches = [batch for batch in lists.batches(connection) if batch.status is Status.LOADED]
        overview = people.overview(connection)
        return StatusReport(
            name=campaign.settings.name,
            mode=campaign.settings.mode.value,
            batches=tuple(batches),
            quarantine=tuple(lists.quarantine_counts(connection)),
            persons=overview.persons if overview else 0,
            households=overview.households if overview else 0,
            plan=plans.latest(connection),
            runs=tuple(runs.recent(connection, 5)),
        )


def show_status(report: StatusReport) -> None:
    """Lists, persons, the latest plan and the last runs."""
    show_batches(report.batches)
    OUT.print(f"{report.persons:,} persons in {report.households:,} households.")
    if report.plan:
        OUT.print(f"Latest plan: {_plan_line(report.plan)}")
    rows = [(run.run_id, run.command, run.status.value, run.step) for run in report.runs]
    show_table("Last runs", ("run", "command", "status", "step"), rows)


def show_batches(batches: tuple[Batch, ...]) -> None:
    """One line a list: rows in, records, quarantined."""
    rows = [(b.batch_id, b.source, b.file_name, b.rows_read, b.records, b.quarantined) for b in batches]
    show_table("Lists", ("batch", "list", "file", "rows read", "records", "quarantined"), rows)


def show_batch(batch: Batch, folder: Path) -> None:
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
        OUT.print(f"{count:,} of the first {preview.sampled:,} rows: {reason}")
    OUT.print("Nothing was loaded.")


def _target(column: object) -> str:
    target = column.get("target", "") if isinstance(column, dict) else str(column)
    return target or "(left out)"


def show_resolve(report: ResolveReport) -> None:
    """Records to persons to households, and what changed."""
    OUT.print(
        f"[bold]{report.records:,}[/] records are [bold]{report.persons:,}[/] persons"
        f" in {report.households:,} households."
    )
    if not report.changed:
        OUT.print("Nothing has changed since the last run.")
        return
    rows = [(report.created, report.attached, report.merged, report.split)]
    show_table("Changes", ("new persons", "records attached", "merged", "split"), rows)


def show_score(report: ScoreReport) -> None:
    """One line a model: how well it tells voters apart, and how far its percentages can be trusted."""
    rows = [
        (
            model.kind.value,
            model.outcome,
            model.learnt_from,
            model.auc,
            model.calibration_error,
            model.half_width,
        )
        for model in report.models
    ]
    columns = ("model", "learnt from", "persons", "AUC", "calibration error", "± points (median)")
    show_table("Models", columns, rows)
    for each in report.skipped:
        OUT.print(f"[yellow]No {each.kind.value} model:[/] {each.reason}")
    told = (
        f"; effects of {len(report.options)} options from “{report.experiment}”" if report.experiment else ""
    )
    OUT.print(f"{report.scored:,} of {report.persons:,} persons scored{told}.")


def show_plan(report: PlanReport) -> None:
    """What a plan does, by option, and whom it leaves out."""
    plan = report.plan
    OUT.print(f"[bold]Plan {plan.plan_id}[/] “{plan.name}”: {_plan_line(plan)}")
    columns = ("option", "could have it", "at most", "contacts", "cost", "votes gained")
    rows = [
        (o.option, o.eligible, o.capacity, o.contacts, _money(o.cost, plan.currency), o.votes)
        for o in report.options
    ]
    show_table("By option", columns, rows)
    for each in report.options:
        if each.more:
            OUT.print(
                f"{each.option} is full: 100 more contacts would gain about {100 * each.more:,.2f} votes."
            )
    left = [(words.word("plan_reason", each.reason, str), each.persons) for each in report.left_out]
    show_table("Left out", ("why", "persons"), left)
    if plan.status == "draft":
        OUT.print("It is a draft: a director approves it on the pages, or: commonweal plan … --approve")


def _plan_line(plan: MadePlan) -> str:
    gain = f"{plan.votes:,.0f} votes gained (95%: {plan.votes_low:,.0f} to {plan.votes_high:,.0f})"
    if plan.goal == "turnout":
        gain = gain.replace("votes gained", "more voters")
    spent = f"{_money(plan.spent, plan.currency)} of {_money(plan.budget, plan.currency)}"
    return f"{plan.contacts:,} contacts to {plan.reached:,} persons for {spent}: {gain}"


def _money(minor: int, currency: str) -> str:
    return f"{minor / 100:,.2f} {currency}"


def show_demo(report: DemoReport) -> None:
    """The three things to know of the demo's night."""
    show_batches(report.batches)
    show_resolve(report.resolve)
    show_score(report.score)
    show_plan(report.plan)
    OUT.print(
        f"Done in {report.seconds:.0f} s. The campaign is in {report.campaign}: commonweal status -C {report.campaign}"
    )


_HABITS = {
    "random": "random households",
    "largest": "largest households first",
    "likeliest": "likeliest voters first",
}


def show_study(report: StudyReport) -> None:
    """What the plan was worth where nothing was learnt, beside the habits; and what was left out."""
    money = _money(report.budget, report.currency)
    OUT.print(
        f"[bold]{report.persons:,}[/] voters in {report.households:,} households. Learnt from half of them; the other"
        f" half ({report.planned_households:,} households) planned for {money}."
    )
    chosen = ", ".join(f"{count:,} {code}" for code, count in report.options.items() if count)
    OUT.print(f"The plan: {report.pieces:,} pieces for {_money(report.spent, report.currency)} ({chosen}).")
    OUT.print(
        f"Beside it, for the same money: the best single mailing ({report.habits[0].option}), to whom habit sends it."
    )
    show_table(
        "Votes gained per 1,000 pieces in the half that was not learnt from (95%)",
        ("choice", "main split", "all splits", "plan is ahead by", "ahead in"),
        [_judged_row(each) for each in (report.plan, *report.habits)],
        note="Inverse-propensity weighting, clustered by household. All splits: mean ± deviation; they share households.",
    )
    for each in report.habits:
        if not each.beaten_by_plan:
            OUT.print(
                f"[yellow]The plan does not clearly beat[/] the best single mailing to {_HABITS[each.name]}."
            )
    for code, why in report.left_out.items():
        OUT.print(f"Left out: {code}. {why}")
    if report.cost_of_leaving_out:
        cost = report.cost_of_leaving_out
        OUT.print(
            f"That costs {cost.value:.1f} votes per 1,000 pieces (95%: {cost.low:.1f} to {cost.high:.1f})."
            " Allow it: --with OPTION"
        )
    OUT.print(f"Mailing list, one piece a household: {report.mailing_list}")


def show_backup(made: Backup) -> None:
    """Where the backup is, and what has to be kept besides."""
    OUT.print(
        f"[green]✓[/] {len(made.manifest.files):,} files, {made.bytes / 1e6:,.1f} MB: {made.folder}",
        soft_wrap=True,
    )
    if seal := made.manifest.extra.get("audit"):
        OUT.print(f"Last seal of the audit: {seal['seal']}:{seal['hash']}", soft_wrap=True)
    OUT.print("The key of tombstones is not in it: keep that apart (docs/backup.md).")


def show_restored(told: Restored) -> None:
    """What came back."""
    OUT.print(f"[green]✓[/] {told.files:,} files, {told.bytes / 1e6:,.1f} MB: {told.folder}", soft_wrap=True)
    OUT.print(f"Erased again: {told.erased_again:,}.")
    show_verdict(told.audit)


_FAULTS = {
    Fault.SEAL_MISSING: "a seal is missing before it, or it is itself",
    Fault.SEAL_ALTERED: "does not follow from the seal before it",
    Fault.ENTRY_MISSING: "entries were taken out",
    Fault.ENTRY_ALTERED: "an entry, or the seal, was changed",
    Fault.ENTRY_INSERTED: "entries were put in",
    Fault.OTHER_CHAIN: "its hash is not the one that was noted",
}


def show_verdict(verdict: Verdict) -> None:
    """Whether the audit is whole; if not, where it is broken."""
    for each in verdict.breaks:
        OUT.print(f"[bold red]✗[/] Seal {each.seal_id} (entries {each.entries}): {_FAULTS[each.fault]}.")
    if verdict.inserted:
        OUT.print(f"[bold red]✗[/] Entries that no seal knows: {', '.join(map(str, verdict.inserted))}.")
    state = "[green]✓ Intact[/]" if verdict.intact else "[bold red]✗ Broken[/]"
    OUT.print(
        f"{state}: {verdict.entries:,} entries in {verdict.seals:,} seals; {verdict.unsealed:,} not sealed yet."
    )
    if verdict.last:
        OUT.print(f"Last seal: {verdict.last.seal_id}:{verdict.last.hash}", soft_wrap=True)


def _judged_row(each: Judged) -> tuple[str, ...]:
    main = f"{each.per_thousand.value:.0f} ({each.per_thousand.low:.0f} to {each.per_thousand.high:.0f})"
    spread = f"{each.spread_mean:.0f} ± {each.spread_deviation:.0f}"
    if each.ahead is None:
        return ("the plan", main, spread, "", "")
    ahead = f"{each.ahead.value:.0f} ({each.ahead.low:.0f} to {each.ahead.high:.0f})"
    return (_HABITS[each.name], main, spread, ahead, f"{each.plan_ahead_in} of {each.splits}")


def show_policy(rules: list[dict[str, Any]]) -> None:
    """A policy pack's rules."""
    show_table(
        "Rules", ("rule", "article", "what it says"), [(r["code"], r["article"], r["text"]) for r in rules]
    )


def show_trial(told: dict[str, Any]) -> None:
    """What a policy pack would refuse."""
    rows = [
        (each["use"], each["channel"], each["reachable"], each["refused"], each["possible"])
        for each in told["answers"]
    ]
    show_table(f"Under {told['pack']}", ("use", "channel", "could be", "refused", "still possible"), rows)
    rules = {
        (r["code"], r["article"], r["text"], r["remedy"]) for each in told["answers"] for r in each["rules"]
    }
    rules |= {
        (r["code"], r["article"], f"{name}: {r['text']}", r["remedy"])
        for found in told["fields"].values()
        for name, r in found.items()
    }
    show_table("Why, and what to do", ("rule", "article", "what it says", "what to do"), sorted(rules))
