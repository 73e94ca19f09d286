"""What is kept: backups, and the record of who did and saw what."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.cli.frame import HERE, AsJson, Folder, at_work

PANEL = "Keeping"
commands = typer.Typer()
command = partial(commands.command, rich_help_panel=PANEL)
audit = typer.Typer(no_args_is_help=True, help="Whether the record of who did and saw what is whole.")


@command()
def backup(
    directory: Annotated[Path, typer.Argument(help="Where backups are kept; each is a new folder in it.")],
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Make a backup while the campaign runs. Passwords and the key of tombstones are not in it: see docs/backup.md.

    Example: commonweal backup /media/disk/backups
    """
    from commonweal.privacy import restoring
    from commonweal.reports import keeping as reports

    with at_work(campaign, "backup", {"directory": str(directory)}) as (opened, run):
        made = restoring.back_up(opened, directory, run)
        run.result = {"folder": str(made.folder), "files": len(made.manifest.files), "bytes": made.bytes}
    terminal.show_json(run.result) if json else reports.show_backup(made)


@command()
def restore(
    source: Annotated[Path, typer.Argument(help="A backup's folder.")],
    folder: Annotated[Path, typer.Argument(help="A new folder for the campaign.")],
    ledger: Annotated[
        str | None, typer.Option(help="embedded, or the URL of an empty database; else as it was.")
    ] = None,
    tombstones: Annotated[
        Path | None, typer.Option(help="The file of those who were erased, if it was moved.")
    ] = None,
    without_tombstones: Annotated[
        bool, typer.Option(help="Go on though that file is gone: erased people may come back.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Bring a backup back into a new folder: every file is checked, and who was erased since is erased again.

    Example: commonweal restore /media/disk/backups/toulouse-20270115T200000Z toulouse-again
    """
    import getpass

    from commonweal.privacy import restoring
    from commonweal.reports import keeping as reports

    with terminal.progress_bars() as bars:
        told = restoring.restore(
            source,
            folder,
            ledger=ledger,
            stones=tombstones,
            without_stones=without_tombstones,
            progress=bars,
            actor=f"cli:{getpass.getuser()}",
        )
    terminal.show_json(told) if json else reports.show_restored(told)


@audit.command("verify")
def verify_audit(
    anchor: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH of a seal as noted elsewhere; a backup's manifest has the last one."),
    ] = None,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Check every entry against its seal. Ends with status 1 when something was taken out, put in or changed.

    Example: commonweal audit verify --json
    """
    from commonweal.audit import sealing
    from commonweal.audit.rules import read_anchor
    from commonweal.reports import keeping as reports

    noted = read_anchor(anchor) if anchor else None
    with Campaign.open(campaign) as opened:
        verdict = sealing.verify(opened, noted)
    terminal.show_json(verdict) if json else reports.show_verdict(verdict)
    if not verdict.intact:
        raise typer.Exit(1)


@audit.command("seal")
def seal_audit(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Seal what is not sealed yet; `commonweal serve` does it each second.

    Example: commonweal audit seal
    """
    from commonweal.audit import sealing

    with Campaign.open(campaign) as opened:
        count = sealing.seal(opened.ledger, opened.clock())
    terminal.show_json({"sealed": count}) if json else terminal.OUT.print(f"Sealed {count} entries.")
