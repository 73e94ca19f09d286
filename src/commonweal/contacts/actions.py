"""The only writers of contacts: rules, claims and what becomes of them, events that count, and the chores of each minute."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

import msgspec
from psycopg.types.json import Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign, IdMaker
from commonweal.contacts import claiming, queries, settling, topics
from commonweal.contacts.claiming import NewIds, Reserved
from commonweal.contacts.errors import ClaimClosed, NothingToUndo, RulesOutdated
from commonweal.contacts.model import Channel, Claim, Option, Refusal, State
from commonweal.contacts.outcomes import Happened
from commonweal.contacts.rules import Rules, as_data, as_toml
from commonweal.interactions import actions as interactions
from commonweal.interactions.actions import Also
from commonweal.interactions.model import Answer, Event, Found, Kind, ResultCode, Taken
from commonweal.interactions.model import Channel as EventChannel
from commonweal.store.ledger import Connection, LedgerRole

SENDER = "contacts"
"""The sender of the events that are made here: what became of a claim."""

_BLOCK = 1_000
_blocks: WeakKeyDictionary[IdMaker, list[int]] = WeakKeyDictionary()
_blocks_lock = threading.Lock()


def set_rules(
    campaign: Campaign,
    rules: Rules,
    *,
    account: int | None = None,
    actor: str | None = None,
    before: int | None = None,
) -> int:
    """Put rules in force; returns their version. `before`: the version that was changed. Raises RulesOutdated."""
    who = actor or campaign.actor
    with campaign.ledger.transaction(
        LedgerRole.WEB if account else LedgerRole.BULK, account=account
    ) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('contacts.rules', 0))")
        newest, old = queries.rules_in_force(connection, campaign)
        if before is not None and before != newest:
            raise RulesOutdated
        row = connection.execute(
            "INSERT INTO contacts.rules (at, actor, rules) VALUES (%s, %s, %s) RETURNING version",
            (campaign.clock(), who, Jsonb(as_data(rules))),
        ).fetchone()
        assert row is not None
        was, now = as_data(old), as_data(rules)
        detail = {"version": row[0], "changed": sorted(key for key in now if was[key] != now[key])}
        audit.record(connection, campaign, "contact_rules.set", detail=detail, actor=who)
    return int(row[0])


def load_rules(campaign: Campaign, *, actor: str | None = None) -> int:
    """Put the rules of the campaign's file in force. Raises RulesMissing, RulesUnreadable."""
    return set_rules(campaign, queries.rules_of_file(campaign), actor=actor)


def rules_text(campaign: Campaign) -> str:
    """The rules in force as a file."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return as_toml(queries.rules_in_force(connection, campaign)[1])


def claim(
    campaign: Campaign,
    person_id: int,
    channel: Channel,
    *,
    option: Option,
    account: int | None = None,
    actor: str | None = None,
    connection: Connection | None = None,
) -> Claim | Refusal:
    """Reserve one contact, or say why not. In the caller's transaction (role bulk) if one is given.

    Whether the account may see the person is for the caller to ask before. Raises what `queries.terms` raises.
    """
    if connection is None:
        with campaign.ledger.transaction(LedgerRole.BULK, pipelined=True) as own:
            return claim(
                campaign, person_id, channel, option=option, account=account, actor=actor, connection=own
            )
    who = actor or campaign.actor
    terms = queries.terms(connection, campaign, channel, [option], account=account, actor=who)
    chunk = claiming.claim(connection, terms, {person_id: 0}, new_ids(campaign))
    note_stopped(connection, campaign, channel, chunk.refused)
    topics.tell(campaign, connection, [account])
    subject = f"person:{person_id}"
    for refusal in chunk.refused.values():
        detail = {"channel": channel.value, "code": refusal.code}
        audit.record(connection, campaign, "contact.refuse", subject=subject, detail=detail, actor=who)
        return refusal
    made = chunk.made[0]
    claimed: dict[str, object] = {"channel": channel.value, "claim": made.claim_id}
    audit.record(connection, campaign, "contact.claim", subject=subject, detail=claimed, actor=who)
    return _as_claim(made, terms)


def _as_claim(made: Reserved, terms: claiming.Terms) -> Claim:
    option = terms.options[made.option]
    return Claim(
        claim_id=made.claim_id,
        subject=made.asked[0],
        asked=made.asked,
        members=made.members,
        household_id=made.household_id,
        channel=terms.channel,
        option=option.code,
        message=option.message,
        question=option.question,
        cost=made.cost,
        state=State.LIVE,
        claimed_at=terms.now,
        lapses_at=terms.now + terms.hold,
        closed_at=None,
        account_id=terms.account,
        actor=terms.actor,
        batch_id=terms.batch,
    )


def new_ids(campaign: Campaign) -> NewIds:
    """Gives claim ids from a block that this process took: the ledger is asked once in a thousand."""

    def take(count: int) -> Sequence[int]:
        with _blocks_lock:
            block = _blocks.setdefault(campaign.ids, [])
            if len(block) < count:
                block.extend(campaign.ids.take("contact", max(count, _BLOCK)).tolist())
            taken = block[:count]
            del block[:count]
        return taken

    return take


def note_stopped(
    connection: Connection,
    campaign: Campaign,
    channel: Channel,
    refused: dict[int, Refusal],
    batch: int | None = None,
) -> None:
    """Count what was refused by each rule, and keep some of them as examples."""
    by_code: dict[str, list[int]] = {}
    for person, refusal in refused.items():
        by_code.setdefault(refusal.code, []).append(person)
    for code, persons in by_code.items():
        row = {"day": campaign.today, "channel": channel.value, "code": code, "batch": batch}
        connection.execute(
            "INSERT INTO contacts.stopped (day, channel, code, batch_id, persons)"
            " VALUES (%(day)s, %(channel)s, %(code)s, %(batch)s, %(persons)s)",
            {**row, "persons": len(persons)},
        )
        some = persons[: queries.MOST_EXAMPLES]
        connection.execute(
            "INSERT INTO contacts.example (day, channel, code, batch_id, subject, detail)"
            " SELECT %(day)s, %(channel)s, %(code)s, %(batch)s, e.subject, e.detail::jsonb"
            " FROM unnest(%(subjects)s::bigint[], %(details)s::text[]) AS e (subject, detail)"
            " WHERE %(batch)s::bigint IS NULL OR (SELECT count(*) FROM contacts.example x"
            "   WHERE x.batch_id = %(batch)s AND x.code = %(code)s) < %(most)s",
            {
                **row,
                "subjects": some,
                "details": [_json(refused[person]) for person in some],
                "most": queries.MOST_EXAMPLES,
            },
        )


def _json(refusal: Refusal) -> str:
    return msgspec.json.encode(dict(refusal.params)).decode()


def finish(
    campaign: Campaign,
    claim_id: int,
    *,
    result: ResultCode | None = None,
    answers: dict[str, Answer] | None = None,
    occurred_at: datetime | None = None,
    account: int | None = None,
    actor: str | None = None,
) -> Claim:
    """The contact was made or tried: an event, with its result or its answers (a letter or an e-mail has neither).

    `account` None may finish any claim; else those that it sees. A claim that lapsed may be finished still: what
    happened counts. Doing it twice is harmless. Raises NoSuchClaim, ClaimClosed.
    """
    found = seen(campaign, claim_id, account)
    if found.state not in {State.LIVE, State.LAPSED, State.DONE}:
        raise ClaimClosed(state=found.state.value)
    record(
        campaign, [contact_event(campaign, found, result, answers, occurred_at, actor)], SENDER, actor=actor
    )
    return seen(campaign, claim_id, None)


def contact_event(
    campaign: Campaign,
    found: Claim,
    result: ResultCode | None = None,
    answers: dict[str, Answer] | None = None,
    occurred_at: datetime | None = None,
    actor: str | None = None,
) -> Event:
    """The event that says that a claimed contact was made."""
    return Event(
        event_id=f"claim:{found.claim_id}",
        kind=Kind.ATTEMPT if result or answers else Kind.SENT,
        occurred_at=occurred_at or campaign.clock(),
        channel=EventChannel(found.channel),
        person_id=found.subject,
        claim_id=found.claim_id,
        message_version=found.message or None,
        actor=(actor or campaign.actor)[:100],
        result=result,
        answers=answers,
        cost=found.cost,
    )


def undo(campaign: Campaign, claim_id: int, *, account: int | None = None, actor: str | None = None) -> Claim:
    """It was not so: a correcting event, and all that the first one did is taken back.

    Raises NoSuchClaim, NothingToUndo.
    """
    found = seen(campaign, claim_id, account)
    if found.state is not State.DONE or found.event_id is None or found.sender is None:
        raise NothingToUndo
    interactions.undo(
        campaign,
        found.subject,
        found.sender,
        found.event_id,
        also=counting(campaign, found.sender),
        actor=actor,
    )
    return seen(campaign, claim_id, None)


def hand_back(
    campaign: Campaign, claim_id: int, *, account: int | None = None, actor: str | None = None
) -> Claim:
    """The contact will not be made: others may claim it. Raises NoSuchClaim, ClaimClosed."""
    found = seen(campaign, claim_id, account)
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        if not found.is_live(campaign.clock()) or not close(connection, campaign, [found], State.RETURNED):
            raise ClaimClosed(state=(State.LAPSED if found.state is State.LIVE else found.state).value)
        detail = {"channel": found.channel.value, "claim": claim_id}
        subject = f"person:{found.subject}"
        audit.record(connection, campaign, "contact.return", subject=subject, detail=detail, actor=actor)
    return seen(campaign, claim_id, None)


def close(connection: Connection, campaign: Campaign, claims: Sequence[Claim], state: State) -> int:
    """Close claims whose contact was not made; those that are over already are left. Returns how many it closed."""
    claiming.lock(connection, {subject for each in claims for subject in each.members})
    rows = connection.execute(
        "WITH mine AS (SELECT claim_id FROM contacts.claim WHERE claim_id = ANY (%(ids)s) AND state = 'live'"
        "   ORDER BY claim_id FOR UPDATE)"
        " UPDATE contacts.claim c SET state = %(state)s, closed_at = %(now)s FROM mine"
        " WHERE c.claim_id = mine.claim_id RETURNING c.claim_id, c.channel, c.cost, c.members",
        {"ids": [each.claim_id for each in claims], "state": state.value, "now": campaign.clock()},
    ).fetchall()
    settling.let_go(connection, {claim_id: members for claim_id, _, _, members in rows})
    topics.tell(campaign, connection, {each.account_id for each in claims})
    for channel in {row[1] for row in rows}:
        costs = [cost for _, other, cost, _ in rows if other == channel]
        settling.spend(connection, Channel(channel), -len(costs), 0, -sum(costs), 0)
    return len(rows)


def seen(campaign: Campaign, claim_id: int, account: int | None) -> Claim:
    """A claim as an account may see it (None: any). Raises NoSuchClaim."""
    role = LedgerRole.BULK if account is None else LedgerRole.WEB
    with campaign.ledger.read(role, account=account) as connection:
        return queries.claim(connection, claim_id)


def record(campaign: Campaign, events: Sequence[Event], sender: str, *, actor: str | None = None) -> Taken:
    """Take events in, claimed or not, late or in time, and let them count. Raises what `interactions.take_in` raises."""
    return interactions.take_in(campaign, events, sender, also=counting(campaign, sender), actor=actor)


def counting(campaign: Campaign, sender: str) -> Also:
    """For `also=` of whatever takes events in: they count for the pressure on their persons, and close their claims."""

    def also(connection: Connection, taken: Taken) -> None:
        _, rules = queries.rules_in_force(connection, campaign)
        known = zip(taken.events, taken.subjects, taken.households, strict=True)
        found = [
            Happened.of(sender, event, subject, household)
            for event, subject, household in known
            if subject is not None
        ]
        settling.settle(connection, campaign, rules, found)

    return also


def count_found(campaign: Campaign, connection: Connection, found: Found) -> None:
    """Events that waited for their person count once it is known: for `also=` of interactions.resolve_pending."""
    _, rules = queries.rules_in_force(connection, campaign)
    settling.settle(connection, campaign, rules, settling.waited(connection, found))
