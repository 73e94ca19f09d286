"""What people see in a terminal: progress bars, tables, errors. Machines get one JSON object instead.

Progress and errors go to standard error, results to standard output, so that a pipe carries results only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from commonweal.errors import CommonwealError
from commonweal.jobs.plain import as_plain

OUT = Console(soft_wrap=False)
ERR = Console(stderr=True)


class _Bars:
    """One bar a step: a new step finishes the bar before it. Nothing is drawn before the first."""

    def __init__(self) -> None:
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=ERR)
        self._task: TaskID | None = None
        self._step = ""

    def __call__(self, done: int, total: int | None, step: str) -> None:
        if step != self._step:
            self.finish()
            self._progress.start()
            self._task = self._progress.add_task(step, total=total)
            self._step = step
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total)

    def finish(self) -> None:
        """Mark the present bar as complete."""
        if self._task is None:
            return
        task = next(each for each in self._progress.tasks if each.id == self._task)
        total = task.total or max(task.completed, 1)
        self._progress.update(self._task, completed=total, total=total)

    def stop(self) -> None:
        """Leave the bars of finished steps; one that stands still above an error would tell nothing."""
        for task in self._progress.tasks:
            if not task.finished:
                self._progress.remove_task(task.id)
        if self._progress.tasks:
            self._progress.stop()
        else:
            self._progress.live.transient = True
            self._progress.live.stop()


@contextmanager
def progress_bars() -> Iterator[_Bars]:
    """Progress bars on standard error, for as long as the block runs."""
    bars = _Bars()
    try:
        yield bars
        bars.finish()
    finally:
        bars.stop()


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """A table for people; columns of numbers are aligned to the right."""
    table = Table(caption=note or None, caption_justify="left")
    for position, name in enumerate(columns):
        numeric = bool(rows) and all(
            isinstance(row[position], int | float) or row[position] is None for row in rows
        )
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    OUT.print(f"[bold]{title}[/]")
    OUT.print(table)


def show_block(head: str, *lines: str) -> None:
    """A bold head, and what belongs to it beneath, each line wrapped to the terminal; empty ones are left out."""
    width = min(OUT.width, 100)
    OUT.print(Text(head, "bold"), width=width)
    for line in filter(None, lines):
        OUT.print(Padding(Text(line), (0, 0, 0, 2), expand=False), width=width)


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return str(value)


def show_json(report: object) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(as_plain(report), ensure_ascii=False, indent=2) + "\n")


@contextmanager
def told_errors(machine: bool, translate: Callable[[str], str] = str) -> Iterator[None]:
    """An error that a person can act on ends the command with status 1 and its words; others keep their trace."""
    try:
        yield
    except CommonwealError as error:
        if machine:
            show_json({"error": {"code": error.code, "text": error.worded(translate)}})
        else:
            told = escape(error.worded(translate))  # it may name a table of a file: [days]
            ERR.print(f"[bold red]✗[/] {told}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        ERR.print("Stopped. Nothing half-done was kept; the same command goes on from here.")
        raise SystemExit(130) from None
