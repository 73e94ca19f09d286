"""Candidates for the same promise in other words, on two real lists and a small set of pairs judged by hand."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from commonweal.mandate import likeness, reading
from commonweal.mandate.likeness import Text

DATA = Path(__file__).parents[1] / "data" / "promises"
FILES = ("macron2017.json", "2021-mandate-commitments.csv")


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    listed = [reading.read(DATA / name, date(2027, 1, 15)).promises for name in FILES]
    return [Text(each.key, each.text, each.language) for promises in listed for each in promises]


@pytest.fixture(scope="module")
def judged() -> list[dict[str, str]]:
    with (DATA / "likeness.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_both_lists_are_whole_and_their_languages_told(texts: list[Text]) -> None:
    assert len(texts) == 97 + 760
    assert {text.language for text in texts[:97]} == {"fr"}
    assert {text.language for text in texts[97:]} == {"en", ""}
    assert sum(text.language == "" for text in texts[97:]) < 40


def test_a_promise_in_other_words_brings_the_promise_first(
    texts: list[Text], judged: list[dict[str, str]]
) -> None:
    """30 paraphrases, none of them by copying: docs/mandate.md tells these numbers."""
    own = {f"own {place}": row for place, row in enumerate(judged) if row["origin"] == "own"}
    said = [Text(key, row["text"], row["language"]) for key, row in own.items()]
    first = found = 0
    pairs = likeness.candidates([*texts, *said], least=0.05, per_text=10)
    for key, row in own.items():
        near = [
            (each.likeness, each.other if each.one == key else each.one)
            for each in pairs
            if key in {each.one, each.other}
        ]
        ranked = [other for _likeness, other in sorted(near, reverse=True)]
        first += ranked[:1] == [row["one"]]
        found += (dict(map(reversed, near)).get(row["one"], 0)) >= likeness.LEAST  # type: ignore[call-overload, arg-type]
    assert len(own) == 30
    assert first >= 28
    assert found >= 24


def test_what_was_judged_one_promise_is_found_among_the_candidates(
    texts: list[Text], judged: list[dict[str, str]]
) -> None:
    pairs = {frozenset((each.one, each.other)): each for each in likeness.candidates(texts)}
    same = [row for row in judged if row["origin"] == "file" and row["same"] == "yes"]
    assert len(same) == 19
    assert sum(frozenset((row["one"], row["other"])) in pairs for row in same) >= 16
    known = {text.key: text.language for text in texts}
    assert all({known[each.one], known[each.other]} != {"fr", "en"} for each in pairs.values())
    assert len(pairs) < 900


def test_pairs_come_the_likeliest_first_each_once_with_the_words_that_they_share() -> None:
    said = [
        Text("a", "We will build 15,000 new prison places.", "en"),
        Text("b", "15,000 new places in prison will be built.", "en"),
        Text("c", "Trams will be free on Sundays.", "en"),
        Text("d", "We will build 15,000 new prison places.", "en"),
        Text("e", "", "en"),
        Text("f", "Nous construirons 15 000 places de prison.", "fr"),
    ]
    found = likeness.candidates(said)
    assert (found[0].one, found[0].other, found[0].likeness) == ("a", "d", 1.0)
    assert {(each.one, each.other) for each in found} == {("a", "d"), ("a", "b"), ("b", "d")}
    assert {"prison", "places"} <= set(found[1].shared)
    assert [each.likeness for each in found] == sorted((each.likeness for each in found), reverse=True)
    assert likeness.candidates(said) == found
    assert likeness.candidates([]) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nous baisserons la taxe sur les logements.", "fr"),
        ("We will lower the tax on housing.", "en"),
        ("L’âge de départ à la retraite ne sera pas touché", "fr"),
        ("42", ""),
    ],
)
def test_small_words_tell_the_language(text: str, language: str) -> None:
    assert likeness.language_of(text) == language
