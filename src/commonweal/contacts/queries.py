"""What the ledger knows of contacts: the rules in force, claims, batches, money, and the pressure on the electorate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from commonweal.campaign import Campaign
from commonweal.consent import gate, packs
from commonweal.consent.model import Channel as LawChannel
from commonweal.consent.model import Use
from commonweal.contacts.claiming import Terms, look
from commonweal.contacts.errors import NoSuchBatch, NoSuchClaim, RulesMissing, RulesUnreadable
from commonweal.contacts.model import (
    CHANNELS,
    BatchReport,
    Channel,
    Claim,
    Level,
    Money,
    Option,
    Refusal,
    State,
    Stopped,
)
from commonweal.contacts.rules import ALWAYS, Rules, from_data, from_toml
from commonweal.contacts.rules import unusable as why_unusable
from commonweal.mandate.standing import standings
from commonweal.store.ledger import Connection, LedgerRole

RULES_FILE = "contact_rules.toml"
MOST_EXAMPLES = 20


def rules_in_force(connection: Connection, campaign: Campaign) -> tuple[int, Rules]:
    """The rules with their version. Before any were set in the ledger (version 0) the campaign's file says them, and
    where there is none, the strict defaults do. Raises RulesUnreadable.
    """
    row = connection.execute(
        "SELECT version, rules FROM contacts.rules ORDER BY version DESC LIMIT 1"
    ).fetchone()
    if row:
        return row[0], from_data(row[1])
    try:
        return 0, rules_of_file(campaign)
    except RulesMissing:
        return 0, Rules()


def rules_of_file(campaign: Campaign) -> Rules:
    """The rules that the campaign's file gives. Raises RulesMissing, RulesUnreadable."""
    path = campaign.folder / RULES_FILE
    try:
        return from_toml(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise RulesMissing(path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RulesUnreadable(where=path, reason=error) from error


def versions(connection: Connection, limit: int = 20) -> list[tuple[int, datetime, str]]:
    """Version, time and author of the rules as they were set, the newest first."""
    return connection.execute(
        "SELECT version, at, actor FROM contacts.rules ORDER BY version DESC LIMIT %s", (limit,)
    ).fetchall()


def terms(
    connection: Connection,
    campaign: Campaign,
    channel: Channel,
    options: Sequence[Option],
    *,
    account: int | None,
    actor: str,
    ahead: bool = False,
    batch: int | None = None,
) -> Terms:
    """What claims by this channel are judged by now. Raises what `consent.packs.check_campaign` raises, RulesUnreadable."""
    packs.check_campaign(campaign, connection)
    _, rules = rules_in_force(connection, campaign)
    return Terms(
        rules=rules,
        gate=_law(campaign, channel),
        now=campaign.clock(),
        zone=campaign.settings.timezone,
        voted_since=voted_since(campaign),
        channel=channel,
        options=options,
        ahead=ahead,
        hold=timedelta(hours=rules.holds.single if batch is None else rules.holds.list),
        account=account,
        actor=actor,
        batch=batch,
    )


def unusable(connection: Connection, campaign: Campaign, messages: Iterable[str]) -> dict[str, Refusal]:
    """Those of these messages that nobody may be told now, with why (role bulk): what a claim would say, and each send
    says. Raises RulesUnreadable."""
    names = set(messages)
    known = standings(connection, names)
    _, rules = rules_in_force(connection, campaign)
    found = {name: why_unusable(name, known.get(name), rules) for name in sorted(names)}
    return {name: refusal for name, refusal in found.items() if refusal is not None}


def _law(campaign: Campaign, channel: Channel) -> str:
    return gate.postgres(campaign, Use.CONTACT, LawChannel(channel))


def voted_since(campaign: Campaign, day: date | None = None) -> datetime:
    """From when on a vote told is one in the round of a day (None: today), which is the day after the round before."""
    past = [each.date for each in campaign.settings.rounds if each.date < (day or campaign.today)]
    if not past:
        return ALWAYS
    return datetime.combine(max(past) + timedelta(days=1), time(), ZoneInfo(campaign.settings.timezone))


def outlook(campaign: Campaign, person_id: int) -> dict[Channel, Refusal | None]:
    """By channel: may this person be contacted now with something new, and if not why. Raises as `terms`."""
    anything = [Option(code="", message="")]
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        asked = terms(connection, campaign, CHANNELS[0], anything, account=None, actor=campaign.actor)
        by_channel = {each: replace(asked, channel=each, gate=_law(campaign, each)) for each in CHANNELS}
        found = {channel: look(connection, each, {person_id: 0}) for channel, each in by_channel.items()}
    return {channel: next(iter(refused.values()), None) for channel, refused in found.items()}


_CLAIM = (
    "SELECT claim_id, subject, asked, members, household_id, channel, option, message_version, question, cost, state,"
    " claimed_at, lapses_at, closed_at, account_id, actor, batch_id, stamp, sender, event_id FROM contacts.claim"
)


def claim(connection: Connection, claim_id: int) -> Claim:
    """One claim, as far as the transaction may see it. Raises NoSuchClaim."""
    row = connection.execute(f"{_CLAIM} WHERE claim_id = %s", (claim_id,)).fetchone()
    if row is None:
        raise NoSuchClaim
    return _claim(row)


def claims(connection: Connection, ids: Sequence[int]) -> list[Claim]:
    """These claims, in the order of their ids."""
    rows = connection.execute(
        f"{_CLAIM} WHERE claim_id = ANY (%s) ORDER BY claim_id", (list(ids),)
    ).fetchall()
    return [_claim(row) for row in rows]


def _claim(row: Sequence[Any]) -> Claim:
    claim_id, subject, asked, members, household, channel, option, message, question, cost, state, *rest = row
    return Claim(
        claim_id,
        subject,
        tuple(asked),
        tuple(members),
        household,
        Channel(channel),
        option,
        message,
        question,
        cost,
        State(state),
        *rest,
    )


def claims_of(connection: Connection, person_id: int, limit: int = 20) -> list[Claim]:
    """The claims for a living person, the newest first; at a door also those made for others of the household."""
    rows = connection.execute(
        f"{_CLAIM} c WHERE c.subject = ANY (array(SELECT %(person)s::bigint UNION ALL"
        "   SELECT r.subject FROM identity.redirect r WHERE r.person_id = %(person)s))"
        " OR c.claim_id = ANY (array(SELECT p.claim_id FROM contacts.pressure p WHERE p.subject = %(person)s))"
        " ORDER BY claimed_at DESC, claim_id LIMIT %(limit)s",
        {"person": person_id, "limit": limit},
    ).fetchall()
    return [_claim(row) for row in rows]


def held_by(connection: Connection, account_id: int, now: datetime, limit: int = 200) -> list[Claim]:
    """The live claims of an account, those that lapse first before the rest."""
    rows = connection.execute(
        f"{_CLAIM} WHERE account_id = %s AND state = 'live' AND lapses_at > %s ORDER BY lapses_at, claim_id LIMIT %s",
        (account_id, now, limit),
    ).fetchall()
    return [_claim(row) for row in rows]


UNDO_FOR = timedelta(hours=12)
"""How long one who sees a person for the sake of a claim only may take back what came of it."""


def done_by(connection: Connection, account_id: int, now: datetime, limit: int = 20) -> list[Claim]:
    """What an account finished in the last hours, as long as it may take it back; the latest first."""
    rows = connection.execute(
        f"{_CLAIM} WHERE account_id = %s AND state = 'done' AND closed_at > %s"
        " ORDER BY closed_at DESC, claim_id LIMIT %s",
        (account_id, now - UNDO_FOR, limit),
    ).fetchall()
    return [_claim(row) for row in rows]


def live_in(connection: Connection, batch_id: int) -> int:
    """How many claims of a batch still hold, of those that the account may see."""
    row = connection.execute(
        "SELECT count(*) FROM contacts.claim WHERE batch_id = %s AND state = 'live'", (batch_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def last_done(connection: Connection, account_id: int, since: datetime) -> Claim | None:
    """The claim that an account finished last, if it did since then."""
    row = connection.execute(
        f"{_CLAIM} WHERE account_id = %s AND state = 'done' AND closed_at >= %s ORDER BY closed_at DESC, claim_id LIMIT 1",
        (account_id, since),
    ).fetchone()
    return _claim(row) if row else None


def money(connection: Connection) -> list[Money]:
    """What claims cost, by channel: reserved by those that are live, spent by those that are done."""
    rows = connection.execute(
        "SELECT channel, sum(live)::bigint, sum(done)::bigint, sum(committed)::bigint, sum(spent)::bigint"
        " FROM contacts.spending GROUP BY channel"
    ).fetchall()
    found = {row[0]: Money(Channel(row[0]), *row[1:]) for row in rows}
    return [found.get(channel.value, Money(channel, 0, 0, 0, 0)) for channel in CHANNELS]


def batch(connection: Connection, batch_id: int) -> BatchReport:
    """What became of a batch so far, with examples of those whom the account may see. Raises NoSuchBatch."""
    row = connection.execute(
        "SELECT batch_id, channel, asked, claimed, claims, finished_at IS NOT NULL, until, taken FROM contacts.batch"
        " WHERE batch_id = %s",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NoSuchBatch(batch_id=batch_id)
    counts = connection.execute(
        "SELECT code, sum(persons)::bigint FROM contacts.stopped WHERE batch_id = %s GROUP BY code"
        " ORDER BY 2 DESC, code",
        (batch_id,),
    ).fetchall()
    examples = connection.execute(
        "SELECT code, subject, detail FROM contacts.example WHERE batch_id = %s ORDER BY entry_id",
        (batch_id,),
    ).fetchall()
    number, channel, asked, claimed, claims, *rest = row
    return BatchReport(number, Channel(channel), asked, claimed, claims, _stopped(counts, examples), *rest)


def batch_of_key(connection: Connection, key: str) -> int | None:
    """The batch that was begun under a key, or None."""
    row = connection.execute("SELECT batch_id FROM contacts.batch WHERE key = %s", (key,)).fetchone()
    return int(row[0]) if row else None


def claimed_in(connection: Connection, batch_id: int) -> dict[int, int]:
    """The living persons whom claims of a batch hold or have reached, each with the claim."""
    rows = connection.execute(
        "SELECT identity.living(person), claim_id FROM contacts.claim CROSS JOIN LATERAL unnest(asked) AS person"
        " WHERE batch_id = %s AND state IN ('live', 'done')",
        (batch_id,),
    ).fetchall()
    return dict(rows)


def stopped(connection: Connection, since: date) -> list[tuple[Channel, Stopped]]:
    """What each rule stopped since a day, by channel, the most first, with examples whom the account may see."""
    counts = connection.execute(
        "SELECT channel, code, sum(persons)::bigint FROM contacts.stopped WHERE day >= %s"
        " GROUP BY channel, code ORDER BY 3 DESC, channel, code",
        (since,),
    ).fetchall()
    found = []
    for channel, code, persons in counts:
        examples = connection.execute(
            "SELECT code, subject, detail FROM contacts.example WHERE channel = %s AND code = %s AND day >= %s"
            " ORDER BY entry_id DESC LIMIT %s",
            (channel, code, since, MOST_EXAMPLES),
        ).fetchall()
        found.append((Channel(channel), _stopped([(code, persons)], examples)[0]))
    return found


def _stopped(
    counts: Sequence[tuple[str, int]], examples: Sequence[tuple[str, int, dict[str, Any]]]
) -> tuple[Stopped, ...]:
    return tuple(
        Stopped(
            code,
            persons,
            tuple((subject, detail) for other, subject, detail in examples if other == code)[:MOST_EXAMPLES],
        )
        for code, persons in counts
    )


def counted_at(connection: Connection) -> datetime | None:
    """When the pressure was last counted over everybody."""
    row = connection.execute("SELECT at FROM contacts.counted").fetchone()
    return row[0] if row else None


def levels(connection: Connection, *, by_area: bool = False) -> list[Level]:
    """Persons by how near they are to a cap, over all channels together (channel None) and by each; as last counted."""
    area = "area_code" if by_area else "''"
    rows = connection.execute(
        f"SELECT {area}, channel, coalesce(sum(persons) FILTER (WHERE level = 'never'), 0)::bigint,"
        " coalesce(sum(persons) FILTER (WHERE level = 'free'), 0)::bigint,"
        " coalesce(sum(persons) FILTER (WHERE level = 'near'), 0)::bigint,"
        " coalesce(sum(persons) FILTER (WHERE level = 'over'), 0)::bigint"
        " FROM contacts.overview GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    return [Level(code, Channel(channel) if channel else None, *counts) for code, channel, *counts in rows]
