"""Packs as data, and what the law says of single cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import pytest

from commonweal.campaign import Campaign
from commonweal.consent import gate, packs
from commonweal.consent.errors import PackNotInForce, RealListsNeedPack, UnknownPack
from commonweal.consent.facts import FACTS
from commonweal.consent.model import Calendar, Channel, Effect, Field, Refusal, Suppressed, Use

from .test_gate import clock, fact, pack

CONTACT, TARGET = Use.CONTACT, Use.TARGET
EMAIL, DOOR, PHONE, ONLINE = Channel.EMAIL, Channel.DOOR, Channel.PHONE, Channel.ONLINE
YES, NO = {"list_consent": "yes", "list_day": date(2027, 1, 1)}, {"said": False, "said_day": date(2027, 2, 1)}


@pytest.fixture(scope="module")
def duck() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def refused(duck: ibis.BaseBackend, name: str, use: Use, channel: Channel, **told: Any) -> str | None:
    table = ibis.memtable([fact(**told)], schema=FACTS)
    answer = table.select(found=gate.refusal(table, pack(name), use, channel).cast("string"))
    code: str | None = duck.to_pyarrow(answer)["found"].to_pylist()[0]
    return code


@pytest.mark.parametrize(
    ("name", "use", "channel", "told", "code"),
    [
        ("fr", CONTACT, EMAIL, {"local": clock(4, 9, 23), **YES}, None),
        ("fr", CONTACT, EMAIL, {"local": clock(4, 10), **YES}, "fr_eve"),
        ("fr", CONTACT, DOOR, {"local": clock(4, 11, 19)}, "fr_eve_door"),
        ("fr", CONTACT, DOOR, {"local": clock(4, 11, 20)}, None),
        ("fr", CONTACT, PHONE, {"local": clock(4, 24)}, "fr_eve"),
        ("fr", CONTACT, DOOR, {"local": clock(4, 26)}, "last_round_over"),
        ("us", CONTACT, DOOR, {"local": clock(4, 10)}, None),
        ("fr", CONTACT, EMAIL, {"origin": "bought"}, "fr_asked_first"),
        ("fr", CONTACT, EMAIL, {"origin": "bought", **YES}, None),
        ("fr", CONTACT, EMAIL, {}, None),
        ("fr", CONTACT, EMAIL, {"approached": True}, "fr_one_message"),
        ("eu", CONTACT, EMAIL, {}, "eu_asked_first"),
        ("fr", CONTACT, Channel.AUTOMATED, {}, "fr_automated"),
        ("us", CONTACT, Channel.SMS, {}, "us_consent"),
        ("us", CONTACT, Channel.SMS, {**YES, "suppressed": "stop"}, "us_revoked"),
        ("none", CONTACT, EMAIL, {}, "asked_first"),
        ("fr", CONTACT, DOOR, NO, "eu_withdrawn"),
        ("fr", CONTACT, DOOR, {"suppressed": "objection"}, "eu_objection"),
        ("fr", CONTACT, DOOR, {"has_basis": False}, "eu_no_basis"),
        ("fr", Use.SCORE_SUPPORT, Channel.ANY, {}, "eu_support_score"),
        ("fr", Use.SCORE_TURNOUT, Channel.ANY, {}, None),
        ("us", Use.SCORE_SUPPORT, Channel.ANY, {}, None),
        ("fr", TARGET, ONLINE, {"origin": "official", "said": True}, "fr_roll_target"),
        ("eu", TARGET, ONLINE, {"origin": "bought", "said": True}, "eu_not_given"),
        ("eu", TARGET, ONLINE, YES, "eu_separate_consent"),
        ("eu", TARGET, ONLINE, {"said": True, "said_day": date(2027, 1, 1)}, None),
        ("eu", TARGET, ONLINE, {"said": True, "birth_year": 2010}, "eu_minor"),
        ("fr", Use.STORE, Channel.ANY, {"origin": "official", "local": clock(4, 26)}, "fr_roll_kept"),
        ("none", CONTACT, DOOR, {"known": False}, "unknown_person"),
    ],
)
def test_the_law_case_by_case(
    duck: ibis.BaseBackend, name: str, use: Use, channel: Channel, told: dict[str, Any], code: str | None
) -> None:
    assert refused(duck, name, use, channel, **told) == code


def test_a_study_is_refused_nothing_for_its_date(duck: ibis.BaseBackend) -> None:
    law = replace(pack("fr"), calendar=Calendar((date(2027, 4, 11),), "Europe/Paris", live=False))
    table = ibis.memtable([fact(local=clock(4, 10)), fact(local=clock(6, 1))], schema=FACTS)
    found = duck.to_pyarrow(table.select(found=gate.refusal(table, law, CONTACT, DOOR)))["found"]
    assert found.to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("name", "channel", "month", "day", "code"),
    [
        ("fr", EMAIL, 4, 9, None),
        ("fr", EMAIL, 4, 10, "fr_eve"),
        ("fr", DOOR, 4, 11, "fr_eve_door"),
        ("fr", PHONE, 4, 12, None),
        ("fr", PHONE, 4, 24, "fr_eve"),
        ("us", PHONE, 4, 24, None),
        ("none", EMAIL, 4, 25, None),
        ("none", EMAIL, 4, 26, "last_round_over"),
    ],
)
def test_days_that_are_closed_to_everybody(
    name: str, channel: Channel, month: int, day: int, code: str | None
) -> None:
    found = packs.closes(pack(name), CONTACT, channel, date(2027, month, day))
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"list_consent": "yes", "list_day": date(2027, 3, 1), "list_given": True, **NO}, "yes"),
        ({"list_consent": "yes", "list_day": date(2027, 3, 1), "list_given": False, **NO}, "no"),
        ({"list_consent": "yes", "list_day": date(2027, 2, 1), "list_given": True, **NO}, "no"),
        (
            {"list_consent": "no", "list_day": date(2027, 2, 1), "said": True, "said_day": date(2027, 2, 1)},
            "no",
        ),
        (
            {"list_consent": "no", "list_day": date(2027, 1, 1), "said": True, "said_day": date(2027, 2, 1)},
            "yes",
        ),
        (YES, "yes"),
        ({}, None),
    ],
)
def test_the_newer_word_holds_and_nobody_else_says_yes(
    duck: ibis.BaseBackend, told: dict[str, Any], word: str | None
) -> None:
    table = ibis.memtable([fact(**told)], schema=FACTS)
    assert duck.to_pyarrow(table.select(word=gate.consent(table)))["word"].to_pylist() == [word]


@pytest.mark.parametrize("name", packs.known())
def test_what_refuses_the_lighter_refuses_the_graver(duck: ibis.BaseBackend, name: str) -> None:
    """Facts tell the gravest suppression alone: no use may pass it while a lighter one stops."""
    rows = [fact(suppressed=str(reason), person_id=place) for place, reason in enumerate(Suppressed)]
    table = ibis.memtable(rows, schema=FACTS)
    asked = {
        f"{use}_{channel}": gate.refusal(table, pack(name), use, channel).notnull()
        for use in Use
        for channel in Channel
    }
    found = duck.to_pyarrow(table.select("person_id", **asked).order_by("person_id"))
    for column in asked:
        stops = found[column].to_pylist()
        assert stops == sorted(stops, reverse=True), column


@pytest.mark.parametrize("name", packs.known())
def test_every_rule_has_its_words(name: str) -> None:
    law = packs.load(name, date(2027, 1, 15))
    codes = [rule.code for rule in law.rules]
    assert len(codes) == len(set(codes))
    for rule in law.rules:
        for language in ("en", "fr"):
            told = packs.worded(law, Refusal(rule.code), language)
            assert told.article
            assert told.remedy
            assert "{" not in told.text + told.remedy


def test_rules_hold_on_their_days() -> None:
    before = {rule.code for rule in packs.load("eu", date(2025, 10, 9)).rules}
    after = {rule.code for rule in packs.load("eu", date(2025, 10, 10)).rules}
    assert after - before == {"eu_minor", "eu_not_given", "eu_separate_consent", "eu_special_target"}
    with pytest.raises(PackNotInForce):
        packs.load("fr", date(2019, 1, 1))
    with pytest.raises(UnknownPack):
        packs.load("xx", date(2027, 1, 1))


def test_the_roll_sorts_by_age_sex_and_polling_place_only() -> None:
    official = frozenset({"official"})
    asked = [
        *(Field(name, official) for name in ("age", "sex", "area", "attribute:birthplace", "surname")),
        Field("attribute:club", frozenset({"given"})),
        Field("attribute:faith", frozenset({"given"}), sensitive=True),
        Field("support"),
    ]
    found = packs.fields_refused(pack("fr"), CONTACT, Channel.ANY, asked)
    assert {name: rule.code for name, rule in found.items()} == {
        "attribute:birthplace": "fr_roll_fields",
        "surname": "fr_roll_fields",
        "attribute:faith": "eu_special_fields",
        "support": "eu_special_fields",
    }
    assert packs.fields_refused(pack("none"), CONTACT, Channel.ANY, asked) == {}


def test_real_lists_need_a_pack(campaign: Campaign) -> None:
    packs.check_sources(campaign, {"made_up": "synthetic", "paper": "research"})
    with pytest.raises(RealListsNeedPack, match="roll"):
        packs.check_sources(campaign, {"roll": "official", "made_up": "synthetic"})
    assert all(rule.effect is not Effect.FIELDS for rule in packs.of(campaign).rules)
