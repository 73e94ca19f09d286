"""The law in a terminal: a block a rule, in words, with what to do."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal import terminal
from commonweal.consent import packs, trial
from commonweal.consent.model import Channel, Use
from commonweal.consent.trial import Answer, Trial
from commonweal.reports.law import show_policy, show_trial

FRANCE = packs.load("fr", date(2027, 1, 15))
NAMES = (
    "surname",
    "given_name",
    "birth_surname",
    "street",
    "house_number",
    "unit",
    "vote:presidentielle_2022",
)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.OUT, "width", 72)


def tried() -> Trial:
    automated, asked = FRANCE.rule("fr_automated"), FRANCE.rule("fr_asked_first")
    fields = dict.fromkeys(NAMES, FRANCE.rule("fr_roll_fields"))
    return Trial(
        FRANCE,
        5_000,
        5_000,
        (
            Answer(Use.CONTACT, Channel.EMAIL, 900, 76, ((asked, 76),)),
            Answer(Use.CONTACT, Channel.SMS, 2_000, 1_928, ((asked, 1_928),)),
            Answer(Use.CONTACT, Channel.AUTOMATED, 2_000, 2_000, ((automated, 2_000),)),
            Answer(Use.SCORE_TURNOUT, Channel.ANY, 5_000, 0, ()),
        ),
        {Use.CONTACT: fields, Use.TARGET: fields, Use.SCORE_TURNOUT: {}},
    )


def test_each_rule_is_a_block_that_fits_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rules = trial.rules(FRANCE, "en")
    show_policy(rules)
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 72
    heads = [line for line in shown if not line.startswith(" ")]
    assert heads[:-1] == [rule["article"] for rule in rules]
    assert len([line for line in shown if line.startswith("  Do: ")]) == len(rules)
    assert len(shown) < 6 * len(rules)


def test_codes_dates_and_fields_are_there_for_the_asking(capsys: pytest.CaptureFixture[str]) -> None:
    rules = trial.rules(FRANCE, "en")
    show_policy(rules, whole=True)
    shown = capsys.readouterr().out
    assert "Rule fr_eve, law since 2020-06-30" in shown
    assert "Not by: Surname, Given name, Surname at birth" in shown
    assert {rule["code"] for rule in rules if f"Rule {rule['code']}, " not in shown} == set()


def test_a_trial_tells_each_rule_once_with_whom_it_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    show_trial(trial.told(tried(), "en"))
    shown = capsys.readouterr().out
    assert shown.startswith("France, 2027-01-15: what the law would leave of 5,000 persons")
    assert "│ Contact by text message  │    2,000 │   1,928 │             72 │" in shown
    assert shown.index("Refuses: Contact by recorded call 2,000") < shown.index(
        "Refuses: Contact by e-mail 76, Contact by text message 1,928"
    )
    assert shown.count("never by how a name") == 1
    joined = " ".join(shown.split())
    assert "for contact, targeted advertising, by: Surname at birth, Given name, House number," in joined
    assert "Flat and 1 more (--all)" in joined
    assert "fr_" not in shown


def test_a_trial_tells_everything_for_the_asking(capsys: pytest.CaptureFixture[str]) -> None:
    show_trial(trial.told(tried(), "en"), whole=True)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Flat, Voted: presidentielle 2022" in shown
    assert "Rule fr_roll_fields" in shown
