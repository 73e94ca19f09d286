"""Many claims at once: in chunks, in the order of the person ids, each in a transaction of its own.

A batch is known by a key of the caller's. It goes in two lanes, the lower ids and the higher ones, so that one chunk is
made ready here while the ledger works on another. Each lane notes how far it came in the transaction of each chunk: the same
call after a kill goes on from there. A batch that is finished claims nothing more: a call for it tells what became of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import date
from typing import Any

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.contacts import actions, claiming, queries, topics
from commonweal.contacts.claiming import CHUNK, Terms
from commonweal.contacts.errors import OtherBatch
from commonweal.contacts.model import (
    HOUSEHOLD_CHANNELS,
    BatchReport,
    Channel,
    Claim,
    Option,
    Refusal,
    State,
)
from commonweal.interactions.columns import numbers
from commonweal.interactions.model import Taken
from commonweal.jobs.model import Progress, silent
from commonweal.store.ledger import Connection, LedgerRole

_MERGED = "SELECT subject, person_id FROM identity.redirect WHERE subject = ANY (%s::bigint[])"
_HOMES = """
    SELECT array_agg(person_id ORDER BY person_id) FROM people.profile
    WHERE household_id IS NOT NULL AND person_id = ANY (%s::bigint[]) GROUP BY household_id HAVING count(*) > 1
"""
# Statements of others that run just now, those of the batch's other lane among them.
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND state = 'active' AND pid <> pg_backend_pid()
"""
_LAST = 2**63 - 1

Group = tuple[int, ...]
"""Who is dealt with together, in order: at a door those of one household who are asked for, else one person. Plain
tuples, for Python looks at every other object of a long batch again and again to see whether it is still needed."""


def claim_batch(
    campaign: Campaign,
    key: str,
    persons: Sequence[int] | Mapping[int, int],
    channel: Channel,
    options: Sequence[Option],
    *,
    account: int | None = None,
    actor: str | None = None,
    ahead: bool = False,
    until: date | None = None,
    taken: int = 0,
    progress: Progress = silent,
) -> BatchReport:
    """Claim for all of `persons`: ids, or ids with the place of their option in `options` (else the first).

    The same key with the same persons goes on where it was killed. `ahead`: the contacts are made later, so that
    no hour is too late now. until, taken: for the report. Raises OtherBatch, and what `queries.terms` raises.
    """
    wanted = persons if isinstance(persons, Mapping) else dict.fromkeys(persons, 0)
    who = actor or campaign.actor
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        begun = (campaign.clock(), who, account, channel.value, len(wanted), until, taken)
        batch_id = _begin(connection, key, channel, begun)
        terms = queries.terms(
            connection, campaign, channel, options, account=account, actor=who, ahead=ahead, batch=batch_id
        )
        living, groups = _grouped(connection, wanted, channel)
        lanes = _lanes(connection, batch_id, groups)
    _go(campaign, terms, lanes, living, progress)
    _end(campaign, batch_id, who)
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return queries.batch(connection, batch_id)


def anybody(
    campaign: Campaign,
    persons: Mapping[int, int],
    channel: Channel,
    options: Sequence[Option],
    *,
    account: int | None,
    actor: str,
    ahead: bool,
) -> bool:
    """Whether `claim_batch` would claim for any of these persons now; nothing is locked, nothing noted. Raises what `queries.terms`
    raises.
    """
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        terms = queries.terms(
            connection, campaign, channel, options, account=account, actor=actor, ahead=ahead
        )
        living, groups = _grouped(connection, persons, channel)
        for chunk in _chunks(groups):
            wanted = {person: living[person] for group in chunk for person in group}
            if len(claiming.look(connection, terms, wanted)) < len(wanted):
                return True
    return False


def _begin(connection: Connection, key: str, channel: Channel, begun: tuple[Any, ...]) -> int:
    """The batch's id; `begun`: what is noted of it when it is new."""
    connection.execute(
        "INSERT INTO contacts.batch (key, made_at, actor, account_id, channel, persons, until, taken)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
        (key, *begun),
    )
    row = connection.execute("SELECT batch_id, channel FROM contacts.batch WHERE key = %s", (key,)).fetchone()
    assert row is not None
    if row[1] != channel.value:
        raise OtherBatch(key=key, channel=row[1])
    return int(row[0])


def _lanes(
    connection: Connection, batch_id: int, groups: Sequence[Group]
) -> dict[int, Iterator[list[Group]]]:
    """The chunks that are left, by lane. Where the lanes part is said once: who lives with whom may change until a
    batch that was killed goes on.
    """
    middle = groups[len(groups) // 2][0] if len(groups) > CHUNK else _LAST
    for lane, after, upto in ((0, -1, middle), (1, middle, _LAST)):
        connection.execute(
            "INSERT INTO contacts.lane (batch_id, lane, upto, reached_to) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (batch_id, lane, upto, after),
        )
    rows = connection.execute(
        "SELECT lane, upto, reached_to FROM contacts.lane WHERE batch_id = %s ORDER BY lane", (batch_id,)
    ).fetchall()
    return {
        lane: _chunks([group for group in groups if reached < group[0] <= upto])
        for lane, upto, reached in rows
    }


def _go(
    campaign: Campaign,
    terms: Terms,
    lanes: Mapping[int, Iterator[list[Group]]],
    living: Mapping[int, int],
    progress: Progress,
) -> None:
    """Claim for all lanes at the same time, one chunk of each at once."""
    done = 0
    with ThreadPoolExecutor(len(lanes)) as pool:
        flying: dict[Future[int], int] = {}

        def begin(lane: int) -> None:
            chunk = next(lanes[lane], None)
            if chunk:
                flying[pool.submit(_claim_chunk, campaign, terms, lane, chunk, living)] = lane

        for lane in lanes:
            begin(lane)
        while flying:
            progress(done, len(living), "claiming contacts")
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                lane = flying.pop(future)
                done += future.result()
                begin(lane)


def _grouped(
    connection: Connection, wanted: Mapping[int, int], channel: Channel
) -> tuple[dict[int, int], list[Group]]:
    """The living persons with their options, and who is dealt with together, in order."""
    merged: dict[int, int] = dict(connection.execute(_MERGED, (numbers(list(wanted)),)).fetchall())
    living: dict[int, int] = {}
    for person, option in wanted.items():
        living.setdefault(merged.get(person, person), option)
    homes: list[Group] = []
    if channel in HOUSEHOLD_CHANNELS:
        rows = connection.execute(_HOMES, (numbers(list(living)),)).fetchall()
        homes = [tuple(mates) for (mates,) in rows]
    together = {person for mates in homes for person in mates}
    alone = [(person,) for person in living if person not in together]
    return living, sorted([*homes, *alone])


def _chunks(groups: Sequence[Group]) -> Iterator[list[Group]]:
    chunk: list[Group] = []
    size = 0
    for group in groups:
        if chunk and size + len(group) > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(group)
        size += len(group)
    if chunk:
        yield chunk


def _claim_chunk(
    campaign: Campaign, terms: Terms, lane: int, groups: Sequence[Group], options: Mapping[int, int]
) -> int:
    """One chunk, with the batch's account of it, in one transaction; how many persons. Another process may have done it
    meanwhile. The row of the batch comes last: what is locked there holds up the other lane. While others claim too, it
    rests afterwards for as long as it took: whoever stands before a door does not wait for a list.
    """
    started = time.monotonic()
    with campaign.ledger.transaction(LedgerRole.BULK, pipelined=True) as connection:
        row = connection.execute(
            f"SELECT reached_to, ({_OTHERS}) > 1 FROM contacts.lane WHERE (batch_id, lane) = (%s, %s) FOR UPDATE",
            (terms.batch, lane),
        ).fetchone()
        assert row is not None
        left = [group for group in groups if group[0] > row[0]]
        if not left:
            return 0
        wanted = {person: options[person] for group in left for person in group}
        now = claiming.at(terms, campaign.clock())
        chunk = claiming.claim(connection, now, wanted, actions.new_ids(campaign))
        actions.note_stopped(connection, campaign, terms.channel, chunk.refused, terms.batch)
        topics.tell(campaign, connection, [terms.account])
        connection.execute(
            "UPDATE contacts.lane SET reached_to = %s WHERE (batch_id, lane) = (%s, %s)",
            (left[-1][0], terms.batch, lane),
        )
        connection.execute(
            "UPDATE contacts.batch SET asked = asked + %s, claims = claims + %s, claimed = claimed + %s WHERE batch_id = %s",
            (len(wanted), len(chunk.made), sum(len(made.asked) for made in chunk.made), terms.batch),
        )
    if row[1]:
        time.sleep(time.monotonic() - started)
    return len(wanted)


def _end(campaign: Campaign, batch_id: int, actor: str) -> None:
    """Shut the lanes, so that no other process claims more under what is noted here."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        connection.execute("UPDATE contacts.lane SET reached_to = upto WHERE batch_id = %s", (batch_id,))
        row = connection.execute(
            "UPDATE contacts.batch SET finished_at = %s WHERE batch_id = %s AND finished_at IS NULL"
            " RETURNING channel, asked, claimed, claims",
            (campaign.clock(), batch_id),
        ).fetchone()
        if row:
            detail = dict(zip(("channel", "asked", "claimed", "claims"), row, strict=True))
            persons = connection.execute(
                "SELECT array_agg(DISTINCT person) FROM contacts.claim CROSS JOIN LATERAL unnest(asked) AS person"
                " WHERE batch_id = %s",
                (batch_id,),
            ).fetchone()
            assert persons is not None
            audit.record(
                connection,
                campaign,
                "contact.claim_batch",
                subject=f"contacts:{batch_id}",
                persons=persons[0] or (),
                detail=detail,
                actor=actor,
            )


def finish_batch(
    campaign: Campaign, batch_id: int, *, actor: str | None = None, progress: Progress = silent
) -> int:
    """All that the batch still holds was sent: one event each. Returns how many. The same call goes on after a kill.

    What is claimed with a message that may be used no longer is not sent, but given back, and counted with what was refused.
    """
    sent = 0
    while claims := _still_live(campaign, batch_id):
        kept_back = _keep_back(campaign, batch_id, claims)
        events = [
            actions.contact_event(campaign, each, actor=actor)
            for each in claims
            if each.message not in kept_back
        ]
        if not events:
            continue
        taken: Taken = actions.record(campaign, events, actions.SENDER, actor=actor)
        if not taken.accepted:
            break  # told of before, and handed on since: nothing more will change
        sent += taken.accepted
        progress(sent, None, "recording what was sent")
    return sent


def _keep_back(campaign: Campaign, batch_id: int, claims: Sequence[Claim]) -> Mapping[str, Refusal]:
    """Give back what was claimed with a message that was taken back meanwhile; these messages."""
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        unusable = queries.unusable(connection, campaign, (each.message for each in claims))
        barred = [each for each in claims if each.message in unusable]
        if barred:
            actions.close(connection, campaign, barred, State.RETURNED)
            refused = {person: unusable[each.message] for each in barred for person in each.asked}
            actions.note_stopped(connection, campaign, barred[0].channel, refused, batch_id)
            connection.execute(
                "UPDATE contacts.batch SET claims = claims - %s, claimed = claimed - %s WHERE batch_id = %s",
                (len(barred), len(refused), batch_id),
            )
    return unusable


def _still_live(campaign: Campaign, batch_id: int) -> list[Claim]:
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT claim_id FROM contacts.claim WHERE batch_id = %s AND state = %s ORDER BY claim_id LIMIT %s",
            (batch_id, State.LIVE.value, CHUNK),
        ).fetchall()
        return queries.claims(connection, [claim_id for (claim_id,) in rows])


def hand_back_batch(campaign: Campaign, batch_id: int, *, actor: str | None = None) -> int:
    """None of what the batch still holds will be done: others may claim it. Returns how many claims it gave back."""
    given = 0
    while claims := _still_live(campaign, batch_id):
        with campaign.ledger.transaction(LedgerRole.BULK) as connection:
            given += actions.close(connection, campaign, claims, State.RETURNED)
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        audit.record(
            connection,
            campaign,
            "contact.return_batch",
            subject=f"contacts:{batch_id}",
            detail={"claims": given},
            actor=actor,
        )
    return given
