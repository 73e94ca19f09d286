"""What the demo's candidate promises: a dozen promises, the messages that say them, approved, each with its notice, and the
public page. Made up, like the people.

What was written before is passed over: after a kill the same call goes on to the same end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from typing import Any

import msgspec

from commonweal.access.model import Account
from commonweal.campaign import Campaign
from commonweal.mandate import actions, queries, saying
from commonweal.mandate.drafts import Draft
from commonweal.mandate.model import Heard, Notice, Status
from commonweal.messages import queries as messages
from commonweal.store.ledger import LedgerRole

_ELECTION = "Toulouse, made-up municipal election"
_METHOD = "Printing, postage and pay, by option and contacts planned; made up"
_BEGAN = timedelta(weeks=1)


class _Promise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    text: str
    issue: str
    gains: str = ""
    pays: str = ""
    cost: str = ""
    funding: str = ""
    levers: str = ""
    source: str = ""
    public: bool = True

    def draft(self, place: Mapping[str, str]) -> Draft:
        fields: dict[str, Any] = {
            name: value.format_map(place) if isinstance(value, str) else value
            for name, value in msgspec.structs.asdict(self).items()
            if name != "key"
        }
        return Draft(**fields)


class _Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    carries: tuple[str, ...]
    en: str
    fr: str


class _Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    budget: dict[str, str]
    promise: tuple[_Promise, ...]
    message: tuple[_Message, ...]


def announce(campaign: Campaign, candidate: Account, area: str, code: str) -> None:
    """Write it all down in the candidate's name; `area`, `code`: where something is promised to one area alone."""
    text = resources.files("commonweal").joinpath("programme.toml").read_text(encoding="utf-8")
    programme = msgspec.toml.decode(text, type=_Programme)
    place = {"area": area, "code": code}
    for name, holds in programme.budget.items():
        actions.set_budget(campaign, candidate, name, holds)
    ids = {
        each.key: actions.write(campaign, candidate, each.draft(place), key=f"demo:{each.key}")
        for each in programme.promise
    }
    for message in programme.message:
        _say(campaign, candidate, message, [ids[key] for key in message.carries], place)
    for key, promise_id in ids.items():  # those that no message announced by its approval
        with campaign.ledger.read(LedgerRole.WEB, account=candidate.account_id) as connection:
            kept = queries.promise(connection, promise_id)
        if kept.promise.status is Status.DRAFT:
            step = f"demo:{key}:announced"
            actions.move(campaign, candidate, promise_id, kept.version, Status.ANNOUNCED, key=step)
    _publish(campaign, candidate)


def _say(
    campaign: Campaign, candidate: Account, message: _Message, carries: list[int], place: Mapping[str, str]
) -> None:
    with campaign.ledger.read(LedgerRole.WEB, account=candidate.account_id) as connection:
        found = next((each for each in messages.versions(connection) if each.code == message.code), None)
        noted = queries.notices(connection)
    if found is None:
        texts = {"en": message.en.format_map(place), "fr": message.fr.format_map(place)}
        version_id = saying.write(campaign, candidate, message.code, texts, carries)
    else:
        version_id = found.version_id
    if found is None or found.approved_at is None:
        saying.approve(campaign, candidate, version_id)
    if version_id not in noted:
        saying.set_notice(campaign, candidate, version_id, _notice(campaign))


def _notice(campaign: Campaign) -> Notice:
    return Notice(
        begins=campaign.today - _BEGAN,
        ends=campaign.last_round or campaign.today,
        amount=1_000 * campaign.settings.minor_units,
        origin="private",
        inside_union=True,
        method=_METHOD,
        election=_ELECTION,
        targeting="Age, sex and polling place, as the electoral roll has them",
    )


def _publish(campaign: Campaign, candidate: Account) -> None:
    with campaign.ledger.read(LedgerRole.WEB, account=candidate.account_id) as connection:
        decided = queries.publication(connection)
    if decided is None:
        saying.publish(
            campaign,
            candidate,
            is_open=True,
            heard=Heard.AFTER_VOTE,
            sponsor=f"{candidate.name}'s list (made up)",
            email="list@example.org",
        )
