"""What a pack would refuse in this campaign, and what it leaves: counted on the serving copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweal.campaign import Campaign
from commonweal.consent import gate, packs, queries
from commonweal.consent.facts import ledger_facts
from commonweal.consent.model import Channel, Effect, Pack, Rule, Use
from commonweal.store.ledger import Connection

ASKED: tuple[tuple[Use, Channel], ...] = (
    (Use.CONTACT, Channel.DOOR),
    (Use.CONTACT, Channel.POST),
    (Use.CONTACT, Channel.PHONE),
    (Use.CONTACT, Channel.AUTOMATED),
    (Use.CONTACT, Channel.EMAIL),
    (Use.CONTACT, Channel.SMS),
    (Use.TARGET, Channel.ONLINE),
    (Use.SCORE_TURNOUT, Channel.ANY),
    (Use.SCORE_SUPPORT, Channel.ANY),
    (Use.EXPORT, Channel.ANY),
)

SAMPLE = 20_000
"""Persons that a page counts among; ids are a keyed permutation, so that the lowest are a random sample."""


@dataclass(frozen=True)
class Answer:
    """One use of one channel. reachable: persons whose contact point is known; refused: of them; by_rule: of them by
    each rule that refuses anybody, most first (a person may be refused by several)."""

    use: Use
    channel: Channel
    reachable: int
    refused: int
    by_rule: tuple[tuple[Rule, int], ...]

    @property
    def possible(self) -> int:
        """How many may still be reached so."""
        return self.reachable - self.refused


@dataclass(frozen=True)
class Trial:
    """What a pack says of a campaign today. counted: persons looked at, of `persons` in all. fields: what may not
    choose persons or feed a model, by use, each with its rule."""

    pack: Pack
    persons: int
    counted: int
    answers: tuple[Answer, ...]
    fields: Mapping[Use, Mapping[str, Rule]]


def trial(connection: Connection, campaign: Campaign, name: str = "", most: int | None = None) -> Trial:
    """Try a pack (default: the campaign's own) on everybody, or on a random sample of `most` persons.

    The connection must see everyone. Raises UnknownPack, PackNotInForce.
    """
    pack = packs.of(campaign, name)
    row = connection.execute("SELECT count(*) FROM people.profile").fetchone()
    persons = int(row[0]) if row else 0
    answers = tuple(_answer(connection, campaign, pack, use, channel, most) for use, channel in ASKED)
    held = list(queries.held_fields(connection).values())
    fields = {
        use: packs.fields_refused(pack, use, channel, held)
        for use, channel in (
            (Use.CONTACT, Channel.ANY),
            (Use.TARGET, Channel.ONLINE),
            (Use.SCORE_TURNOUT, Channel.ANY),
        )
    }
    return Trial(pack, persons, min(persons, most or persons), answers, fields)


def _answer(
    connection: Connection, campaign: Campaign, pack: Pack, use: Use, channel: Channel, most: int | None
) -> Answer:
    # That nobody of an id is there can't be among those who are.
    rules = [rule for rule in pack.asked(use, channel) if rule.effect is not Effect.UNKNOWN]
    each = "".join(f", count(*) FILTER (WHERE {gate.compiled_rule(pack, rule)})" for rule in rules)
    row = connection.execute(
        "WITH asked AS MATERIALIZED (SELECT person_id FROM people.profile ORDER BY person_id LIMIT %(most)s)"
        f" SELECT count(*), count({gate.compiled(pack, use, channel)}){each}"
        f" FROM {ledger_facts(campaign.settings.timezone, use, channel)} AS facts"
        " WHERE facts.origin IS NOT NULL",
        {"at": campaign.clock(), "most": most},
    ).fetchone()
    assert row is not None
    reachable, refused, *numbers = (int(number) for number in row)
    found = [(rule, number) for rule, number in zip(rules, numbers, strict=True) if number]
    return Answer(use, channel, reachable, refused, tuple(sorted(found, key=lambda pair: -pair[1])))


def told(tried: Trial, language: str) -> dict[str, Any]:
    """A trial as plain data, in a language: for machines and for the terminal."""
    return {
        "pack": tried.pack.name,
        "title": tried.pack.title[language],
        "on": tried.pack.on.isoformat(),
        "persons": tried.persons,
        "counted": tried.counted,
        "answers": [
            {
                "use": str(each.use),
                "channel": str(each.channel),
                "reachable": each.reachable,
                "refused": each.refused,
                "possible": each.possible,
                "rules": [_said(rule, language) | {"persons": number} for rule, number in each.by_rule],
            }
            for each in tried.answers
        ],
        "fields": {
            str(use): {name: _said(rule, language) for name, rule in sorted(found.items())}
            for use, found in tried.fields.items()
        },
    }


def rules(pack: Pack, language: str) -> list[dict[str, Any]]:
    """A pack's rules as plain data, in the order in which they are told."""
    return [
        _said(rule, language)
        | {
            "effect": str(rule.effect),
            "uses": [str(use) for use in rule.uses],
            "channels": [str(channel) for channel in rule.channels],
            "fields": list(rule.fields),
            "except_fields": list(rule.except_fields),
            "valid_from": rule.valid_from.isoformat(),
            "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        }
        for rule in pack.rules
    ]


def _said(rule: Rule, language: str) -> dict[str, Any]:
    return {
        "code": rule.code,
        "article": rule.article[language],
        "text": rule.text[language].format(**rule.parameters),
        "remedy": rule.remedy[language].format(**rule.parameters),
    }
