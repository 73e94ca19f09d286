"""The command line: one command for each stage of the campaign's loop.

Every command that reports takes --json and then prints one object on standard output; people get tables. Long
work shows progress on standard error and can be stopped with Ctrl-C: what was half-done is not kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commonweal import terminal
from commonweal.campaign import Campaign, Mode, Round, Settings, utc_now
from commonweal.consent import packs
from commonweal.jobs.actions import Tracked, bury, tracked
from commonweal.store.ledger import LedgerRole

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Many lists, one record per person, the best contact for each. [dim]Start with: commonweal demo[/]",
)

Folder = Annotated[
    Path, typer.Option("--campaign", "-C", help="The campaign's folder.", envvar="COMMONWEAL_CAMPAIGN")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
HERE = Path()


audit = typer.Typer(no_args_is_help=True, help="Whether the record of who did and saw what is whole.")
app.add_typer(audit, name="audit")


policy = typer.Typer(no_args_is_help=True, help="The law of the campaign's country, as rules.")
app.add_typer(policy, name="policy")


def main() -> None:
    """Entry point of the `commonweal` command."""
    with terminal.told_errors(machine="--json" in sys.argv):
        app()


@contextmanager
def _at_work(folder: Path, command: str, arguments: dict[str, Any]) -> Iterator[tuple[Campaign, Tracked]]:
    """The campaign, and a run of the command that pages can follow."""
    with Campaign.open(folder) as campaign, terminal.progress_bars() as bars:
        bury(campaign.ledger, campaign.clock)
        with tracked(campaign.ledger, campaign.clock, command, campaign.actor, arguments, bars) as run:
            yield campaign, run


@app.command()
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the demo lives.")] = Path("demo"),
    voters: Annotated[int, typer.Option(min=1_000, max=10_000_000, help="How many made-up voters.")] = 30_000,
    seed: Annotated[int, typer.Option(help="Same seed, same lists.")] = 1,
    serve: Annotated[bool, typer.Option(help="Serve the pages afterwards.")] = True,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    json: AsJson = False,
) -> None:
    """Build a campaign of made-up voters in Toulouse and take it through the whole loop.

    Example: commonweal demo --voters 5000 --no-serve
    """
    from commonweal import demo as demonstration
    from commonweal import evening, reports

    with terminal.progress_bars() as bars:
        report = demonstration.run(directory, voters=voters, seed=seed, progress=bars)
        if serve:
            evening.run(directory, progress=bars)
    terminal.show_json(report) if json else reports.show_demo(report)
    if serve:
        _serve(report.campaign, host, port)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder for the campaign.")],
    name: Annotated[str | None, typer.Option(help="Its name; else the folder's.")] = None,
    mode: Annotated[Mode, typer.Option(help="live contacts people; study looks back.")] = Mode.LIVE,
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            help="Whose law and formats apply: fr, eu, us; none for made-up people. By default eu, for US dollars us."
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    round_: Annotated[
        list[datetime] | None, typer.Option("--round", formats=["%Y-%m-%d"], help="Day of a vote.")
    ] = None,
    locale: Annotated[str, typer.Option(help="Language of the pages: en or fr.")] = "en",
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "EUR",
) -> None:
    """Make a campaign's folder.

    Example: commonweal init toulouse --jurisdiction fr --timezone Europe/Paris --round 2027-04-11
    """
    law = jurisdiction or ("us" if currency == "USD" else "eu")
    try:
        settings = Settings(
            name=name or folder.resolve().name,
            mode=mode,
            jurisdiction=law,
            timezone=timezone,
            rounds=tuple(Round(day.date()) for day in sorted(round_ or [])),
            locale=locale,
            currency=currency,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    packs.load(law, utc_now().date())
    Campaign.create(folder, settings)
    terminal.OUT.print(f"Made {folder}/campaign.toml. Next: cd {folder} && commonweal import YOUR-LIST.csv")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, Excel, Parquet or JSON lines; gzip too.")],
    source: Annotated[
        str | None, typer.Option(help="Name of the list; else guessed from the file's name.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day the list tells of.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only show the mapping; load nothing.")] = False,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Load a list. Its columns' meaning is guessed, shown, and kept in sources/NAME.toml for you to correct.

    Example: commonweal import roll-2026-11.csv --source roll
    """
    from commonweal import reports
    from commonweal.intake import actions

    if dry_run:
        with Campaign.open(campaign) as opened:
            preview = actions.preview(opened, file, source=source)
        terminal.show_json(preview) if json else reports.show_preview(preview)
        return
    arguments = {"file": str(file), "source": source}
    with _at_work(campaign, "import", arguments) as (opened, run):
        batch = actions.import_file(opened, file, source=source, as_of=_day(as_of), progress=run)
        run.result = batch
    terminal.show_json(batch) if json else reports.show_batch(batch, campaign)


@app.command()
def take_back(
    batch: Annotated[int, typer.Argument(help="Number of the batch; see commonweal status.")],
    campaign: Folder = HERE,
) -> None:
    """Take a loaded batch back: its records no longer count from the next resolve on.

    Example: commonweal take-back 3
    """
    from commonweal.intake import actions

    with _at_work(campaign, "take-back", {"batch": batch}) as (opened, run):
        run(0, 1, "taking the batch back")
        actions.take_back(opened, batch)
    terminal.OUT.print(f"Batch {batch} no longer counts. Next: commonweal resolve")


@app.command()
def areas(
    file: Annotated[Path, typer.Argument(help="GeoJSON with one polygon an area.")],
    code: Annotated[str, typer.Option(help="Property that holds the area's code.")],
    name: Annotated[str | None, typer.Option(help="Property that holds its name.")] = None,
    campaign: Folder = HERE,
) -> None:
    """Load the areas (polling places, precincts, tracts) as polygons.

    Example: commonweal areas bureaux.geojson --code "Numéro du bureau" --name NOM
    """
    from commonweal.people import actions

    with _at_work(campaign, "areas", {"file": str(file)}) as (opened, run):
        run(0, 1, "reading the areas")
        count = actions.load_areas(opened, file, code_property=code, name_property=name)
    terminal.OUT.print(f"{count} areas loaded.")


@app.command()
def resolve(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Find out which records are one person and which persons are one household; build the profiles.

    Example: commonweal resolve
    """
    from commonweal import loop, reports

    with _at_work(campaign, "resolve", {}) as (opened, run):
        report = loop.resolve(opened, run)
        run.result = report
    terminal.show_json(report) if json else reports.show_resolve(report)


@app.command()
def score(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Train the turnout and support models and the effects of contacts; score everyone.

    Example: commonweal score
    """
    from commonweal import loop, reports

    with _at_work(campaign, "score", {}) as (opened, run):
        report = loop.score(opened, run)
        run.result = report
    terminal.show_json(report) if json else reports.show_score(report)


@app.command()
def plan(
    budget: Annotated[float, typer.Option(help="Money to spend, in the campaign's currency.")],
    name: Annotated[str, typer.Option(help="What to call the plan.")] = "",
    without: Annotated[list[str] | None, typer.Option(help="Leave out an option; may be repeated.")] = None,
    approve: Annotated[bool, typer.Option(help="Put the plan in force at once.")] = False,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Choose whom to contact, how, and with what message: the best use of the budget.

    Example: commonweal plan --budget 12000 --without door-climate
    """
    from commonweal import loop, reports

    with _at_work(campaign, "plan", {"budget": budget, "without": without or []}) as (opened, run):
        report = loop.plan(opened, budget, run, name=name, without=tuple(without or ()), approve=approve)
        run.result = report
    terminal.show_json(report) if json else reports.show_plan(report)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write the lists into.")],
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Claim the contacts of the plan in force, and write the walk, phone and mailing lists as CSV.

    Example: commonweal export lists/
    """
    from commonweal.contacts import lists

    with _at_work(campaign, "export", {"folder": str(folder)}) as (opened, run):
        run(0, None, "writing the lists")
        written = lists.export(opened, folder, progress=run)
        run.result = {"files": [str(each.path) for each in written]}
    if json:
        terminal.show_json({"files": written})
    else:
        rows = [(str(e.path), e.channel.value, e.rows, e.report.claimed, e.report.refused) for e in written]
        terminal.show_table("Lists written", ("file", "channel", "rows", "claimed", "refused"), rows)
        reasons = [
            (each.channel.value, stop.code, stop.persons) for each in written for stop in each.report.stopped
        ]
        if reasons:
            terminal.show_table("Refused", ("channel", "rule", "persons"), reasons)


@app.command()
def contact_rules(
    load: Annotated[bool, typer.Option(help="Put the rules of contact_rules.toml in force.")] = False,
    campaign: Folder = HERE,
) -> None:
    """Show the contact rules in force, as contact_rules.toml says them; or put that file in force.

    Example: commonweal contact-rules > contact_rules.toml
    """
    from commonweal.contacts import actions

    with Campaign.open(campaign) as opened:
        if load:
            version = actions.load_rules(opened)
            terminal.OUT.print(f"In force: version {version}.")
        else:
            print(actions.rules_text(opened), end="")  # noqa: T201  for a file: no colours, no wrapping


@app.command()
def status(campaign: Folder = HERE, json: AsJson = False) -> None:
    """Where the campaign stands: lists, persons, models, plans, runs.

    Example: commonweal status --json
    """
    from commonweal import reports

    with Campaign.open(campaign) as opened:
        bury(opened.ledger, opened.clock)
        report = reports.status(opened)
    terminal.show_json(report) if json else reports.show_status(report)


@app.command()
def serve(
    campaign: Folder = HERE,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve the pages, and do the runs that pages ask for. Prints a link that signs the director in, once.

    Example: commonweal serve --port 8080
    """
    _serve(campaign, host, port)


@app.command()
def way_in(
    name: Annotated[
        str | None, typer.Argument(help="E-mail or name of an account; else all are shown.")
    ] = None,
    campaign: Folder = HERE,
    host: Annotated[str, typer.Option(help="Address that the pages are served on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port that they are served on.")] = 8000,
) -> None:
    """Print a link that signs somebody in, once: for who is locked out or has lost the first one.

    Example: commonweal way-in anna@example.org
    """
    from commonweal.access import actions, queries
    from commonweal.store.ledger import LedgerRole

    with Campaign.open(campaign) as opened:
        with opened.ledger.read(LedgerRole.WEB) as connection:
            accounts = queries.accounts(connection, opened.clock())
        found = [each for each in accounts if name in {each.account.name, each.account.email}]
        if len(found) == 1:
            token = actions.make_link(opened, found[0].account.account_id, actor=opened.actor)
            terminal.OUT.print(f"http://{host}:{port}/sign-in#{token}", soft_wrap=True)
            return
    rows = [(each.account.name, each.account.email, each.account.role.value) for each in accounts]
    terminal.show_table("Accounts: name one of them", ("name", "e-mail", "role"), rows)


@app.command()
def backup(
    directory: Annotated[Path, typer.Argument(help="Where backups are kept; each is a new folder in it.")],
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Make a backup while the campaign runs. Passwords and the key of tombstones are not in it: see docs/backup.md.

    Example: commonweal backup /media/disk/backups
    """
    from commonweal import reports
    from commonweal.privacy import restoring

    with _at_work(campaign, "backup", {"directory": str(directory)}) as (opened, run):
        made = restoring.back_up(opened, directory, run)
        run.result = {"folder": str(made.folder), "files": len(made.manifest.files), "bytes": made.bytes}
    terminal.show_json(run.result) if json else reports.show_backup(made)


@app.command()
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

    from commonweal import reports
    from commonweal.privacy import restoring

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
    from commonweal import reports
    from commonweal.audit import sealing
    from commonweal.audit.rules import read_anchor

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


@policy.command("show")
def show_policy(
    pack: Annotated[str, typer.Argument(help="fr, eu, us or none; else the campaign's own.")] = "",
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Show the rules of a policy pack that hold today, each with its article.

    Example: commonweal policy show fr
    """
    from commonweal import reports
    from commonweal.campaign import read_settings
    from commonweal.consent import trial

    rules = trial.rules(packs.load(pack or read_settings(campaign).jurisdiction, utc_now().date()), "en")
    terminal.show_json({"rules": rules}) if json else reports.show_policy(rules)


@policy.command("try")
def try_policy(
    pack: Annotated[str, typer.Argument(help="fr, eu, us or none.")],
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Count what a policy pack would refuse in this campaign, why, and what it leaves. Changes nothing.

    Example: commonweal policy try fr
    """
    from commonweal import reports
    from commonweal.consent import trial

    with Campaign.open(campaign) as opened, opened.ledger.read(LedgerRole.BULK) as connection:
        told = trial.told(trial.trial(connection, opened, pack), "en")
    terminal.show_json(told) if json else reports.show_trial(told)


@app.command()
def study(
    budget: Annotated[float, typer.Option(help="Money for mailings in the half that is planned.")],
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="Allow an option left out by default.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="Leave an option out.")] = None,
    salts: Annotated[int, typer.Option(min=0, help="How many more splits to try, for the spread.")] = 20,
    campaign: Folder = HERE,
    json: AsJson = False,
) -> None:
    """Look back at a randomised campaign: learn on half of the households, plan the other half, see what it was worth.

    Loads the lists in data/ first, if they are not loaded yet. Writes the mailing list, one piece per household.

    Example: commonweal study -C examples/michigan-2006 --budget 20000 --with neighbors
    """
    from commonweal import reports
    from commonweal import study as looking_back

    arguments = {"budget": budget, "with": with_ or [], "without": without or []}
    with _at_work(campaign, "study", arguments) as (opened, run):
        report = looking_back.run(
            opened,
            budget,
            allow=tuple(with_ or ()),
            leave_out=tuple(without or ()),
            salts=salts,
            progress=run,
        )
        run.result = report
    terminal.show_json(report) if json else reports.show_study(report)


def _serve(folder: Path, host: str, port: int) -> None:
    from commonweal.web.server import serve as serve_pages

    serve_pages(folder, host=host, port=port)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
