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
from commonweal.web.vocabulary.contacts import STOP

_STOPS: dict[Stop, str] = {
    Stop.UNKNOWN: _("Nobody is known by that number."),
    Stop.MESSAGE_WITHDRAWN: _("The message {message} was taken back: nobody is told it any more."),
    Stop.MESSAGE_UNAPPROVED: _("The message {message} is not approved yet."),
    Stop.PROMISE_TAKEN_BACK: _("The message {message} makes a promise that was withdrawn."),
    Stop.MESSAGE_UNWRITTEN: _("Nobody has written down what the message {message} says and promises."),
    Stop.HELD: _("Somebody else is about to contact them."),
    Stop.CAP_DAY: _("They were contacted today already: {cap} a day is the most."),
    Stop.CAP_DAY_CHANNEL: _("{channel}: {cap} a day is the most, and they had it."),
    Stop.CAP_WEEK: _("They had {cap} contacts in seven days, over all channels: that is the most."),
    Stop.CAP_WEEK_CHANNEL: _("{channel}: {cap} in seven days is the most, and they had it."),
    Stop.CAP_CAMPAIGN: _("They had {cap} contacts in this campaign, over all channels: that is the most."),
    Stop.CAP_CAMPAIGN_CHANNEL: _("{channel}: {cap} in the whole campaign is the most, and they had it."),
    Stop.REST: _("They said no: they are left in peace until {until}."),
    Stop.COOL_DOWN: _(
        "They were contacted a moment ago, perhaps through another channel: not before {until}."
    ),
    Stop.QUIET: _("It is too late or too early: not before {until}."),
    Stop.VOTED: _("They told us that they have voted."),
    Stop.GAVE: _("They have given already: nobody asks them again."),
    Stop.MESSAGE_TWICE: _("They had the same message before: {message}."),
    Stop.ANSWERED: _("They answered that question before: {question}."),
}


def in_short(campaign: Campaign, code: str, language: Language) -> str:
    """The rule by which contacts are refused, as the label of a count."""
    if code in STOP:
        return language.gettext(STOP[code])
    return _lawful(campaign, LawRefusal(code), language).removesuffix(".")


def worded(campaign: Campaign, refusal: Refusal, language: Language) -> str:
    """Why one person may not be contacted, in a sentence."""
    if refusal.code in STOP:
        text = language.gettext(_STOPS[Stop(refusal.code)])
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
