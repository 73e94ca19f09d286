"""The lists that a plan hands out: whoever takes one claims its contacts, and it names those alone whom the claims hold.

Letters, texts and e-mails are made by others, who tell nothing back: to take their list counts as sending it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.contacts import batches, due, queries
from commonweal.contacts.errors import DayPast, NoSuchBatch
from commonweal.contacts.model import BatchReport, Channel, Option, Refusal
from commonweal.jobs.model import Progress, silent
from commonweal.planning import lists as formatter
from commonweal.planning import queries as planning
from commonweal.planning.options import CampaignOption, UnknownOption, options_of, read_options
from commonweal.store.ledger import Connection, LedgerRole

TOLD_BACK = frozenset({Channel.DOOR, Channel.PHONE})
"""Channels whose contacts are made by the campaign's own people, who tell what came of each."""
AHEAD = TOLD_BACK | {Channel.POST}
"""Channels whose lists are taken before their contacts are made. The others are sent as soon as their list is taken: never ahead
of the day that they are meant for."""

_ROWS = """
    SELECT p.household_id, c.option, c.message_version AS message, p.given_name, p.surname, p.area_code, p.street, p.house_number, p.unit, p.postcode,
        p.city, p.phone, p.email, p.person_id,
        s.days[array_position(s.planned, c.option)] AS day
    FROM contacts.claim c CROSS JOIN LATERAL unnest(c.asked) AS a (subject)
    JOIN people.profile p ON p.person_id = identity.living(a.subject)
    LEFT JOIN people.standing s ON s.person_id = p.person_id
    WHERE c.batch_id = %s AND c.state IN ('live', 'done')
    ORDER BY p.household_id, p.surname, p.given_name, p.person_id
"""


@dataclass(frozen=True)
class Sheet:
    """A list to work from: the name of its file, which says who took it and when, and its rows, the heads first."""

    name: str
    channel: Channel
    rows: list[list[str]]


@dataclass(frozen=True)
class Exported:
    """A list that was written, and what became of its batch. path: None where nothing was left to take."""

    path: Path | None
    channel: Channel
    rows: int
    report: BatchReport


def as_option(option: CampaignOption) -> Option:
    """An option of options.toml as a claim takes it."""
    return Option(option.code, option.message, option.unit_cost, per_household=option.per == "household")


def hand_out(
    campaign: Campaign,
    channel: Channel,
    *,
    account: int | None,
    actor: str,
    until: date | None = None,
    progress: Progress = silent,
) -> BatchReport:
    """Claim the contacts of the plan in force by this channel, of the people whom `account` may see (None: everyone): all of them,
    or where the plan has days what is meant for a day up to `until` (None: today; see AHEAD) and neither made nor in somebody's hands.

    Done again on the same day by the same person, and until the same day, it is the same batch, or once more can be claimed the next
    one. Raises NoPlanInForce, CampaignOver,
    UnknownOption where the plan uses no option of the channel, and what `claim_batch` raises.
    """
    upto = until if until is not None and channel in AHEAD else campaign.today
    with campaign.ledger.read(_role(account), account=account) as connection:
        plan = planning.to_work_by(connection, campaign)
        options = options_of(campaign.folder, channel)
        codes = [option.code for option in options]
        used = _channels(connection, plan.plan_id)
        if channel not in used:
            raise UnknownOption(code=channel.value, known=", ".join(used))
        wanted = planning.chosen(connection, plan.plan_id, codes, upto)
    key = f"plan:{plan.plan_id}:{channel.value}:{account or actor}:{campaign.today}"
    dated, taken = plan.first_day is not None, set[int]()
    if dated:
        key += f":{upto}"
        with campaign.ledger.read(LedgerRole.BULK) as connection:
            taken = due.taken(connection, campaign, plan, channel, options, upto)
    wishes, ahead = [as_option(option) for option in options], channel in AHEAD
    key, asked = _turn(
        campaign,
        key,
        {person: codes.index(code) for person, code, _day in wanted if person not in taken},
        lambda left: batches.anybody(
            campaign, left, channel, wishes, account=account, actor=actor, ahead=ahead
        ),
    )
    report = batches.claim_batch(
        campaign,
        key,
        asked,
        channel,
        wishes,
        account=account,
        actor=actor,
        ahead=ahead,
        until=upto if dated else None,
        taken=sum(person in taken for person, *_ in wanted),
        progress=progress,
    )
    if channel not in TOLD_BACK:
        batches.finish_batch(campaign, report.batch_id, actor=actor, progress=progress)
    return report


def _turn(
    campaign: Campaign, key: str, wanted: Mapping[int, int], anybody: Callable[[Mapping[int, int]], bool]
) -> tuple[str, Mapping[int, int]]:
    """The key of the newest batch of the day, and whom it still asks for: of `wanted` those whom no batch before claimed. Where it is
    finished it asks for nobody, but the next one does as soon as `anybody` of them may be claimed: they were handed back, perhaps.
    """
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        turns = _turns(connection, key)
        held = {
            person
            for turn in turns
            if turn.finished
            for person in queries.claimed_in(connection, turn.batch_id)
        }
    left = {person: option for person, option in wanted.items() if person not in held}
    if not turns or not turns[-1].finished:
        return _of_turn(key, max(1, len(turns))), left
    return (_of_turn(key, len(turns) + 1), left) if anybody(left) else (_of_turn(key, len(turns)), {})


def _turns(connection: Connection, key: str) -> list[BatchReport]:
    """What became of the batches of a key, the first one first."""
    found: list[BatchReport] = []
    while batch_id := queries.batch_of_key(connection, _of_turn(key, len(found) + 1)):
        found.append(queries.batch(connection, batch_id))
    return found


def _of_turn(key: str, number: int) -> str:
    return key if number == 1 else f"{key}:{number}"


def sheet(campaign: Campaign, batch_id: int, *, account: int | None, actor: str, holder: str) -> Sheet:
    """The list of a batch, of the people whom `account` may see, without those whose message may be used no longer. Each time
    it is taken is noted. Raises NoSuchBatch.

    holder: what the file's name calls whoever takes it.
    """
    options = {option.code: option for option in read_options(campaign.folder)}
    unusable = kept_back(campaign, batch_id)
    with campaign.ledger.transaction(_role(account), account=account) as connection:
        report = queries.batch(connection, batch_id)
        rows = [
            row
            for row in _rows(connection, batch_id)
            if row["option"] in options and row["message"] not in unusable
        ]
        written = formatter.sheet(report.channel.value, formatter.pieces(rows, options))
        detail = {"channel": report.channel.value, "rows": len(written) - 1}
        audit.record(
            connection,
            campaign,
            "plan.export",
            subject=f"contacts:{batch_id}",
            persons=[row["person_id"] for row in rows],
            detail=detail,
            actor=actor,
        )
    stem = formatter.file_name(report.channel.value).removesuffix(".csv")
    return Sheet(marked(campaign, stem, holder, str(batch_id)), report.channel, written)


def kept_back(campaign: Campaign, batch_id: int) -> dict[str, Refusal]:
    """The messages of a batch that may be used no longer, with why: whom it would bring them is on no list any more."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT DISTINCT message_version FROM contacts.claim WHERE batch_id = %s", (batch_id,)
        ).fetchall()
        return queries.unusable(connection, campaign, (message for (message,) in rows))


def export(
    campaign: Campaign,
    folder: Path,
    *,
    until: date | None = None,
    actor: str | None = None,
    progress: Progress = silent,
) -> list[Exported]:
    """Claim the contacts of the plan in force, as `hand_out` does, and write the lists as CSV files in `folder`.

    Raises DayPast, NoPlanInForce, CampaignOver, ListsNotWritten, and what `claim_batch` raises.
    """
    if until is not None and until < campaign.today:
        raise DayPast(day=until)
    who = actor or campaign.actor
    found = []
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        channels = _channels(connection, planning.to_work_by(connection, campaign).plan_id)
    for channel in channels:
        report = hand_out(campaign, channel, account=None, actor=who, until=until, progress=progress)
        if report.until and not report.claimed:
            found.append(Exported(None, channel, 0, report))
            continue
        made = sheet(campaign, report.batch_id, account=None, actor=who, holder=who.partition(":")[2] or who)
        path = formatter.write_list(folder / made.name, made.rows)
        found.append(Exported(path, channel, len(made.rows) - 1, report))
    return found


def _channels(connection: Connection, plan_id: int) -> list[Channel]:
    """Those that a plan uses."""
    totals = planning.option_totals(connection, plan_id)
    return sorted({Channel(total.channel) for total in totals if total.contacts})


def batch_of(connection: Connection, batch_id: int, account: int | None) -> str:
    """The actor who took a batch, if it is the account's own (None: anybody's). Raises NoSuchBatch."""
    row = connection.execute(
        "SELECT actor FROM contacts.batch WHERE batch_id = %s AND (%s::bigint IS NULL OR account_id = %s)",
        (batch_id, account, account),
    ).fetchone()
    if row is None:
        raise NoSuchBatch(batch_id=batch_id)
    return str(row[0])


def _rows(connection: Connection, batch_id: int) -> Sequence[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ROWS, (batch_id,)).fetchall()


def _role(account: int | None) -> LedgerRole:
    return LedgerRole.BULK if account is None else LedgerRole.WEB


def marked(campaign: Campaign, stem: str, holder: str, number: str = "") -> str:
    """The name of a file that leaves: walk-list_2027-01-15_2104_anna-meunier_12.csv tells what, when, by whom, which one."""
    local = campaign.clock().astimezone(ZoneInfo(campaign.settings.timezone))
    plain = unicodedata.normalize("NFKD", holder).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "somebody"
    return "_".join(filter(None, (stem, f"{local:%Y-%m-%d_%H%M}", slug, number))) + ".csv"
