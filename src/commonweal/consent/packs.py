"""Policy packs: the law of a country as data, one file each in packs/; and what a refusal says in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources

import msgspec

from commonweal.campaign import Campaign, Mode
from commonweal.consent.errors import PackNotInForce, PackUnreadable, RealListsNeedPack, UnknownPack
from commonweal.consent.model import (
    FREE_ORIGINS,
    Calendar,
    Channel,
    Effect,
    Field,
    Pack,
    Refusal,
    Rule,
    Use,
    Worded,
    Words,
)
from commonweal.errors import CommonwealError, _
from commonweal.store.ledger import Connection

NONE = "none"
_LANGUAGE = _("en")  # of the packs' texts; translated by the code of a language that they have


class RefusedByPolicy(CommonwealError):
    """The law of the campaign's country, as its pack states it, forbids a use: `rule` of `pack`, on the day `on`."""

    what = "{rule}"

    def worded(self, translate: Callable[[str], str] = _) -> str:
        """The rule's text, its article and what to do, in the reader's language."""
        names = {name: str(self.parameters[name]) for name in ("pack", "rule", "on")}
        pack = load(names["pack"], date.fromisoformat(names["on"]))
        told = worded(pack, Refusal(names["rule"]), translate(_LANGUAGE))
        return f"{told.text} ({told.article}) {told.remedy}"


def refuse(pack: Pack, rule: Rule) -> RefusedByPolicy:
    """The error that says so."""
    return RefusedByPolicy(pack=pack.name, rule=rule.code, on=pack.on.isoformat())


# What is told first where several rules refuse: what the person wants, then the date, then the rest.
_TOLD = (
    Effect.UNKNOWN,
    Effect.SUPPRESSED,
    Effect.SAID_NO,
    Effect.AFTER_ROUNDS,
    Effect.FREEZE,
    Effect.REFUSE,
    Effect.EXPLICIT_CONSENT,
    Effect.OPT_IN,
    Effect.ONE_MESSAGE,
    Effect.FIELDS,
)


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """includes: another pack whose rules hold too, behind this one's; drops: those of them that this one replaces."""

    title: Words
    valid_from: date
    valid_to: date | None = None
    reviewed: date | None = None
    includes: str = ""
    drops: tuple[str, ...] = ()
    rule: tuple[Rule, ...]


def known() -> list[str]:
    """The packs that come with Commonweal, by name."""
    folder = resources.files("commonweal.consent") / "packs"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


@lru_cache(maxsize=64)
def load(name: str, on: date) -> Pack:
    """The rules of a pack that hold on a day, without a calendar. Raises UnknownPack, PackNotInForce."""
    file = _read(name)
    if on < file.valid_from or (file.valid_to is not None and on >= file.valid_to):
        raise PackNotInForce(
            name=name, begins=file.valid_from, ends=f"to {file.valid_to}" if file.valid_to else "on", day=on
        )
    rules = [rule for rule in _rules(name) if rule.holds_on(on)]
    return Pack(name, file.title, on, tuple(sorted(rules, key=lambda rule: _TOLD.index(rule.effect))))


def of(campaign: Campaign, name: str = "") -> Pack:
    """The pack in force in a campaign today (or another, to try it), with the campaign's rounds.

    Raises UnknownPack, PackNotInForce.
    """
    settings = campaign.settings
    rounds = tuple(sorted(each.date for each in settings.rounds))
    calendar = Calendar(rounds, settings.timezone, settings.mode is Mode.LIVE)
    return replace(load(name or settings.jurisdiction, campaign.today), calendar=calendar)


def worded(pack: Pack, refusal: Refusal, language: str) -> Worded:
    """A refusal in a reader's language ("en", "fr"). Raises KeyError for a code that no rule of the pack has."""
    rule = pack.rule(refusal.code)
    parameters = {**rule.parameters, **refusal.params}
    return Worded(
        rule.code,
        rule.article[language],
        rule.text[language].format(**parameters),
        rule.remedy[language].format(**parameters),
    )


def forbidden(pack: Pack, use: Use, channel: Channel = Channel.ANY) -> Rule | None:
    """The rule that forbids a use outright, of whomever it is; None where it depends on the person, or is free."""
    return next(
        (rule for rule in pack.asked(use, channel) if rule.effect is Effect.REFUSE and _of_everybody(rule)),
        None,
    )


def closes(pack: Pack, use: Use, channel: Channel, day: date) -> Rule | None:
    """The rule that forbids a use on a day, or for a part of it, of whomever it is: a freeze, or that the vote is over. A day begins and
    ends in the calendar's zone.
    """
    begins = datetime.combine(day, time())
    ends = begins + timedelta(days=1)
    for rule in pack.asked(use, channel):
        over = pack.ends(rule) if rule.effect is Effect.AFTER_ROUNDS else None
        frozen = pack.freezes(rule) if rule.effect is Effect.FREEZE else []
        shut = any(begin < ends and begins < end for begin, end in frozen) or (over and ends > over)
        if shut and _of_everybody(rule):
            return rule
    return None


def _of_everybody(rule: Rule) -> bool:
    depends = rule.origins or rule.without_basis or rule.without_purpose or rule.younger_than is not None
    return not depends


def short(code: str, language: str) -> str:
    """What the rule of this code says, with its article, whatever the pack; the code itself where none has it."""
    for name in known():
        for rule in _read(name).rule:
            if rule.code == code:
                return f"{rule.text[language].format(**rule.parameters)} ({rule.article[language]})"
    return code.replace("_", " ")


def fields_refused(pack: Pack, use: Use, channel: Channel, fields: Iterable[Field]) -> dict[str, Rule]:
    """Which of these may not choose persons or feed a model, each with the first rule that says so."""
    rules = [rule for rule in pack.rules if rule.effect is Effect.FIELDS and rule.is_for(use, channel)]
    found: dict[str, Rule] = {}
    for field in fields:
        rule = next((rule for rule in rules if _bears_on(rule, field)), None)
        if rule:
            found[field.name] = rule
    return found


def _bears_on(rule: Rule, field: Field) -> bool:
    if rule.origins and not field.origins.intersection(rule.origins):
        return False
    if rule.except_fields:
        return field.name not in rule.except_fields
    return field.name in rule.fields or (rule.sensitive and field.sensitive)


def check_sources(campaign: Campaign, origins: Mapping[str, str]) -> None:
    """Refuse real lists to a live campaign without a pack; `origins` by source. Raises RealListsNeedPack, UnknownPack."""
    pack = of(campaign)
    real = sorted(name for name, origin in origins.items() if origin not in FREE_ORIGINS)
    if pack.name == NONE and real and campaign.settings.mode is Mode.LIVE:
        raise RealListsNeedPack(sources=", ".join(real))


def check_campaign(campaign: Campaign, connection: Connection) -> Pack:
    """The pack in force, if the campaign's lists may be used under it. Raises RealListsNeedPack, UnknownPack."""
    rows = connection.execute("SELECT name, origin FROM intake.source").fetchall()
    check_sources(campaign, dict(rows))
    return of(campaign)


@lru_cache(maxsize=16)
def _read(name: str) -> _File:
    if name not in known():
        raise UnknownPack(name=name, known=", ".join(known()))
    text = (resources.files("commonweal.consent") / "packs" / f"{name}.toml").read_bytes()
    try:
        return msgspec.toml.decode(text, type=_File)
    except msgspec.MsgspecError as error:
        raise PackUnreadable(name=name, reason=error) from error


def _rules(name: str) -> tuple[Rule, ...]:
    """A pack's own rules, then those that it takes over."""
    file = _read(name)
    taken = _rules(file.includes) if file.includes else ()
    return (*file.rule, *(rule for rule in taken if rule.code not in file.drops))
