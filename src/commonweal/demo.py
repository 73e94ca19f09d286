"""The demo: made-up voters on Toulouse's real ground, taken through the whole loop.

    DIR/lists      the five lists that the campaign is given, and later the pilot's results
    DIR/truth      what is really so; the campaign never reads it
    DIR/campaign   the campaign

Every step ends in something that is kept, and is passed over when it is there already: after a kill the same
command goes on to the same end.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa

from commonweal import loop
from commonweal.campaign import Campaign, Clock, Round, Settings, utc_now
from commonweal.electorate import CONTROL, Electorate, World, areas_geojson
from commonweal.errors import CommonwealError, _
from commonweal.experiments import actions as experiments
from commonweal.identity.model import ResolveReport
from commonweal.intake import actions as intake
from commonweal.intake import mapping as mappings
from commonweal.intake.model import Batch, Mapping, Origin
from commonweal.jobs.actions import tracked
from commonweal.jobs.model import Progress, silent
from commonweal.people import actions as people
from commonweal.planning.totals import PlanReport
from commonweal.scoring.model import ScoreReport
from commonweal.store.ledger import LedgerRole

PILOT = "pilot"
# What each list is called, and what it may be used for.
LISTS = {
    "roll": ("Electoral roll", "electoral communication"),
    "signups": ("E-mail sign-ups", "news of the campaign, as asked for"),
    "donors": ("Donors", "receipts and thanks"),
    "canvass": ("Canvass sheets", "talks at the door"),
    "append": ("Commercial append", "to know households better"),
}
BUDGET_A_VOTER = 0.40  # euros: a lively local campaign's budget for contacts
_CONTROL_SHARE = 0.3  # of the pilot
_SEED = 1  # of what the pilot's people say and do
_WEEKS_TO_THE_VOTE = 9

# What each contact costs in cents: paid canvass and phone support, postage and printing at bulk rates.
_COST = {"door": 180, "phone": 70, "sms": 6, "email": 1, "post": 62}
_ONE_A_HOUSEHOLD = frozenset({"door", "post"})  # one knock, one letter for all who live there
_OPTIONS = (
    ("door", "housing"),
    ("door", "local_services"),
    ("phone", "local_services"),
    ("post", "housing"),
    ("sms", "vote_reminder"),
    ("email", "climate"),
)


class OtherDemo(CommonwealError):
    """The folder holds a demo of another size or seed."""

    what = _("{folder} holds a demo of {voters} voters, seed {seed}.")
    remedy = _("Go on with the same numbers, or choose another folder: --dir OTHER.")


@dataclass(frozen=True)
class DemoReport:
    """What the demo did. `campaign` is its folder."""

    campaign: Path
    voters: int
    seed: int
    batches: tuple[Batch, ...]
    resolve: ResolveReport
    score: ScoreReport
    plan: PlanReport
    seconds: float


def run(
    directory: Path,
    *,
    voters: int,
    seed: int = 1,
    progress: Progress = silent,
    clock: Clock = utc_now,
    durable: bool = True,
) -> DemoReport:
    """Build the demo in `directory` and take it to a plan. Raises OtherDemo, and what the stages raise."""
    began = clock()
    lists, truth, folder = directory / "lists", directory / "truth", directory / "campaign"
    _write_lists(lists, truth, voters, seed, progress)
    if not (folder / "campaign.toml").exists():
        _create(folder, clock, voters)
    with (
        Campaign.open(folder, clock=clock, actor="cli:demo", durable=durable) as campaign,
        tracked(campaign.ledger, clock, "night", campaign.actor, {"voters": voters}, progress) as night,
    ):
        batches = _load(campaign, lists, night)
        loop.resolve(campaign, night)
        batches.append(_pilot(campaign, lists, World.open(truth), night))
        resolved = loop.resolve(campaign, night)
        scored = loop.score(campaign, night)
        experiments.analyse(campaign, PILOT)
        planned = loop.plan(campaign, voters * BUDGET_A_VOTER, night, name="To the first round")
        seconds = (clock() - began).total_seconds()
        report = DemoReport(folder, voters, seed, tuple(batches), resolved, scored, planned, seconds)
        night.result = report
    return report


def _write_lists(lists: Path, truth: Path, voters: int, seed: int, progress: Progress) -> None:
    """The five lists, once. A folder that holds another demo is refused, not overwritten."""
    mark = truth / "demo.txt"
    wanted = f"{voters} {seed}"
    if mark.exists():
        found = mark.read_text().split()
        if " ".join(found) != wanted:
            raise OtherDemo(folder=lists.parent, voters=found[0], seed=found[1])
        return

    def written(done: int, total: int, step: str) -> None:
        progress(done, total, "making up voters and their lists")

    Electorate(voters=voters, seed=seed).write(lists, truth, written)
    mark.write_text(wanted)


def _create(folder: Path, clock: Clock, voters: int) -> None:
    today = clock().date()
    vote = today + timedelta(weeks=_WEEKS_TO_THE_VOTE)
    sunday = vote + timedelta(days=6 - vote.weekday())
    settings = Settings(
        name="Toulouse, a demo",
        jurisdiction="none",
        timezone="Europe/Paris",
        rounds=(Round(sunday), Round(sunday + timedelta(weeks=1))),
        locale="en",
        currency="EUR",
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "options.toml").write_text(options_toml(), encoding="utf-8")
    plan = _PLAN_TOML.format(today=today, doors=-(-voters // 150), calls=-(-voters // 500))
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    Campaign.create(folder, settings)


_PLAN_TOML = """\
# What a plan may use besides money: docs/plans.md
[doors]
hours_each = 0.1  # a door, with the way to the next one
elsewhere = 6     # hours that volunteers have in each area: two evenings

[days]
first = {today}  # to the eve of the first round
apart = 2         # days between two contacts of a household

[days.door]
a_day = {doors}

[days.phone]
on = ["mon", "tue", "wed", "thu", "fri"]
a_day = {calls}
"""


def options_toml() -> str:
    """The demo's options.toml."""
    head = "# What may be done to a voter; unit_cost in cents, per = who takes one contact. docs/plans.md\n"
    entry = '\n[[option]]\ncode = "{0}:{1}"\nchannel = "{0}"\nmessage = "{1}"\nunit_cost = {2}\nper = "{3}"\n'
    return head + "".join(
        entry.format(
            channel, message, _COST[channel], "household" if channel in _ONE_A_HOUSEHOLD else "person"
        )
        for channel, message in _OPTIONS
    )


def _load(campaign: Campaign, lists: Path, progress: Progress) -> list[Batch]:
    """The areas and the five lists. What their columns mean is guessed, as anybody's would be."""
    with campaign.ledger.transaction(LedgerRole.OWNER) as connection:
        connection.execute(
            "INSERT INTO store.setting (key, value) VALUES ('demo', 'true') ON CONFLICT DO NOTHING"
        )
    people.load_areas(campaign, areas_geojson(), code_property="code", name_property="name")
    batches = []
    for source in LISTS:
        path = _file_of(lists, source)
        mapping = _mapping(campaign, path, source)
        batches.append(
            intake.import_file(
                campaign, path, source=source, mapping=mapping, progress=_named(progress, source)
            )
        )
    return batches


def _mapping(campaign: Campaign, path: Path, source: str) -> Mapping:
    """As guessed, with the list's name and purpose, which no file tells."""
    name, purpose = LISTS[source]
    guessed = mappings.from_data(intake.preview(campaign, path, source=source).mapping)
    return msgspec.structs.replace(
        guessed, list_name=name, purpose=purpose, legal_basis="made-up people", origin=Origin.SYNTHETIC
    )


def _named(progress: Progress, source: str) -> Progress:
    def told(done: int, total: int | None, step: str) -> None:
        progress(done, total, f"list {source}: {step}")

    return told


def _file_of(lists: Path, source: str) -> Path:
    return next(path for path in sorted(lists.iterdir()) if path.stem == source and path.suffix != ".part")


def _pilot(campaign: Campaign, lists: Path, world: World, progress: Progress) -> Batch:
    """Try each option on some households, leave some alone, and load what came of it, as one more list.

    All voters are asked for whom they are; those who answer are drawn, contacted or not, and asked again: docs/scores.md.
    """
    shares = {CONTROL: _CONTROL_SHARE}
    shares |= {f"{channel}:{message}": (1 - _CONTROL_SHARE) / len(_OPTIONS) for channel, message in _OPTIONS}
    experiments.draw(
        campaign,
        PILOT,
        shares,
        eligible=_who_answer(campaign, world),
        universe="those who answered a survey",
        about="Which contact moves whom, tried before the campaign",
    )
    path = lists / "pilot.csv"
    if not path.exists():  # what came of a pilot is a fact: it is not made up again
        progress(0, None, "running the pilot")
        _write_answers(path, _voters(campaign, world), world)
    sources = campaign.folder / "sources"
    (sources / "pilot.toml").write_text(_PILOT_MAPPING, encoding="utf-8")
    return intake.import_file(campaign, path, source=PILOT, progress=_named(progress, PILOT))


def _voters(campaign: Campaign, world: World) -> pa.Table:
    """registration_number and arm (null: not drawn) of the voters, by number; a misread number is none's."""
    profile = campaign.lake.table("people.profile").select("person_id", "registration_number")
    assignment = campaign.lake.table("experiments.assignment")
    drawn = assignment.filter(assignment.experiment == PILOT).select("person_id", "arm")
    voters = profile.filter(profile.registration_number.notnull()).left_join(drawn, "person_id")
    rows = campaign.lake.read(voters.select("registration_number", "arm").order_by("registration_number"))
    return rows.filter(pa.array(world.knows(rows["registration_number"].to_pylist())))


def _who_answer(campaign: Campaign, world: World) -> ir.Table:
    """person_id of the voters who answer when they are asked for whom they are."""
    said = world.ask(_voters(campaign, world)["registration_number"].to_pylist(), _SEED)
    answered = said.filter(said["support"].is_valid()).select(["registration_number"])
    profile = campaign.lake.table("people.profile").select("person_id", "registration_number")
    return profile.semi_join(ibis.memtable(answered), "registration_number").select("person_id")


def _write_answers(path: Path, voters: pa.Table, world: World) -> None:
    """Who voted is known of all; what was said before and after, of those who were drawn."""
    numbers, arms = voters["registration_number"].to_pylist(), voters["arm"].to_pylist()
    before = world.ask(numbers, _SEED)["support"].to_pylist()
    came = world.respond(numbers, [arm or CONTROL for arm in arms], _SEED)
    voted, after = came["voted"].to_pylist(), came["support"].to_pylist()
    word = {0: "non", 1: "oui", None: ""}
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("numero_electeur", "soutien_avant", "a_vote", "soutien"))
        for row, (number, arm) in enumerate(zip(numbers, arms, strict=True)):
            said = (before[row], after[row]) if arm else (None, None)
            writer.writerow((number, word[said[0]], word[voted[row]], word[said[1]]))
    draft.rename(path)


_PILOT_MAPPING = """\
# What came of the pilot: who voted in the by-election, and what those said who answered the surveys, before and after.
list = "Results of the pilot"
kind = "experiment"
mode = "snapshot"
key = ["numero_electeur"]
origin = "synthetic"
purpose = "learning what moves whom"
legal_basis = "made-up people"

[columns]
numero_electeur = "registration_number"
soutien_avant = { target = "before:support", type = "yesno", yes = ["oui"], no = ["non"], sensitive = "political_opinion" }
a_vote = { target = "outcome:voted", type = "yesno", yes = ["oui"], no = ["non"] }
soutien = { target = "outcome:support", type = "yesno", yes = ["oui"], no = ["non"], sensitive = "political_opinion" }
"""
