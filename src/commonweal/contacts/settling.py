"""What new events do here, in the transaction that takes them in: pressure, claims, money, and what is closed for good.

An event counts whether it was claimed or not, and for the day on which it happened, however late it is told. Locks
are taken as a claim takes them: pressure in the order of the subjects, then claims in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from commonweal.campaign import Campaign
from commonweal.contacts import channels, tally, topics
from commonweal.contacts.claiming import lock
from commonweal.contacts.model import HOUSEHOLD_CHANNELS, Channel, State
from commonweal.contacts.outcomes import Happened, Made, Mark, made, told_marks
from commonweal.contacts.rules import Rules
from commonweal.interactions.columns import numbers
from commonweal.interactions.model import Found, Kind
from commonweal.store.ledger import Connection

_MADE = """
    WITH summed AS (
        SELECT m.subject, array_agg(m.stamp) AS contacts,
            array_remove(array_agg((%(words)s::text[])[m.word]), NULL) AS messages
        FROM unnest(%(subject)s::bigint[], %(stamp)s::bigint[], %(word)s::integer[]) AS m (subject, stamp, word)
        GROUP BY m.subject
    )
"""
_MADE_COLUMNS = ("contacts", "messages")
_STAMPED = ("refusals", "votes", "gifts")
_TOLD = f"""
    WITH mark AS (
        SELECT m.subject, m.col, m.stamp, (%(words)s::text[])[m.word] AS word
        FROM unnest(%(subject)s::bigint[], %(stamp)s::bigint[], %(word)s::integer[], string_to_array(%(column)s, ','))
            AS m (subject, stamp, word, col)
    ), summed AS (
        SELECT subject,
            {", ".join(f"coalesce(array_agg(stamp) FILTER (WHERE col = '{c}'), '{{}}') AS {c}" for c in _STAMPED)},
            coalesce(array_agg(word) FILTER (WHERE col = 'answered'), '{{}}') AS answered
        FROM mark GROUP BY subject
    )
"""  # the columns' names are the tuples above
_ADD, _TAKE = "{0} = p.{0} || s.{0}", "{0} = contacts.less(p.{0}, s.{0})"

_CLAIMS = """
    SELECT claim_id, members, channel, state, message_version, cost, sender, event_id, stamp, account_id
    FROM contacts.claim WHERE claim_id = ANY (%(ids)s) ORDER BY claim_id
"""
_CLAIMS_OF_EVENTS = """
    SELECT c.claim_id FROM contacts.claim c
    JOIN unnest(%(sender)s::text[], %(event)s::text[]) AS e (sender, event_id) USING (sender, event_id)
"""
_HAPPENED = """
    SELECT e.sender, e.event_id, e.kind, e.occurred_at, e.subject, e.household_id, e.channel, e.direction = 'out',
        e.claim_id, e.message_version, e.result,
        coalesce((SELECT array_agg(k) FROM jsonb_object_keys(e.answers) k), '{}'), e.corrects
"""
_WAITED = f"""{_HAPPENED}
    FROM unnest(%s::bigint[], %s::text[]) AS w (subject, event_id)
    JOIN interactions.event e USING (subject, event_id)
"""
_ORIGINALS = f"""{_HAPPENED}
    FROM unnest(%(subject)s::bigint[], %(sender)s::text[], %(event)s::text[]) AS w (subject, sender, event_id)
    JOIN interactions.event e USING (subject, sender, event_id)
"""
_CORRECTED_BEFORE = """
    SELECT e.sender, e.corrects
    FROM unnest(%(subject)s::bigint[], %(sender)s::text[], %(event)s::text[]) AS w (subject, sender, event_id)
    JOIN interactions.event e ON e.subject = w.subject AND e.sender = w.sender AND e.corrects = w.event_id
    WHERE NOT (e.event_id = ANY (%(now)s))
"""
_CLOSE = """
    UPDATE contacts.claim c SET state = n.state, closed_at = %(now)s, stamp = n.stamp, sender = n.sender, event_id = n.event_id
    FROM unnest(%(claim_id)s::bigint[], %(state)s::text[], %(stamp)s::bigint[], %(sender)s::text[], %(event)s::text[])
        AS n (claim_id, state, stamp, sender, event_id)
    WHERE c.claim_id = n.claim_id
"""
_LET_GO = """
    UPDATE contacts.pressure SET claim_id = NULL, held_until = NULL
    WHERE subject = ANY (%(subjects)s) AND claim_id = ANY (%(claims)s)
"""
_SPEND = "INSERT INTO contacts.spending (channel, live, done, committed, spent) VALUES (%s, %s, %s, %s, %s)"


@dataclass
class _Claimed:
    """A claim that events are about: as it stands, then as they leave it."""

    claim_id: int
    members: list[int]
    channel: str
    state: str
    message: str
    cost: int
    sender: str | None
    event_id: str | None
    stamp: int | None
    account_id: int | None


@dataclass
class _Work:
    """What a batch adds up to."""

    made: list[Made] = field(default_factory=list)
    unmade: list[Made] = field(default_factory=list)
    told: list[Mark] = field(default_factory=list)
    untold: list[Mark] = field(default_factory=list)
    closed: dict[int, _Claimed] = field(default_factory=dict)
    money: dict[str, list[int]] = field(default_factory=dict)

    def spend(self, channel: str, live: int, done: int, cost: int) -> None:
        """Note that so many claims became live or done."""
        sums = self.money.setdefault(channel, [0, 0, 0, 0])
        for place, change in enumerate((live, done, live * cost, done * cost)):
            sums[place] += change


def settle(connection: Connection, campaign: Campaign, rules: Rules, events: Sequence[Happened]) -> None:
    """Let events count. Each is passed here once, in the transaction (role bulk) that takes it in."""
    events = [event for event in events if not _is_idle(event)]
    if not events:
        return
    originals = _originals(connection, events)
    touched = [*events, *originals.values()]
    claims = _claims(connection, touched)
    mates = _mates(connection, touched)
    lock(
        connection,
        {s for claim in claims.values() for s in claim.members}
        | {s for event in touched for s in _members(event, None, mates)},
    )
    claims = _claims(connection, touched, locked=True)
    undone = _early(connection, events)
    work = _Work()
    for event in events:
        if (event.sender, event.event_id) in undone:
            continue
        _count(work, event, claims, mates)
        original = originals.get((event.sender, event.corrects or ""))
        if original is not None:
            _discount(work, event, original, claims, mates)
    _write(connection, campaign, work)
    _note_early(connection, [e for e in events if e.corrects and (e.sender, e.corrects) not in originals])
    current = [event for event in events if (event.sender, event.event_id) not in undone]
    taken_back = [event for event in originals.values() if event.closes_a_claim]
    tally.note(connection, campaign, [event for event in current if event.closes_a_claim], taken_back)
    channels.close(connection, campaign, rules, current)
    channels.reopen(connection, campaign, rules, list(originals.values()))


def _is_idle(event: Happened) -> bool:
    """Whether it changes nothing here: an opened e-mail, a visit."""
    return event.corrects is None and not (
        event.closes_a_claim
        or event.kind in {Kind.UNSUBSCRIBED, Kind.COMPLAINED}
        or event.result
        or any(told_marks(event))
    )


def _originals(connection: Connection, events: Sequence[Happened]) -> dict[tuple[str, str], Happened]:
    """The events that these correct, by sender and id: those that were not corrected before."""
    wanted = [event for event in events if event.corrects]
    if not wanted:
        return {}
    given = {
        "subject": [event.subject for event in wanted],
        "sender": [event.sender for event in wanted],
        "event": [event.corrects for event in wanted],
        "now": [event.event_id for event in wanted],
    }
    before = set(connection.execute(_CORRECTED_BEFORE, given).fetchall())
    found = happened(connection.execute(_ORIGINALS, given).fetchall())
    return {
        (each.sender, each.event_id): each for each in found if (each.sender, each.event_id) not in before
    }


def waited(connection: Connection, found: Found) -> list[Happened]:
    """The events that waited for their person, of those whom they were found to be about."""
    return happened(connection.execute(_WAITED, (list(found.subjects), list(found.event_ids))).fetchall())


def happened(rows: Iterable[Sequence[Any]]) -> list[Happened]:
    """Rows of interactions.event, in the order of the columns that `Happened` has."""
    return msgspec.convert(list(rows), list[Happened])


def _claims(
    connection: Connection, events: Sequence[Happened], *, locked: bool = False
) -> dict[int, _Claimed]:
    """The claims that events name, or that were closed by them."""
    ids = {event.claim_id for event in events if event.claim_id is not None}
    if any(event.corrects for event in events):
        given = {"sender": [e.sender for e in events], "event": [e.event_id for e in events]}
        ids |= {number for (number,) in connection.execute(_CLAIMS_OF_EVENTS, given).fetchall()}
    if not ids:
        return {}
    query = _CLAIMS + (" FOR UPDATE" if locked else "")
    rows = connection.execute(query, {"ids": sorted(ids)}).fetchall()
    return {row[0]: _Claimed(*row) for row in rows}


def _mates(connection: Connection, events: Iterable[Happened]) -> dict[int, list[int]]:
    """Who lives in the households that were contacted as such."""
    homes = {e.household_id for e in events if e.household_id is not None and e.by in HOUSEHOLD_CHANNELS}
    found: dict[int, list[int]] = {}
    if homes:
        rows = connection.execute(
            "SELECT household_id, person_id FROM people.profile WHERE household_id = ANY (%s)", (list(homes),)
        ).fetchall()
        for home, person in rows:
            found.setdefault(home, []).append(person)
    return found


def _members(event: Happened, claim: _Claimed | None, mates: Mapping[int, Sequence[int]]) -> list[int]:
    """For whom a contact counts: whom its claim held, else the person, or all of the household."""
    if claim is not None:
        return list(dict.fromkeys([*claim.members, event.subject]))
    home = mates.get(event.household_id or 0, ()) if event.by in HOUSEHOLD_CHANNELS else ()
    if not home:
        return [event.subject]
    return list(dict.fromkeys([event.subject, *home]))


def _count(
    work: _Work, event: Happened, claims: Mapping[int, _Claimed], mates: Mapping[int, Sequence[int]]
) -> None:
    work.told.extend(told_marks(event))
    if not event.closes_a_claim:
        return
    claim = claims.get(event.claim_id) if event.claim_id is not None else None
    if claim is None:
        work.made.extend(made(event, _members(event, None, mates), event.message))
        return
    if claim.state == State.DONE and not _replaces(event, claim):
        return  # it was told of already, by somebody else: one contact
    if claim.state != State.DONE:
        work.spend(claim.channel, -int(claim.state == State.LIVE), 1, claim.cost)
    claim.state, claim.sender, claim.event_id, claim.stamp = (
        State.DONE,
        event.sender,
        event.event_id,
        event.contact,
    )
    work.closed[claim.claim_id] = claim
    work.made.extend(made(event, _members(event, claim, mates), claim.message))


def _replaces(event: Happened, claim: _Claimed) -> bool:
    return event.corrects == claim.event_id and event.sender == claim.sender


def _discount(
    work: _Work,
    event: Happened,
    original: Happened,
    claims: Mapping[int, _Claimed],
    mates: Mapping[int, Sequence[int]],
) -> None:
    """Take back what the original added; its claim is undone, unless the event itself stands in its place."""
    work.untold.extend(told_marks(original))
    if not original.closes_a_claim:
        return
    claim = claims.get(original.claim_id) if original.claim_id is not None else None
    if claim is None:
        work.unmade.extend(made(original, _members(original, None, mates), original.message))
    elif claim.event_id == original.event_id and claim.sender == original.sender:
        claim.state = State.UNDONE
        work.closed[claim.claim_id] = claim
        work.spend(claim.channel, 0, -1, claim.cost)
        work.unmade.extend(made(original, _members(original, claim, mates), claim.message))
    elif event.event_id == claim.event_id and event.sender == claim.sender:
        work.unmade.extend(made(original, _members(original, claim, mates), claim.message))


def _write(connection: Connection, campaign: Campaign, work: _Work) -> None:
    for change, contacts, marks in ((_ADD, work.made, work.told), (_TAKE, work.unmade, work.untold)):
        if contacts:
            given = _columns(contacts, [contact.message for contact in contacts])
            _change(connection, _MADE, _MADE_COLUMNS, change, given)
        if marks:
            given = _columns(marks, [mark.word for mark in marks])
            given["column"] = ",".join([mark.column for mark in marks])
            _change(connection, _TOLD, (*_STAMPED, "answered"), change, given)
    closed = list(work.closed.values())
    if closed:
        closing = {
            "claim_id": [claim.claim_id for claim in closed],
            "state": [claim.state for claim in closed],
            "stamp": [claim.stamp for claim in closed],
            "sender": [claim.sender for claim in closed],
            "event": [claim.event_id for claim in closed],
        }
        connection.execute(_CLOSE, {**closing, "now": campaign.clock()})
        let_go(connection, {claim.claim_id: claim.members for claim in closed})
        topics.tell(campaign, connection, {claim.account_id for claim in closed})
    for channel, sums in work.money.items():
        connection.execute(_SPEND, (channel, *sums))


def _change(
    connection: Connection, summed: str, names: Sequence[str], change: str, given: dict[str, Any]
) -> None:
    """Add sums to columns of the pressure, or take them away."""
    changes = ", ".join(change.format(name) for name in names)
    connection.execute(
        f"{summed} UPDATE contacts.pressure p SET {changes} FROM summed s WHERE p.subject = s.subject", given
    )


def _columns(entries: Sequence[Made] | Sequence[Mark], words: Sequence[str | None]) -> dict[str, Any]:
    """Entries as columns; each word is sent once, and known by its place."""
    known = {word: place for place, word in enumerate(dict.fromkeys(filter(None, words)), start=1)}
    return {
        "subject": numbers([entry.subject for entry in entries]),
        "stamp": numbers([entry.stamp for entry in entries]),
        "word": numbers([known[word] if word else None for word in words]),
        "words": list(known),
    }


def let_go(connection: Connection, claims: Mapping[int, Sequence[int]]) -> None:
    """These claims hold their members no longer."""
    subjects = {subject for members in claims.values() for subject in members}
    connection.execute(_LET_GO, {"subjects": list(subjects), "claims": list(claims)})


def spend(connection: Connection, channel: Channel, live: int, done: int, committed: int, spent: int) -> None:
    """Note a change of what claims cost."""
    connection.execute(_SPEND, (channel.value, live, done, committed, spent))


def _early(connection: Connection, events: Sequence[Happened]) -> set[tuple[str, str]]:
    """The events whose correction was told before themselves: they never counted and never will."""
    if connection.execute("SELECT FROM contacts.early LIMIT 1").fetchone() is None:
        return set()
    rows = connection.execute(
        "DELETE FROM contacts.early USING unnest(%s::text[], %s::text[]) AS e (sender, event_id)"
        " WHERE (early.sender, early.corrects) = (e.sender, e.event_id) RETURNING early.sender, early.corrects",
        ([event.sender for event in events], [event.event_id for event in events]),
    ).fetchall()
    return set(rows)


def _note_early(connection: Connection, events: Sequence[Happened]) -> None:
    if events:
        connection.execute(
            "INSERT INTO contacts.early (sender, corrects) SELECT * FROM unnest(%s::text[], %s::text[])"
            " ON CONFLICT DO NOTHING",
            ([event.sender for event in events], [event.corrects for event in events]),
        )
