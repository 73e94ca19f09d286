"""The command line: one command for each stage of the campaign's loop, a module for each thing that people come to do.

Every command that reports takes --json and then prints one object on standard output; people get tables. Long
work shows progress on standard error and can be stopped with Ctrl-C: what was half-done is not kept.
"""

from __future__ import annotations

import sys

import typer

from commonweal import terminal
from commonweal.cli import (
    deciding,
    forecasting,
    identity,
    keeping,
    law,
    link,
    lists,
    mandate,
    pages,
    pricing,
    start,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Many lists, one record per person, the best contact for each. [dim]Start with: commonweal demo[/]",
)
for group in (start, lists, link, deciding, forecasting, pricing, pages, keeping):
    app.add_typer(group.commands)
app.add_typer(identity.commands, name="identity", rich_help_panel="Lists")
app.add_typer(mandate.commands, name="mandate", rich_help_panel="Whom to contact")
app.add_typer(law.commands, name="policy", rich_help_panel=keeping.PANEL)
app.add_typer(keeping.audit, name="audit", rich_help_panel=keeping.PANEL)


def main() -> None:
    """Entry point of the `commonweal` command."""
    with terminal.told_errors(machine="--json" in sys.argv):
        app()
