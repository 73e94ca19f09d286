"""What the five lists hold, seen from outside, and what the hidden truth says of each row."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from commonweal.electorate import ELECTIONS
from commonweal.electorate.lists import RECIPES
from electorate.reading import VOTERS, Town

NAMES = [recipe.name for recipe in RECIPES]


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_counted_and_each_is_about_someone(town: Town, name: str) -> None:
    rows, truth = town.rows(name), town.truth(name)
    assert len(rows) == len(truth) == town.written[name].rows
    assert [fact["row"] for fact in truth] == list(range(1, len(rows) + 1))
    persons = town.persons["person"].to_pylist()
    assert persons == list(range(town.written.persons))
    assert {fact["person"] for fact in truth} <= set(persons)


def test_there_are_about_two_and_a_half_records_a_voter(town: Town) -> None:
    assert 2.25 < town.written.rows / VOTERS < 2.6
    assert [one.name for one in town.written.lists] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_some_rows_are_broken(town: Town, name: str) -> None:
    kinds = Counter(fact["broken"] for fact in town.truth(name) if fact["broken"])
    assert sum(kinds.values()) == town.written[name].broken
    share = town.written[name].broken / town.written[name].rows
    assert 0 < share < 0.03


def test_the_roll_has_each_voter_once_in_the_right_place(town: Town) -> None:
    sound = [
        (row, fact)
        for row, fact in zip(town.rows("roll"), town.truth("roll"), strict=True)
        if not fact["broken"]
    ]
    known = {person["person"]: person for person in town.persons.to_pylist()}
    for row, fact in sound:
        person = known[fact["person"]]
        assert row["numero_electeur"] == person["numero_electeur"]
        assert row["bureau_de_vote"] == person["area"]
        assert (float(row["longitude"]), float(row["latitude"])) == (person["longitude"], person["latitude"])
    assert town.written["roll"].rows == VOTERS
    assert len({fact["person"] for fact in town.truth("roll")}) == VOTERS


def test_the_roll_tells_who_voted(town: Town) -> None:
    areas = {row["area"]: row for row in town.areas.to_pylist()}
    voted: Counter[str] = Counter()
    for row, fact in zip(town.rows("roll"), town.truth("roll"), strict=True):
        if fact["broken"] != "ragged_line":
            assert all(row[election] in ("O", "N", "") for election in ELECTIONS)
            voted[row["bureau_de_vote"]] += row["presidentielle_2022_t2"] == "O"
    ragged = Counter(
        town.persons["area"][fact["person"]].as_py()
        for fact in town.truth("roll")
        if fact["broken"] == "ragged_line"
    )
    for area, facts in areas.items():
        assert 0 <= facts["turnout"] - voted[area] <= ragged[area]
    assert sum(voted.values()) > 0.7 * VOTERS * 0.95


def test_broken_rows_of_the_roll_are_what_they_are_called(town: Town) -> None:
    lines = town.written["roll"].path.read_bytes().split(b"\r\n")[1:]
    seen = set()
    for line, fact in zip(lines, town.truth("roll"), strict=False):
        kind = fact["broken"]
        seen.add(kind)
        cells = line.split(b";")
        assert (len(cells) != 20) == (kind == "ragged_line")
        assert (b"\x81" in line) == (kind == "undecodable_byte")
        assert (b";31/02/" in line) == (kind == "impossible_date")
        if kind == "no_name":
            assert cells[1:4] == [b"", b"", b""]
    assert seen >= {None, "ragged_line", "undecodable_byte", "impossible_date", "no_name", "shifted_columns"}


def test_other_keys_are_unique_where_a_list_has_one(town: Town) -> None:
    for name, key in (("signups", "id"), ("donors", "Reçu n°"), ("append", "id_fournisseur")):
        keys = [row[key] for row in town.rows(name) if row.get(key)]
        assert len(set(keys)) == len(keys) > 0


def test_lists_hold_repeats_of_one_person(town: Town) -> None:
    for name in ("signups", "donors", "canvass", "append"):
        truth = town.truth(name)
        people = Counter(fact["person"] for fact in truth)
        assert sum(fact["again"] for fact in truth) == len(truth) - len(people) > 0


def test_canvass_sheets_share_the_roll_s_number_now_and_then(town: Town) -> None:
    known = dict(
        zip(town.persons["person"].to_pylist(), town.persons["numero_electeur"].to_pylist(), strict=True)
    )
    told = 0
    for row, fact in zip(town.rows("canvass"), town.truth("canvass"), strict=True):
        if not fact["broken"] and row["numero_electeur"]:
            assert row["numero_electeur"] == known[fact["person"]]
            told += 1
    assert 0.1 < told / town.written["canvass"].rows < 0.4


def test_names_are_messy_but_mostly_right(town: Town) -> None:
    known = {person["person"]: person for person in town.persons.to_pylist()}
    same = []
    for row, fact in zip(town.rows("append"), town.truth("append"), strict=True):
        if not fact["broken"] and row["nom"] and row["prenom"]:
            person = known[fact["person"]]
            same.append(row["nom"].lower() == person["used_name"].lower())
    assert 0.7 < np.mean(same) < 0.95


def test_people_off_the_roll_are_on_other_lists(town: Town) -> None:
    off = {row["person"] for row in town.persons.to_pylist() if row["numero_electeur"] is None}
    assert len(off) == round(0.04 * VOTERS)
    assert not off & {fact["person"] for fact in town.truth("roll")}
    assert off & {fact["person"] for fact in town.truth("append")}


def test_nothing_reaches_a_real_person(town: Town) -> None:
    for row in town.rows("signups"):
        email = row.get("email") or ""
        if "@" in email:
            assert re.search(r"[ex][a-z]*\.[a-z]{2,4}$", email)
        digits = re.sub(r"\D", "", row.get("mobile") or "")
        if len(digits) >= 9 and not email.isdigit():
            assert digits[-9:].startswith(("63998", "600"))
