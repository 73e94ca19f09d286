"""Where a campaign stands; what the demo's night brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commonweal.campaign import Campaign
from commonweal.contacts import due
from commonweal.contacts.due import Agenda
from commonweal.intake import queries as lists
from commonweal.intake.model import Batch, QuarantineCount, Status
from commonweal.jobs import queries as runs
from commonweal.jobs.model import Run
from commonweal.people import queries as people
from commonweal.planning import queries as plans
from commonweal.planning.totals import MadePlan
from commonweal.reports.deciding import plan_line, show_plan, show_score
from commonweal.reports.lists import show_batches, show_quarantine, show_resolve
from commonweal.store.ledger import LedgerRole
from commonweal.terminal import OUT, show_table
from commonweal.web import words

if TYPE_CHECKING:
    from commonweal.demo import DemoReport


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
    due: tuple[Agenda, ...]
    runs: tuple[Run, ...]


def status(campaign: Campaign) -> StatusReport:
    """What is loaded, resolved, planned and due, counted now, and the last runs."""
    due.count(campaign)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batches = [batch for batch in lists.batches(connection) if batch.status is Status.LOADED]
        living = {batch.batch_id for batch in batches}
        overview = people.overview(connection)
        return StatusReport(
            name=campaign.settings.name,
            mode=campaign.settings.mode.value,
            batches=tuple(batches),
            quarantine=tuple(
                count for count in lists.quarantine_counts(connection) if count.batch_id in living
            ),
            persons=overview.persons if overview else 0,
            households=overview.households if overview else 0,
            plan=plans.latest(connection),
            due=tuple(due.agenda(connection, campaign.today)),
            runs=tuple(runs.recent(connection, 5)),
        )


def show_status(report: StatusReport) -> None:
    """Lists, persons, the latest plan, what is due of the one in force, and the last runs."""
    show_batches(report.batches)
    show_quarantine(report.quarantine, {batch.batch_id: batch.source for batch in report.batches})
    OUT.print(f"{report.persons:,} persons in {report.households:,} households.")
    if report.plan:
        OUT.print(f"Latest plan: {plan_line(report.plan)}")
    if report.due:
        heads = ("channel", "overdue", "since", "due today", "in hand", "done today", "days ahead")
        show_table("Due", heads, [_due_row(agenda) for agenda in report.due])
    show_table(
        "Last runs", ("run", "what", "how it stands", "last step"), [_run_row(run) for run in report.runs]
    )


def _due_row(agenda: Agenda) -> tuple[object, ...]:
    ahead = sum(count for _day, count in agenda.coming)
    today = agenda.today
    return agenda.channel.value, agenda.overdue, agenda.since, today.open, agenda.held, today.made, ahead


def _run_row(run: Run) -> tuple[object, ...]:
    why = words.error(run.error, str) if run.error else words.step(run.step, str)
    what = words.word("command", run.command, str)
    return (run.run_id, what, words.word("run_status", run.status.value, str), why)


def show_demo(report: DemoReport) -> None:
    """The three things to know of the demo's night."""
    show_batches(report.batches)
    show_resolve(report.resolve)
    show_score(report.score)
    show_plan(report.plan)
    OUT.print(
        f"Done in {report.seconds:.0f} s. The campaign is in {report.campaign}: commonweal status -C {report.campaign}"
    )
