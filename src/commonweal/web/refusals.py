"""Why a contact is refused, in words: by the law with its article, or by the contact rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commonweal.campaign import Campaign
from commonweal.consent import packs
from commonweal.consent.model import Refusal as LawRefusal
from commonweal.contacts.model import Refusal, Stop
from commonweal.errors import _
from commonweal.web import words
from commonweal.web.language import Language

_STOPS: dict[Stop, tuple[str, str]] = {
    Stop.UNKNOWN: (_("nobody is known by that number"), _("Nobody is known by that number.")),
    Stop.MESSAGE_WITHDRAWN: (
        _("the message was taken back"),
        _("The message {message} was taken back: nobody is told it any more."),
    ),
    Stop.MESSAGE_UNAPPROVED: (
        _("the message is not approved"),
        _("The message {message} is not approved yet."),
    ),
    Stop.PROMISE_TAKEN_BACK: (
        _("the message makes a promise that was withdrawn"),
        _("The message {message} makes a promise that was withdrawn."),
    ),
    Stop.MESSAGE_UNWRITTEN: (
        _("the message is not written down"),
        _("Nobody has written down what the message {message} says and promises."),
    ),
    Stop.HELD: (_("somebody else is about to contact them"), _("Somebody else is about to contact them.")),
    Stop.CAP_DAY: (
        _("they had their contacts for the day"),
        _("They were contacted today already: {cap} a day is the most."),
    ),
    Stop.CAP_DAY_CHANNEL: (
        _("they had their contacts for the day through this channel"),
        _("{channel}: {cap} a day is the most, and they had it."),
    ),
    Stop.CAP_WEEK: (
        _("they had their contacts for the week"),
        _("They had {cap} contacts in seven days, over all channels: that is the most."),
    ),
    Stop.CAP_WEEK_CHANNEL: (
        _("they had their contacts for the week through this channel"),
        _("{channel}: {cap} in seven days is the most, and they had it."),
    ),
    Stop.CAP_CAMPAIGN: (
        _("they had their contacts for the whole campaign"),
        _("They had {cap} contacts in this campaign, over all channels: that is the most."),
    ),
    Stop.CAP_CAMPAIGN_CHANNEL: (
        _("they had their contacts for the whole campaign through this channel"),
        _("{channel}: {cap} in the whole campaign is the most, and they had it."),
    ),
    Stop.REST: (
        _("they said no and are left in peace"),
        _("They said no: they are left in peace until {until}."),
    ),
    Stop.COOL_DOWN: (
        _("they were contacted a moment ago"),
        _("They were contacted a moment ago, perhaps through another channel: not before {until}."),
    ),
    Stop.QUIET: (_("it is too late or too early"), _("It is too late or too early: not before {until}.")),
    Stop.VOTED: (_("they have voted"), _("They told us that they have voted.")),
    Stop.GAVE: (_("they have given"), _("They have given already: nobody asks them again.")),
    Stop.MESSAGE_TWICE: (_("they had the same message"), _("They had the same message before: {message}.")),
    Stop.ANSWERED: (_("they have answered that"), _("They answered that question before: {question}.")),
}


def in_short(campaign: Campaign, code: str, language: Language) -> str:
    """The rule by which contacts are refused, as the label of a count."""
    if code in {stop.value for stop in Stop}:
        return language.gettext(_STOPS[Stop(code)][0])
    return _lawful(campaign, LawRefusal(code), language).removesuffix(".")


def worded(campaign: Campaign, refusal: Refusal, language: Language) -> str:
    """Why one person may not be contacted, in a sentence."""
    if refusal.code in {stop.value for stop in Stop}:
        text = language.gettext(_STOPS[Stop(refusal.code)][1])
        return text.format(**_told(campaign, refusal.params, language))
    return _lawful(campaign, LawRefusal(refusal.code, refusal.params), language)


def _lawful(campaign: Campaign, refusal: LawRefusal, language: Language) -> str:
    pack = packs.load(campaign.settings.jurisdiction, campaign.today)
    try:
        told = packs.worded(pack, refusal, language.code)
    except KeyError:  # of a pack that was in force before
        return refusal.code.replace("_", " ")
    return f"{told.text.removesuffix('.')} ({told.article})." if told.article else told.text


def _told(campaign: Campaign, params: Mapping[str, Any], language: Language) -> dict[str, str]:
    """The parameters of a refusal as a reader writes them."""
    found = {name: str(value) for name, value in params.items()}
    if "until" in params:
        found["until"] = language.when(datetime.fromisoformat(params["until"]), campaign.clock())
    if "channel" in params:
        found["channel"] = words.word("channel", params["channel"], language.gettext)
    if "message" in params:
        found["message"] = words.word("message", params["message"], language.gettext)
    return found
