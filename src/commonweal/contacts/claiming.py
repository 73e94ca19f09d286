"""The claim itself: for 1 to 1,000 persons in one transaction, decide and reserve.

First all pressure rows that the contacts would count for are locked, in the order of their subjects (missing ones
are inserted first, in the same order), so that two claims for one person wait for one another and never for each other in
a circle. Then one statement decides, by what stands there now, and another one reserves. Claims of one household are one
unit: at a door, in a letter. `rules.decide` says the same of one person in plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import RawCursor

from commonweal.contacts.model import CHANNELS, Channel, Option, Refusal, Stop, Verdict, first_stamp
from commonweal.contacts.rules import WEEK, Moment, Rules, cap_of, capped, most, unusable
from commonweal.contacts.units import Unit, together
from commonweal.interactions.columns import numbers
from commonweal.mandate.standing import standings
from commonweal.store.ledger import Connection

CHUNK = 1_000
_NAMED = re.compile(r"%\((\w+)\)s")

NewIds = Callable[[int], Sequence[int]]
"""Gives so many claim ids, never given before."""

# To plan the decision anew for each claim would take longer than to decide. Arrays say nothing to the planner anyway.
_PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
# Locks what is there and inserts what is missing, in one order; the update never happens.
_LOCK = """
    INSERT INTO contacts.pressure AS p (subject) SELECT s FROM unnest(%(subjects)s::bigint[]) AS s ORDER BY s
    ON CONFLICT (subject) DO UPDATE SET claim_id = p.claim_id WHERE false
"""

# asked: one row a person with their unit; touched: one row a subject whose pressure the unit's contact adds to.
# A unit is stopped by the first rule, in the order of Stop, that stops any of its members.
_DECIDE = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%(person)s::bigint[], %(unit)s::integer[], %(option)s::integer[])
        AS a (person_id, unit, option)
), law AS MATERIALIZED ({gate}
), touched AS MATERIALIZED (
    SELECT t.unit, t.member, t.day, t.week, p.contacts, p.refusals, p.votes, p.gifts, p.messages, p.answered, p.held_until
    FROM unnest(%(in_unit)s::integer[], %(member)s::bigint[], %(subject)s::bigint[], %(day)s::bigint[], %(week)s::bigint[])
        AS t (unit, member, subject, day, week) JOIN contacts.pressure p USING (subject)
), load AS (
    SELECT t.unit, t.member,
        count(*) FILTER (WHERE c >= t.day) AS day,
        count(*) FILTER (WHERE c >= t.day AND c & 7 = %(channel)s) AS day_own,
        count(*) FILTER (WHERE c >= t.week) AS week,
        count(*) FILTER (WHERE c >= t.week AND c & 7 = %(channel)s) AS week_own,
        count(*) AS campaign,
        count(*) FILTER (WHERE c & 7 = %(channel)s) AS campaign_own,
        max((c >> 3) + (%(cool)s::bigint[])[(c & 7) + 1]) AS free
    FROM touched t CROSS JOIN LATERAL unnest(t.contacts) AS c
    GROUP BY t.unit, t.member
), most AS (
    SELECT unit, max(day) AS day, max(day_own) AS day_own, max(week) AS week, max(week_own) AS week_own,
        max(campaign) AS campaign, max(campaign_own) AS campaign_own, max(free) AS free
    FROM load GROUP BY unit
), rest AS (
    SELECT t.unit, max((r >> 3) + %(rest)s) AS until
    FROM touched t CROSS JOIN LATERAL unnest(t.refusals) AS r WHERE t.refusals <> '{{}}' GROUP BY t.unit
), held AS (
    SELECT unit, max(held_until) AS until FROM touched WHERE held_until > %(now)s GROUP BY unit
), stopped AS (
    SELECT u.unit,
        CASE WHEN h.until IS NOT NULL THEN 'held'
            WHEN m.day >= %(cap_day)s THEN 'cap_day'
            WHEN m.day_own >= %(cap_day_channel)s THEN 'cap_day_channel'
            WHEN m.week >= %(cap_week)s THEN 'cap_week'
            WHEN m.week_own >= %(cap_week_channel)s THEN 'cap_week_channel'
            WHEN m.campaign >= %(cap_campaign)s THEN 'cap_campaign'
            WHEN m.campaign_own >= %(cap_campaign_channel)s THEN 'cap_campaign_channel'
            WHEN r.until > %(second)s THEN 'rest'
            WHEN m.free > %(second)s THEN 'cool_down' END AS code,
        CASE WHEN h.until IS NOT NULL THEN extract(epoch FROM h.until)
            WHEN r.until > %(second)s THEN r.until ELSE m.free END AS until
    FROM (SELECT DISTINCT unit FROM asked) u LEFT JOIN most m USING (unit) LEFT JOIN rest r USING (unit) LEFT JOIN held h USING (unit)
), options AS (
    SELECT * FROM unnest(%(options)s::integer[], %(messages)s::text[], %(questions)s::text[])
        AS o (option, message, question)
), useless AS (
    SELECT a.person_id,
        CASE WHEN bool_or(%(by_voted)s AND (SELECT max(s) FROM unnest(t.votes) AS s) >= %(voted)s) THEN 'voted'
            WHEN bool_or(%(by_gave)s AND o.question = 'gift' AND t.gifts <> '{{}}') THEN 'gave'
            WHEN bool_or(%(by_message)s AND o.message = ANY (t.messages)) THEN 'message_twice'
            WHEN bool_or(%(by_answer)s AND o.question = ANY (t.answered)) THEN 'answered' END AS code
    FROM asked a JOIN options o USING (option) JOIN touched t ON t.member = a.person_id
    GROUP BY a.person_id
)
SELECT a.person_id, law.refusal, s.code, s.until, u.code
FROM asked a
LEFT JOIN law USING (person_id)
LEFT JOIN stopped s USING (unit)
LEFT JOIN useless u USING (person_id)
WHERE law.refusal IS NOT NULL OR s.code IS NOT NULL OR u.code IS NOT NULL OR %(all)s
"""

_RESERVE = """
WITH made AS (
    INSERT INTO contacts.claim (claim_id, subject, asked, members, household_id, channel, option, message_version,
        question, cost, claimed_at, lapses_at, account_id, actor, batch_id)
    SELECT c.claim_id, c.subject, coalesce(c.asked::bigint[], ARRAY[c.subject]),
        coalesce(c.members::bigint[], ARRAY[c.subject]), c.household_id, %(channel)s, (%(codes)s::text[])[c.option],
        (%(messages)s::text[])[c.option], (%(questions)s::text[])[c.option], c.cost, %(now)s, %(until)s, %(account)s,
        %(actor)s, %(batch)s
    FROM unnest(%(claim_id)s::bigint[], %(subject)s::bigint[], %(asked)s::text[], %(members)s::text[],
        %(household)s::bigint[], %(option)s::integer[], %(cost)s::bigint[])
        AS c (claim_id, subject, asked, members, household_id, option, cost)
    RETURNING claim_id, members
), hold AS MATERIALIZED (
    SELECT made.claim_id, m AS subject FROM made CROSS JOIN LATERAL unnest(made.members) AS m
), held AS (
    UPDATE contacts.pressure p SET claim_id = h.claim_id, held_until = %(until)s FROM hold h WHERE p.subject = h.subject
), lapsed AS (
    UPDATE contacts.claim c SET state = 'lapsed', closed_at = c.lapses_at
    FROM hold h JOIN contacts.pressure p ON p.subject = h.subject AND p.claim_id IS NOT NULL
    WHERE c.claim_id = p.claim_id AND c.state = 'live'
    RETURNING c.channel, c.cost
), gone AS (
    INSERT INTO contacts.spending (channel, live, done, committed, spent)
    SELECT channel, -count(*), 0, -sum(cost), 0 FROM lapsed GROUP BY channel
)
INSERT INTO contacts.spending (channel, live, done, committed, spent)
VALUES (%(channel)s, %(claims)s, 0, %(sum)s, 0)
"""


@dataclass(frozen=True)
class Terms:
    """What all claims of a transaction share. gate: the law as SQL, (person_id, refusal) of a relation asked(person_id)."""

    rules: Rules
    gate: str
    now: datetime
    zone: str
    voted_since: datetime
    channel: Channel
    options: Sequence[Option]
    ahead: bool
    hold: timedelta
    account: int | None
    actor: str
    batch: int | None = None

    def moment(self, zone: str | None) -> Moment:
        """Now, in a zone; None: the campaign's."""
        return Moment(self.now, ZoneInfo(zone or self.zone))


@dataclass(frozen=True)
class Reserved:
    """One claim that was made. members: the subjects whom it counts for."""

    claim_id: int
    option: int
    asked: tuple[int, ...]
    members: tuple[int, ...]
    household_id: int | None
    cost: int


@dataclass(frozen=True)
class Chunk:
    """What became of a chunk: the claims, and who was refused."""

    made: list[Reserved]
    refused: dict[int, Refusal]


def claim(connection: Connection, terms: Terms, wanted: Mapping[int, int], new_ids: NewIds) -> Chunk:
    """Claim for the persons of `wanted`, each with the place of their option; `new_ids(n)` gives n claim ids.

    Runs inside the caller's transaction, which may not have locked any pressure before.
    """
    connection.execute(_PLANNED_ONCE)
    options, units, unknown = together(connection, terms.channel, wanted)
    lock(connection, [subject for unit in units for subject in unit.all_subjects()])
    refused = {person: Refusal(Stop.UNKNOWN.value) for person in unknown}
    refused |= _decided(connection, terms, units, options)
    made = _made(units, options, refused, terms, new_ids)
    if made:
        _reserve(connection, terms, made)
    return Chunk(made, refused)


def at(terms: Terms, now: datetime) -> Terms:
    """The same terms at another moment: a long batch goes on with the clock."""
    return replace(terms, now=now)


def look(connection: Connection, terms: Terms, wanted: Mapping[int, int]) -> dict[int, Refusal]:
    """Whom a claim for these persons would refuse now, and why; nothing is locked, nothing reserved."""
    options, units, unknown = together(connection, terms.channel, wanted)
    refused = {person: Refusal(Stop.UNKNOWN.value) for person in unknown}
    return refused | _decided(connection, terms, units, options)


def lock(connection: Connection, subjects: Collection[int]) -> None:
    """Lock the pressure of these subjects until the transaction ends; those who have none yet get it."""
    connection.execute(_LOCK, {"subjects": numbers(sorted(set(subjects)))})


def _decided(
    connection: Connection,
    terms: Terms,
    units: Sequence[Unit],
    options: Mapping[int, int],
) -> dict[int, Refusal]:
    """Who is refused, and why."""
    asked = [(person, number, options[person]) for number, unit in enumerate(units) for person in unit.asked]
    touched = [
        (number, member, subject)
        for number, unit in enumerate(units)
        for member, subjects in unit.subjects.items()
        for subject in subjects
    ]
    # Asked anew for each claim: a message that is taken back stops at once.
    known = standings(connection, (option.message for option in terms.options))
    unsaid = [unusable(option.message, known.get(option.message), terms.rules) for option in terms.options]
    moments = {zone: terms.moment(zone) for zone in {unit.zone for unit in units}}
    zones = {person: unit.zone for unit in units for person in unit.asked}
    quiet = {zone: _quiet(terms, moment) for zone, moment in moments.items()}
    since = {zone: (first_stamp(m.start(1)), first_stamp(m.start(WEEK))) for zone, m in moments.items()}
    given: dict[str, Any] = {
        "person": numbers([row[0] for row in asked]),
        "unit": numbers([row[1] for row in asked]),
        "option": numbers([row[2] for row in asked]),
        "in_unit": numbers([row[0] for row in touched]),
        "member": numbers([row[1] for row in touched]),
        "subject": numbers([row[2] for row in touched]),
        "day": numbers([since[units[row[0]].zone][0] for row in touched]),
        "week": numbers([since[units[row[0]].zone][1] for row in touched]),
        "all": any(quiet.values()) or any(unsaid),
        **_limits(terms),
    }
    query, names = _numbered(_DECIDE.format(gate=terms.gate))
    rows = RawCursor(connection).execute(query, [given[name] for name in names]).fetchall()
    found = (
        (person, _refusal(terms, options[person], law, unsaid, stop, until, quiet[zones[person]], useless))
        for person, law, stop, until, useless in rows
    )
    return {person: refusal for person, refusal in found if refusal is not None}


@lru_cache(maxsize=64)
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """A query with $1, $2, … for its named parameters, as the server wants it, and their names in that order.

    psycopg would do the same again for each execution of a query as long as this one.
    """
    names = tuple(dict.fromkeys(_NAMED.findall(query)))
    return _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", query).replace("%%", "%"), names


def _limits(terms: Terms) -> dict[str, Any]:
    rules, channel = terms.rules, terms.channel
    own = rules.caps.of(channel)
    caps = {
        "cap_day": rules.caps.day,
        "cap_day_channel": own.day,
        "cap_week": rules.caps.week,
        "cap_week_channel": own.week,
        "cap_campaign": rules.caps.campaign,
        "cap_campaign_channel": own.campaign,
    }
    return {
        **{name: most(cap) for name, cap in caps.items()},
        "channel": channel.number,
        "cool": [rules.cool_down.seconds(before, channel) for before in CHANNELS],
        "rest": rules.rest_after_refusal * 86_400,
        "now": terms.now,
        "at": terms.now,
        "second": terms.now.timestamp(),
        "voted": first_stamp(terms.voted_since),
        "options": list(range(len(terms.options))),
        "messages": [option.message for option in terms.options],
        "questions": [option.question for option in terms.options],
        "by_voted": rules.useless.voted,
        "by_gave": rules.useless.gave,
        "by_message": rules.useless.same_message,
        "by_answer": rules.useless.answered,
    }


def _quiet(terms: Terms, moment: Moment) -> Refusal | None:
    until = None if terms.ahead else moment.quiet_until(terms.rules.quiet_hours.of(terms.channel))
    return Refusal(Stop.QUIET.value, {"until": until.isoformat()}) if until else None


def _refusal(
    terms: Terms,
    option: int,
    law: str | None,
    unsaid: Sequence[Verdict],
    stop: str | None,
    until: Any,
    quiet: Refusal | None,
    useless: str | None,
) -> Refusal | None:
    if law is not None:
        return Refusal(law)
    if unsaid[option] is not None:
        return unsaid[option]
    if stop is not None:
        code = Stop(stop)
        if code.value.startswith("cap_"):
            return capped(code, cap_of(terms.rules, code, terms.channel), terms.channel)
        return Refusal(stop, {"until": datetime.fromtimestamp(float(until), UTC).isoformat()})
    if quiet is not None:
        return quiet
    if useless is None:
        return None
    wish = terms.options[option]
    params = {Stop.MESSAGE_TWICE: {"message": wish.message}, Stop.ANSWERED: {"question": wish.question}}
    return Refusal(useless, params.get(Stop(useless), {}))


def _made(
    units: Sequence[Unit],
    options: Mapping[int, int],
    refused: dict[int, Refusal],
    terms: Terms,
    new_ids: NewIds,
) -> list[Reserved]:
    """One claim a unit, for those of it who are not refused and whose option is that of the first of them.

    Two messages to one household at once would be two knocks: the second one finds the household held.
    """
    until = (terms.now + terms.hold).isoformat()
    found: list[tuple[Unit, int, tuple[int, ...]]] = []
    for unit in units:
        free = [person for person in unit.asked if person not in refused] if refused else unit.asked
        if not free:
            continue
        option = options[free[0]]
        asked = tuple(person for person in free if options[person] == option)
        for person in free[1:]:
            if person not in asked:
                refused[person] = Refusal(Stop.HELD.value, {"until": until})
        found.append((unit, option, asked))
    ids = new_ids(len(found)) if found else []
    return [
        Reserved(
            claim_id,
            option,
            asked,
            tuple(unit.all_subjects()),
            unit.household_id,
            _cost(terms.options[option], asked),
        )
        for claim_id, (unit, option, asked) in zip(ids, found, strict=True)
    ]


def _cost(option: Option, asked: Sequence[int]) -> int:
    return option.cost if option.per_household else option.cost * len(asked)


def _reserve(connection: Connection, terms: Terms, made: Sequence[Reserved]) -> None:
    given = {
        "claim_id": numbers([each.claim_id for each in made]),
        "subject": numbers([each.asked[0] for each in made]),
        "asked": _several([each.asked for each in made]),
        "members": _several([each.members for each in made]),
        "household": numbers([each.household_id for each in made]),
        "option": numbers([each.option + 1 for each in made]),
        "cost": numbers([each.cost for each in made]),
        "codes": [option.code for option in terms.options],
        "messages": [option.message for option in terms.options],
        "questions": [option.question for option in terms.options],
        "channel": terms.channel.value,
        "now": terms.now,
        "until": terms.now + terms.hold,
        "account": terms.account,
        "actor": terms.actor,
        "batch": terms.batch,
        "claims": len(made),
        "sum": sum(each.cost for each in made),
    }
    connection.execute(_RESERVE, given)


def _several(arrays: Sequence[Sequence[int]]) -> list[str | None] | None:
    """Arrays as text; None for one of one, which the statement knows as the subject; None where all are so."""
    if all(len(ids) == 1 for ids in arrays):
        return None
    return ["{" + ",".join(map(str, ids)) + "}" if len(ids) > 1 else None for ids in arrays]
