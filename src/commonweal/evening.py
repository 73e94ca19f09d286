"""The demo's evening: the candidate's promises are written down, doors are handed out and knocked at, e-mails sent, each by a
claim; and it is counted who heard what, and what few promises would gain. So the pages have life.

Every step has a key of its own and is passed over when it was done: after a kill the same call goes on to the same end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from commonweal import loop, programme
from commonweal.access import actions as access
from commonweal.access.model import Account, Role
from commonweal.access.queries import demo_accounts
from commonweal.board import actions as board
from commonweal.board.model import About, Link
from commonweal.campaign import Campaign, Clock, utc_now
from commonweal.contacts import actions, batches, doors, queries
from commonweal.contacts.lists import as_option
from commonweal.contacts.model import BatchReport, Channel, Claim
from commonweal.electorate import World
from commonweal.interactions.model import ResultCode
from commonweal.jobs import queries as runs
from commonweal.jobs.actions import tracked
from commonweal.jobs.model import Progress, RunStatus, silent
from commonweal.mandate import counting
from commonweal.people import queries as people
from commonweal.planning import actions as planning
from commonweal.planning import queries as plans
from commonweal.planning.options import options_of
from commonweal.planning.price import COMMAND as PRICE
from commonweal.planning.totals import MadePlan
from commonweal.store.ledger import LedgerRole

AREAS = 8
DOORS = 40  # for each area at most
_LEFT = 6  # of them at the most, a quarter where there are few: still to be knocked at
_EMAILS = 1_500
_SECONDS_A_DOOR = 2  # the evening is told in one go
_ACTOR = "cli:demo"


@dataclass(frozen=True)
class EveningReport:
    """What the evening did: doors told of, what the e-mail batch became, actions written."""

    doors: int
    email: BatchReport | None
    actions: int


def run(
    directory: Path, *, progress: Progress = silent, clock: Clock = utc_now, durable: bool = True
) -> EveningReport:
    """Let an evening pass in the demo of `directory`, once. Raises what the rooms raise."""
    with Campaign.open(directory / "campaign", clock=clock, actor=_ACTOR, durable=durable) as campaign:
        plan = _approved(campaign)
        areas, due = _areas(campaign, plan)
        team = _team(campaign, areas)
        _promise(campaign, team[Role.CANDIDATE], areas)
        world = World.open(directory / "truth")
        told = 0
        for place, area in enumerate(areas):
            progress(place, len(areas) + 1, "knocking at doors")
            told += _knock(campaign, world, area, min(due.get(area, 0), DOORS), team[Role.VOLUNTEER])
        progress(len(areas), len(areas) + 1, "sending e-mails")
        sent = _email(campaign, areas)
        counting.count(campaign, progress)
        _forecast(campaign, progress)
        _price(campaign, progress)
        return EveningReport(told, sent, _agree(campaign, team, areas))


def _approved(campaign: Campaign) -> MadePlan:
    """Put the plan in force."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        plan = plans.shown(connection)
        assert plan is not None, "the demo ends in a plan"
    if plan.status == "draft":
        planning.approve(campaign, plan.plan_id)
    return plan


def _areas(campaign: Campaign, plan: MadePlan) -> tuple[list[str], dict[str, int]]:
    """Areas for the evening, where most doors are due on the plan's first day before where it has most at all; and how many households
    are due in each.
    """
    codes = [option.code for option in options_of(campaign.folder, Channel.DOOR)]
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        persons = [
            person for person, _code, _day in plans.chosen(connection, plan.plan_id, codes, plan.first_day)
        ]
        homes = connection.execute(
            "SELECT area_code, count(DISTINCT household_id) FROM people.profile"
            " WHERE person_id = ANY (%s) AND area_code IS NOT NULL GROUP BY area_code",
            (persons,),
        ).fetchall()
        totals = plans.area_totals(connection, plan.plan_id)
    due = dict(homes)
    doors = {total.area_code: total.contacts for total in totals if total.channel == Channel.DOOR.value}
    areas = sorted(filter(None, doors), key=lambda area: (-due.get(area, 0), -doors[area], area))
    return areas[:AREAS], due


def _team(campaign: Campaign, areas: list[str]) -> dict[Role, Account]:
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        team = demo_accounts(connection)
    if len(team) == len(Role):
        return team
    access.open_demo(campaign, areas[:4])
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        return demo_accounts(connection)


def _promise(campaign: Campaign, candidate: Account, areas: list[str]) -> None:
    """What the candidate promises; one of it to the first of the areas alone."""
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        names = {area.area_code: area.name for area in people.areas(connection)}
    code = areas[0] if areas else min(names)
    *_number, place = names[code].split(" · ")  # "Bureau 0126 · École Falguière"
    programme.announce(campaign, candidate, place, code)


def _knock(campaign: Campaign, world: World, area: str, most: int, volunteer: Account) -> int:
    """Hand out doors of an area and tell what came of all but the last few. Returns how many were told of."""
    if not most:
        return 0
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        batch_id = queries.batch_of_key(connection, f"demo:doors:{area}")
    if batch_id is None:
        report = doors.hand_out(campaign, [area], most, volunteer, actor=_ACTOR, key=f"demo:doors:{area}")
        batch_id = report.batch_id
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT claim_id FROM contacts.claim WHERE batch_id = %s AND state IN ('live', 'done')",
            (batch_id,),
        ).fetchall()
        claims = queries.claims(connection, [claim_id for (claim_id,) in rows])
        numbers = dict(
            connection.execute(
                "SELECT person_id, registration_number FROM people.profile WHERE person_id = ANY (%s)",
                ([claim.subject for claim in claims],),
            ).fetchall()
        )
    knocked = claims[: len(claims) - min(_LEFT, -(-len(claims) // 4))]
    results = _answers(world, knocked, numbers)
    now = campaign.clock()
    events = [
        actions.contact_event(
            campaign,
            claim,
            result=results[claim.claim_id],
            occurred_at=now - timedelta(seconds=_SECONDS_A_DOOR * (len(knocked) - place)),
            actor=volunteer.actor,
        )
        for place, claim in enumerate(knocked)
    ]
    return actions.record(campaign, events, actions.SENDER, actor=volunteer.actor).accepted


def _answers(world: World, claims: list[Claim], numbers: dict[int, str | None]) -> dict[int, ResultCode]:
    """What the made-up people say when one knocks: who would answer a survey opens, and some of the others' friends
    say no.
    """
    known = [claim for claim in claims if numbers.get(claim.subject)]
    asked = [str(numbers[claim.subject]) for claim in known]
    there = world.knows(asked)
    known = [claim for claim, is_there in zip(known, there, strict=True) if is_there]
    asked = [number for number, is_there in zip(asked, there, strict=True) if is_there]
    told = world.respond(asked, [claim.option for claim in known], seed=2)["support"].to_pylist()
    found = {claim.claim_id: ResultCode.NOT_HOME for claim in claims}
    for place, (claim, support) in enumerate(zip(known, told, strict=True)):
        if support is not None:
            no = support == 0 and place % 3 == 0
            found[claim.claim_id] = ResultCode.REFUSED if no else ResultCode.CANVASSED
    return found


def _email(campaign: Campaign, areas: list[str]) -> BatchReport | None:
    """Write to everybody who has an e-mail address, those first at whose door somebody was: the claims say to whom not."""
    options = options_of(campaign.folder, Channel.EMAIL)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        persons = [
            person
            for (person,) in connection.execute(
                "SELECT p.person_id FROM people.profile p LEFT JOIN contacts.pressure c ON c.subject = p.person_id"
                " WHERE p.email IS NOT NULL"
                " ORDER BY coalesce(cardinality(c.contacts), 0) DESC, p.area_code = ANY (%s) DESC, p.person_id LIMIT %s",
                (areas, _EMAILS),
            ).fetchall()
        ]
        known = queries.batch_of_key(connection, "demo:email")
    if not options or not (persons or known):
        return None
    report = batches.claim_batch(
        campaign, "demo:email", persons, Channel.EMAIL, [as_option(options[0])], actor=_ACTOR, ahead=True
    )
    batches.finish_batch(campaign, report.batch_id, actor=_ACTOR)
    return report


def _forecast(campaign: Campaign, progress: Progress) -> None:
    with campaign.ledger.read(LedgerRole.WORKER) as connection:
        done = runs.last(connection, "forecast", RunStatus.DONE)
    if done is None:
        loop.draw(campaign, progress)


def _price(campaign: Campaign, progress: Progress) -> None:
    with campaign.ledger.read(LedgerRole.WORKER) as connection:
        done = runs.last(connection, PRICE, RunStatus.DONE)
    if done is None:
        with tracked(campaign.ledger, campaign.clock, PRICE, campaign.actor, watch=progress) as run:
            run.result = loop.price(campaign, run)


def _agree(campaign: Campaign, team: dict[Role, Account], areas: list[str]) -> int:
    """What the team wrote down for each other."""
    organiser, candidate, treasurer = team[Role.ORGANISER], team[Role.CANDIDATE], team[Role.TREASURER]
    soon = campaign.today + timedelta(days=2)
    area = Link(About.AREA, code=areas[0]) if areas else None
    option = next(iter(options_of(campaign.folder, Channel.POST)), None)
    letters = Link(About.OPTION, code=option.code) if option else None
    written = [
        ("Find a room for Thursday's talk near the school", candidate, organiser, soon, area),
        ("Ask the printer for a better price of the letters", treasurer, candidate, None, letters),
    ]
    for number, (what, writer, owner, due, link) in enumerate(written, 1):
        board.write(campaign, writer, what, [owner.account_id], key=f"demo:{number}", due=due, link=link)
    return len(written)
