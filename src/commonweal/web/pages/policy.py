"""The law as rules: what the campaign's policy pack, or another, refuses here and why; and what one person agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from commonweal.access.model import Permission
from commonweal.consent import actions, packs, trial
from commonweal.consent.errors import NobodyThere
from commonweal.consent.model import Channel, Purpose, Suppressed
from commonweal.store.ledger import Connection
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html, Visit


@dataclass
class Said:
    """What a person said: word is "yes", "no" or "objection"."""

    word: str = "no"
    channel: str = "*"
    purpose: str = "contact"
    evidence: str = ""


@get("/policy", opt=needs(Permission.SEE_POLICY), sync_to_thread=True)
def policy_page(visit: Here, pack: FromQuery[str] = "") -> Html:
    """What a pack refuses in this campaign; `pack` tries another than its own."""
    campaign = visit.campaign
    with visit.read() as connection:
        tried = trial.trial(connection, campaign, pack, trial.SAMPLE)
    language = visit.language.code
    return visit.page(
        "policy.html",
        tried=tried,
        told=trial.told(tried, language),
        rules=trial.rules(tried.pack, language),
        title=tried.pack.title[language],
        own=campaign.settings.jurisdiction,
        known=[(name, packs.load(name, campaign.today).title[language]) for name in packs.known()],
    )


@post("/people/{token:str}/consent", opt=needs(Permission.RECORD_CONSENT), sync_to_thread=True)
def record_word(visit: Here, token: FromPath[str], data: URLEncodedBody[Said]) -> Response[Any]:
    """Take down a yes, a no or an objection."""
    person_id = visit.id_of("person", token)
    with visit.transaction() as connection:
        _check_seen(connection, person_id)
        _record(visit, connection, person_id, data)
    return visit.go(f"/people/{token}#agreed")


def _record(visit: Visit, connection: Connection, person_id: int, said: Said) -> None:
    campaign, who = visit.campaign, visit.actor
    channel = Channel(said.channel) if said.channel in list(Channel) else Channel.ANY
    purpose = Purpose(said.purpose) if said.purpose in list(Purpose) else Purpose.CONTACT
    if said.word == "objection":
        actions.suppress(connection, campaign, person_id, channel, Suppressed.OBJECTION, actor=who)
        return
    say = actions.give if said.word == "yes" else actions.withdraw
    say(
        connection,
        campaign,
        person_id,
        channel,
        purpose,
        evidence=said.evidence[:_LONGEST],
        source="page",
        actor=who,
    )


def _check_seen(connection: Connection, person_id: int) -> None:
    """Under row-level security: an organiser writes of persons of their areas only."""
    if connection.execute("SELECT FROM people.profile WHERE person_id = %s", (person_id,)).fetchone() is None:
        raise NobodyThere


_LONGEST = 500  # characters of evidence

ROUTES: list[HTTPRouteHandler] = [policy_page, record_word]
