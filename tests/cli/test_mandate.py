"""`commonweal mandate check`: what it finds, in words and for machines."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from commonweal.cli import app

LIST = """\
[budget]
"fight against fraud" = "1 milliard"

[[promise]]
key = "food"
text = "We will lower VAT on food."
levers = "VAT down"
funding = "fight against fraud: 800 million"
cost = "4 billion"
gains = "everyone"

[[promise]]
key = "luxury"
text = "We will raise VAT on luxury goods."
levers = "TVA hausse; vta up"
gains = "age < 30"
public = "no"
funding = "Fight against fraud: 500 million"

[[promise]]
key = "nobody"
text = "Nothing for no one."
gains = "age < 18 and age > 65"
cost = "nothing"
overrides = "circle"

[[promise]]
key = "circle"
text = "Something for everyone."
overrides = "nobody"
"""


def test_a_list_is_looked_through_in_words(tmp_path: Path) -> None:
    path = tmp_path / "programme.toml"
    path.write_text(LIST)
    told = CliRunner().invoke(app, ["mandate", "check", str(path)])
    words = " ".join(told.output.split())
    assert told.exit_code == 1
    for part in (
        "They pull one lever different ways: VAT, down and up.",
        "food: We will lower VAT on food.",
        "none of them stands",
        "they take €1,300,000,000 a year from “fight against fraud”, which holds €1,000,000,000",
        "It serves no one (age < 18 and age > 65) and costs nothing, and says so.",
        "It was promised, but not in public.",
        "Nobody has named this lever before: vta. Near names are known: vat",
        "The bill: €4,000,000,000 a year, €3,200,000,000 of it without anything that pays",
    ):
        assert part in words, part


def test_machines_get_codes_and_minor_units(tmp_path: Path) -> None:
    path = tmp_path / "programme.toml"
    path.write_text(LIST)
    told = json.loads(CliRunner().invoke(app, ["mandate", "check", str(path), "--json"]).output)
    found = {each["code"]: each for each in told["findings"]}
    assert found["pulled_both_ways"]["promises"] == ["food", "luxury"]
    assert found["circular"]["promises"] == ["nobody", "circle"]
    assert found["overdrawn"]["params"] == {
        "budget": "fight against fraud",
        "drawn": 130_000_000_000,
        "holds": 100_000_000_000,
    }
    assert {"empty", "private_only", "unpaid", "unknown_lever"} <= found.keys()
    assert told["bill"]["unpaid"] == 320_000_000_000
    assert told["promises"] == 4


def test_a_list_without_levers_says_that_none_could_be_compared(tmp_path: Path) -> None:
    path = tmp_path / "programme.csv"
    path.write_text("promise,theme\nFree trams on Sundays,transport\nTrams free on Sundays,transport\n")
    told = CliRunner().invoke(app, ["mandate", "check", str(path)])
    assert told.exit_code == 0
    assert "No promise names a lever" in told.output
    assert "May be one promise in other words" in told.output


def test_a_file_without_promises_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name,age\nAnna,30\n")
    told = CliRunner().invoke(app, ["mandate", "check", str(path)])
    assert told.exit_code == 1
    assert "no column says what is promised" in str(told.exception)
    wrong = CliRunner().invoke(app, ["mandate", "check", str(path), "--currency", "XXZ"])
    assert wrong.exit_code == 2
