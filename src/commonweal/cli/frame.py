"""What commands share: the campaign's folder, --json, and a run that pages can follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.jobs.actions import Tracked, bury, tracked

Folder = Annotated[
    Path, typer.Option("--campaign", "-C", help="The campaign's folder.", envvar="COMMONWEAL_CAMPAIGN")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
HERE = Path()


@contextmanager
def at_work(folder: Path, command: str, arguments: dict[str, Any]) -> Iterator[tuple[Campaign, Tracked]]:
    """The campaign, and a run of the command that pages can follow."""
    with Campaign.open(folder) as campaign, terminal.progress_bars() as bars:
        bury(campaign.ledger, campaign.clock)
        with tracked(campaign.ledger, campaign.clock, command, campaign.actor, arguments, bars) as run:
            yield campaign, run
