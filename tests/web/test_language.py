from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import jinja2
import pytest

from commonweal.web import words
from commonweal.web.language import Language, negotiate

ROOT = Path(__file__).resolve().parents[2]
EN = Language("en", "Europe/Paris", "EUR")
FR = Language("fr", "Europe/Paris", "EUR")


def test_every_text_has_its_french_twin() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/texts.py", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"{run.stderr}\nRun python scripts/texts.py and fill in what is empty."


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (("fr",), "fr"),
        ((None, "", "fr"), "fr"),
        (("de, fr;q=0.4, en;q=0.3",), "fr"),
        (("fr;q=0, en",), "en"),
        (("fr;q=x",), "en"),
        (("xx", None), "en"),
    ],
)
def test_the_first_wish_that_can_be_met(wishes: tuple[str | None, ...], code: str) -> None:
    assert negotiate(*wishes) == code


def test_numbers_as_their_readers_write_them() -> None:
    assert EN.number(1234567) == "1,234,567"
    assert FR.number(1234567) == "1\u202f234\u202f567"
    assert FR.number(12.345, 1) == "12,3"
    assert EN.signed(-3.4, 1) == "−3.4"
    assert EN.signed(412) == "+412"
    assert EN.signed(-0.01) == "+0"


def test_shares_and_money() -> None:
    assert EN.percent(0.123, 1) == "12.3%"
    assert FR.percent(0.5) == "50\xa0%"
    assert EN.money(123_456) == "€1,235"
    assert EN.money(73) == "€0.73"
    assert FR.money(123_456) == "1\u202f235\u00a0€"
    assert Language("en", "UTC", "USD").money(150_000) == "$1,500"


def test_values_are_shown_as_people_write_them() -> None:
    assert EN.shown('["sante", "sport"]', "reading") == "sante, sport"
    assert EN.shown('["sante') == '["sante'
    assert FR.shown("2026-05-01") == "1 mai 2026"
    assert (EN.shown("true"), FR.shown("f", "sex")) == ("yes", "femme")


def test_times_stand_in_the_campaigns_zone() -> None:
    moment = datetime(2027, 1, 15, 23, 30, tzinfo=UTC)
    assert EN.when(moment, moment) == "00:30"
    assert EN.when(moment, datetime(2027, 3, 1, tzinfo=UTC)) == "16 Jan, 00:30"
    assert FR.day(date(2027, 4, 11)) == "11 avril 2027"


def test_french_signs_stay_on_the_line_of_their_word() -> None:
    assert FR.gettext(": ") == "\N{NO-BREAK SPACE}: "
    assert FR.gettext("What we hold: %(what)s") == "What we hold: %(what)s"
    assert "«\N{NO-BREAK SPACE}{email}\N{NO-BREAK SPACE}»" in FR.gettext("“{email}” is no e-mail address.")
    assert EN.gettext("; ") == "; "


def test_the_demos_names_are_in_the_readers_language_and_a_campaigns_own_as_it_wrote_them() -> None:
    assert words.told("Electoral roll", FR.gettext) == "Liste électorale"
    assert words.told("Roll of 2026", FR.gettext) == "Roll of 2026"
    assert words.target("attribute:support_level", FR.gettext) == "Soutien, de 1 à 5"
    assert words.target("attribute:club_card", FR.gettext) == "club card"


def test_a_step_that_names_something_is_worded_around_the_name() -> None:
    assert words.step("reading roll.csv", FR.gettext) == "lecture de roll.csv"
    assert words.step("training turnout", FR.gettext) == "apprentissage\N{NO-BREAK SPACE}: Participation"
    assert words.step("publishing people", FR.gettext) == "publication des personnes"
    assert words.step("something new", FR.gettext) == "something new"


def test_every_template_compiles_and_says_percent_twice() -> None:
    """Jinja's new-style gettext formats every text: a lone % in one breaks its page."""
    folder = ROOT / "src/commonweal/web/templates"
    for path in folder.glob("*.html"):
        text = path.read_text()
        jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True).parse(text)
        for msgid in re.findall(r'_\(\s*"([^"]*)"', text):
            assert not re.search(r"%(?![(%])", msgid.replace("%%", "")), (path.name, msgid)
