"""What a privacy officer does with requests. Each act runs in the caller's transaction, in the account's own name."""

from __future__ import annotations

from datetime import date
from typing import Any

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent import actions as consent
from commonweal.consent.model import Channel, Suppressed
from commonweal.intake.normalise import emails, phones
from commonweal.privacy import queries, rules
from commonweal.privacy.errors import (
    BadCorrection,
    ExtendedAlready,
    NobodyLinked,
    ReasonMissing,
    ReceivedInFuture,
    RequestClosed,
)
from commonweal.privacy.model import Kind, Request, State
from commonweal.store.ledger import Connection

_LONGEST = 2000
_LONGEST_VALUE = 200


def open_request(
    connection: Connection,
    campaign: Campaign,
    kind: Kind,
    received: date,
    words: str = "",
    *,
    actor: str | None = None,
) -> int:
    """Take a request in; its id. It is due one month after it was received. Raises ReceivedInFuture."""
    if received > campaign.today:
        raise ReceivedInFuture(day=received)
    row = connection.execute(
        "INSERT INTO privacy.request (kind, received, due, words, made_by, made_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING request_id",
        (
            kind.value,
            received,
            rules.due(received),
            words.strip()[:_LONGEST],
            actor or campaign.actor,
            campaign.clock(),
        ),
    ).fetchone()
    assert row is not None
    _note(connection, campaign, "privacy.open", row[0], actor, {"kind": kind.value})
    return int(row[0])


def link(
    connection: Connection, campaign: Campaign, request_id: int, person_id: int, *, actor: str | None = None
) -> None:
    """Say whom an open request is about. Raises NoSuchRequest, RequestClosed."""
    _open(connection, request_id)
    connection.execute(
        "INSERT INTO privacy.request_subject (request_id, subject) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (request_id, person_id),
    )
    _note(connection, campaign, "privacy.link", request_id, actor, persons=[person_id])


def unlink(
    connection: Connection, campaign: Campaign, request_id: int, person_id: int, *, actor: str | None = None
) -> None:
    """Take that back. Raises NoSuchRequest, RequestClosed."""
    _open(connection, request_id)
    connection.execute(
        "DELETE FROM privacy.request_subject WHERE request_id = %s AND subject = %s", (request_id, person_id)
    )
    _note(connection, campaign, "privacy.unlink", request_id, actor, persons=[person_id])


def extend(
    connection: Connection, campaign: Campaign, request_id: int, reason: str, *, actor: str | None = None
) -> None:
    """Put the day off by two months, once, for a reason that the person is told (GDPR 12(3)).

    Raises NoSuchRequest, RequestClosed, ExtendedAlready, ReasonMissing.
    """
    request = _open(connection, request_id)
    if request.extended is not None:
        raise ExtendedAlready(request_id=request_id)
    if not reason.strip():
        raise ReasonMissing
    connection.execute(
        "UPDATE privacy.request SET due = %s, extended = %s WHERE request_id = %s",
        (rules.extended(request.received), reason.strip()[:_LONGEST], request_id),
    )
    _note(connection, campaign, "privacy.extend", request_id, actor)


def close(
    connection: Connection,
    campaign: Campaign,
    request_id: int,
    state: State,
    outcome: str = "",
    *,
    actor: str | None = None,
) -> None:
    """Answered, or refused; a refusal has its reason (GDPR 12(4)). Raises NoSuchRequest, RequestClosed, ReasonMissing."""
    _open(connection, request_id)
    if state is State.REFUSED and not outcome.strip():
        raise ReasonMissing
    connection.execute(
        "UPDATE privacy.request SET state = %s, outcome = %s, closed_by = %s, closed_at = %s WHERE request_id = %s",
        (
            state.value,
            outcome.strip()[:_LONGEST],
            actor or campaign.actor,
            campaign.clock(),
            request_id,
        ),
    )
    _note(connection, campaign, "privacy.close", request_id, actor, {"state": state.value})


def end_contact(
    connection: Connection, campaign: Campaign, request_id: int, *, actor: str | None = None
) -> None:
    """No contact any more, by any channel (GDPR 21(2) and (3): without a reason, and without exception).

    Raises NoSuchRequest, RequestClosed, NobodyLinked.
    """
    request = linked(connection, request_id)
    for subject in request.subjects:
        consent.suppress(connection, campaign, subject, Channel.ANY, Suppressed.OBJECTION, actor=actor)
    _note(connection, campaign, "privacy.object", request_id, actor, persons=list(request.subjects))


def correct(
    connection: Connection,
    campaign: Campaign,
    request_id: int,
    person_id: int,
    field: str,
    value: str,
    *,
    actor: str | None = None,
) -> None:
    """A value that the person gave in place of what lists say: it wins over each of them from the next night on.

    An empty one: nothing is to be held there. Raises NoSuchRequest, RequestClosed, NobodyLinked, BadCorrection.
    """
    request = linked(connection, request_id)
    if person_id not in request.subjects:
        raise NobodyLinked
    connection.execute(
        "INSERT INTO privacy.correction (subject, field, value, request_id, made_at, made_by)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (
            person_id,
            field,
            checked(field, value, campaign.settings.region),
            request_id,
            campaign.clock(),
            actor or campaign.actor,
        ),
    )
    _note(connection, campaign, "privacy.correct", request_id, actor, {"field": field}, [person_id])


def checked(field: str, value: str, region: str) -> str | None:
    """A correction as it is kept; None for "nothing". Raises BadCorrection."""
    text = " ".join(value.split())
    if field not in rules.CORRECTABLE or len(text) > _LONGEST_VALUE or not text.isprintable():
        raise BadCorrection(field=field, value=value)
    if not text:
        return None
    found: str | None = text
    if field == "birth_date":
        try:
            found = date.fromisoformat(text).isoformat()
        except ValueError:
            found = None
    elif field == "sex":
        found = text if text in {"f", "m", "x"} else None
    elif field == "email":
        found = emails.parse(text)[0]
    elif field == "phone":
        found = phones.parse(text, region)[0]
    if found is None:
        raise BadCorrection(field=field, value=value)
    return found


def linked(connection: Connection, request_id: int) -> Request:
    """An open request of which it is known whom it is about. Raises NoSuchRequest, RequestClosed, NobodyLinked."""
    request = _open(connection, request_id)
    if not request.subjects:
        raise NobodyLinked
    return request


def _open(connection: Connection, request_id: int) -> Request:
    request = queries.request(connection, request_id, lock=True)
    if request.state is not State.OPEN:
        raise RequestClosed(request_id=request_id)
    return request


def _note(
    connection: Connection,
    campaign: Campaign,
    verb: str,
    request_id: int,
    actor: str | None,
    detail: dict[str, Any] | None = None,
    persons: list[int] | None = None,
) -> None:
    audit.record(
        connection,
        campaign,
        verb,
        subject=f"request:{request_id}",
        persons=persons,
        detail=detail,
        actor=actor,
    )
