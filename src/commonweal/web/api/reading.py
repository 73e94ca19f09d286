"""A request's body as events: all at once where all are well-formed, else one by one with a verdict each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from commonweal.interactions.model import Event, Fault, Refusal
from commonweal.interactions.rules import MOST
from commonweal.web.api.problems import Refused
from commonweal.web.links import Links
from commonweal.web.vocabulary.acts import ACTOR

JSON, LINES = "application/json", "application/x-ndjson"
_ALSO_LINES = frozenset({LINES, "application/jsonl", "application/ndjson"})

Token = Annotated[str, Meta(min_length=1, max_length=200)]


class Posted(Event, kw_only=True, forbid_unknown_fields=True):
    """An event as another system tells it. Persons and claims are named by the tokens of the campaign's links."""

    person: Token | None = None
    claim: Token | None = None


@dataclass(frozen=True)
class Body:
    """What a request says: the events that can be read, their places in it, and those that can't."""

    events: list[Event]
    places: list[int]
    refused: list[Refusal]


_OURS = frozenset({"account", "token", *ACTOR})
"""How names of actors begin that pages show as one of the campaign's own: no other system may speak in their name."""

_EACH = msgspec.json.Decoder(Posted)
_ALL = msgspec.json.Decoder(list[Posted])
_RAW = msgspec.json.Decoder(list[msgspec.Raw])


def read(body: bytes, content_type: str, links: Links) -> Body:
    """Raises Refused: 400 where it is no JSON, 413 where there are too many, 415 where it is of another type."""
    media = content_type.partition(";")[0].strip().lower()
    if media not in {JSON, *_ALSO_LINES}:
        raise Refused(415)
    try:
        events: list[Posted] = _EACH.decode_lines(body) if media in _ALSO_LINES else _ALL.decode(body)
        told = Body(list(events), list(range(len(events))), [])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        parts = _parts(body, media)
        _check_size(len(parts))  # before each is looked at: a verdict takes much more room than a line
        told = _one_by_one(parts)
    _check_size(len(told.events))
    return _named(told, links)


def _check_size(events: int) -> None:
    if events > MOST:
        raise Refused(413, f"The request has more than {MOST} events.", "too_many_events")


def _parts(body: bytes, media: str) -> list[msgspec.Raw] | list[bytes]:
    if media in _ALSO_LINES:
        return [line for line in body.splitlines() if line.strip()]
    try:
        return _RAW.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, _plain(error)) from error


def _one_by_one(parts: Iterable[msgspec.Raw | bytes]) -> Body:
    told = Body([], [], [])
    for place, part in enumerate(parts):
        try:
            told.events.append(_EACH.decode(part))
            told.places.append(place)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            told.refused.append(_refusal(place, error))
    return told


def _named(told: Body, links: Links) -> Body:
    """Tokens to ids. An id that the sender gives itself is refused: anybody could count up."""
    good = Body([], [], told.refused)
    for event, place in zip(told.events, told.places, strict=True):
        fault = _name(event, links)
        if fault:
            good.refused.append(Refusal(place, fault))
        else:
            good.events.append(event)
            good.places.append(place)
    return good


def _name(event: Event, links: Links) -> Fault | None:
    assert isinstance(event, Posted)
    if event.person_id is not None or event.claim_id is not None:
        return Fault.RAW_ID
    if event.actor is not None and event.actor.partition(":")[0] in _OURS:
        return Fault.BAD_ACTOR
    if event.person is not None:
        event.person_id = _id(links, "person", event.person)
        if event.person_id is None:
            return Fault.BAD_PERSON
    if event.claim is not None:
        event.claim_id = _id(links, "claim", event.claim)
        if event.claim_id is None:
            return Fault.BAD_CLAIM
    return None


def _id(links: Links, kind: str, token: str) -> int | None:
    return links.read(kind, token) if token.isascii() else None


# What msgspec says, by how it begins.
_SAID = (
    (re.compile(r"Object missing required field `(\w+)`"), Fault.MISSING),
    (re.compile(r"Object contains unknown field `(.{1,60})`"), Fault.UNKNOWN_FIELD),
    (re.compile(r"Invalid enum value .* - at `\$\.(\w+)`"), Fault.UNKNOWN_CODE),
    (re.compile(r"Expected `\w+` (?:of length )?[<>]=? ?\d+ - at `\$\.(\w+)`"), Fault.TOO_LONG),
)


def _refusal(place: int, error: Exception) -> Refusal:
    said = _plain(error)
    for pattern, code in _SAID:
        if found := pattern.match(said):
            return Refusal(place, code, {"field": found[1]})
    return Refusal(place, Fault.NOT_UNDERSTOOD, {"reason": said[:200]})


def _plain(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
