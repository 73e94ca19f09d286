"""Why this person gets this contact, or none, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commonweal.errors import _
from commonweal.people.model import Planned, PlannedContact
from commonweal.planning.totals import DayTotal, MadePlan, OptionTotal
from commonweal.planning.why_day import Because, why_day
from commonweal.web import words
from commonweal.web.language import Language

_CHOSEN = _("{option}: among a hundred such people, a contact of this kind wins about {votes} votes.")
_CHOSEN_BETWEEN = _(
    "{option}: among a hundred such people, a contact of this kind wins about {votes} votes ({low} to {high})."
)
_DRAWN = _("Drawn at random, not chosen, to learn what such contacts do: another might gain more.")
_DAY = {
    Because.FIRST: _("Meant for {day}, the first day on which the plan uses this channel."),
    Because.APART: _("Meant for {day}, {days} after “{other}”."),
    Because.FULL: _("Meant for {day}: the days before are full."),
    Because.STREET: _(
        "Meant for {day}. Doors are walked street by street, those where a door gains most first."
    ),
    Because.UNTOLD: _("Meant for {day}."),
}
_COST = _("It costs {cost} each time.")
_SECOND = _("Second best: {option}, with about {votes} votes of a hundred, for {cost} each time.")
_NONE = _("No contact in this plan: {reason}.")
_PRICE = _("At this budget a contact is made where {money} gain at least one vote.")


def why(
    planned: Planned,
    plan: MadePlan | None,
    options: Mapping[str, OptionTotal],
    language: Language,
    days: Sequence[DayTotal] = (),
) -> list[str]:
    """The sentences, in the reader's language; the gain is told for a hundred people, since one gains a fraction. days: the plan's
    totals by day, where it has days.
    """
    say = language.gettext
    lines = []
    if not planned.contacts:
        reason = words.word("plan_reason", planned.reason or "", say)
        lines.append(say(_NONE).format(reason=_lowered(reason)))
    lines += drawn(planned, language)
    for contact in planned.contacts:
        lines.append(chosen(contact, options, language))
        if plan and contact.day:
            lines.append(on_its_day(contact, planned, plan, options, days, language))
        if contact.option in options:
            cost = options[contact.option].unit_cost
            lines.append(say(_COST).format(cost=language.money(cost, plan.currency if plan else None)))
    if planned.second and planned.second_votes and planned.second in options:
        second = options[planned.second]
        lines.append(
            say(_SECOND).format(
                option=_lowered(option_name(second, language)),
                votes=language.number(100 * planned.second_votes, 1),
                cost=language.money(second.unit_cost, plan.currency if plan else None),
            )
        )
    if plan and plan.price * plan.budget > 1 and planned.reason != "drawn":
        lines.append(say(_PRICE).format(money=language.money(1 / plan.price, plan.currency)))
    return lines


def drawn(planned: Planned, language: Language) -> list[str]:
    """That the contact was drawn, where it was."""
    return [language.gettext(_DRAWN)] if planned.contacts and planned.reason == "drawn" else []


def chosen(contact: PlannedContact, options: Mapping[str, OptionTotal], language: Language) -> str:
    """What one contact is, and what it gains."""
    name = option_name(options[contact.option], language) if contact.option in options else contact.option
    votes, error = 100 * contact.votes, 100 * contact.votes_error
    said = {"option": name, "votes": language.number(votes, 1)}
    if not error:
        return language.gettext(_CHOSEN).format(**said)
    low, high = language.number(votes - 1.96 * error, 1), language.number(votes + 1.96 * error, 1)
    return language.gettext(_CHOSEN_BETWEEN).format(**said, low=low, high=high)


def on_its_day(
    contact: PlannedContact,
    planned: Planned,
    plan: MadePlan,
    options: Mapping[str, OptionTotal],
    days: Sequence[DayTotal],
    language: Language,
) -> str:
    """The day of a contact that has one, and why not an earlier one."""
    assert contact.day is not None
    others = [(each.option, each.day) for each in planned.contacts if each is not contact and each.day]
    channel = options[contact.option].channel if contact.option in options else ""
    found = why_day(contact.day, channel, others, days, plan.apart or 0)
    other = option_name(options[found.other], language) if found.other in options else found.other
    return language.gettext(_DAY[found.because]).format(
        day=language.day(contact.day, "full"),
        other=other,
        days=language.ngettext("%(num)s day", "%(num)s days", found.days) % {"num": found.days},
    )


def option_name(option: OptionTotal, language: Language) -> str:
    """The channel and the message: "Doors: housing"."""
    channel = words.word("channel", option.channel, language.gettext)
    message = words.word("message", option.message, language.gettext)
    return channel + language.gettext(_(": ")) + message if message else channel


def _lowered(text: str) -> str:
    """As within a sentence; SMS stays what it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
