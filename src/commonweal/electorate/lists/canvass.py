"""Canvass sheets, typed in by volunteers after their round: CSV, UTF-8, commas.

Some sheets were printed from the roll and carry the voter's number; most were not. Those who moved away are still
on the sheets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from commonweal.electorate import mess, names
from commonweal.electorate.latent import Latent
from commonweal.electorate.lists.sheet import (
    RAGGED,
    Sheet,
    bad_byte,
    blank,
    left_to_writer,
    make_sheet,
    put,
    repeats,
    shift,
)
from commonweal.electorate.lists.writers import CsvWriter
from commonweal.electorate.mess import Hand, some
from commonweal.electorate.model import TOPICS, Block, Ints, People, Texts
from commonweal.electorate.places import toulouse

COLUMNS = [
    "date", "bureau", "adresse", "nom", "prenom", "age_ou_annee", "numero_electeur", "resultat", "soutien", "sujet",
    "remarque", "canvasseur",
]  # fmt: skip
_BUILDINGS = 0.49  # share of the buildings that were walked
_LISTED = 0.78  # of the people there
_SECOND_PASS = 0.10
_PRINTED = 0.22  # share of the buildings whose sheet was printed from the roll
_HAND = Hand(
    nickname=0.04, shortened=0.20, initial=0.05, birth_name=0.10, half=0.20, given_typo=0.03, surname_typo=0.04,
    misheard=0.03, swapped=0.012, bare=0.45, shouted=0.25,
)  # fmt: skip
_RESULTS = ("canvassed", "not_home", "inaccessible", "refused", "call_back", "other_language", "deceased")
_RESULT_SHARES = (0.31, 0.47, 0.07, 0.095, 0.04, 0.01, 0.005)
_REMARKS = (
    "",
    "",
    "",
    "",
    "chien",
    "sonnette en panne",
    "veut une affiche",
    "rappeler le soir, pas avant 19 h",
    "pressé(e)",
)

_BREAKS = {
    "impossible_date": put("date", "31/02/2026"),
    "no_name": blank("nom", "prenom", "adresse"),
    "shifted_columns": shift(COLUMNS[2:8]),
    "undecodable_byte": bad_byte("nom", 0xE9),
    RAGGED: left_to_writer,
}


def writer(path: Path) -> CsvWriter:
    """Begin the list\'s CSV file at `path`."""
    return CsvWriter(path, COLUMNS, delimiter=",", encoding="utf-8")


def sheet(block: Block, people: People, latent: Latent, _first_row: int) -> Sheet:
    """Rows of the people behind the doors that were walked, some of them seen on a second pass."""
    rng = block.stream("canvass")
    buildings = int(people.building.max()) + 1 if len(people) else 0
    walked = rng.random(buildings) < _BUILDINGS
    printed = rng.random(buildings) < _PRINTED
    behind = walked[people.building] & some(rng, len(people), _LISTED)
    rows, again = repeats(rng, np.flatnonzero(behind), _SECOND_PASS)
    n = len(rows)
    given, surname = mess.write_names(rng, people, rows, _HAND)
    result = rng.choice(np.array(_RESULTS, dtype=object), n, p=_RESULT_SHARES)
    result = np.where(people.moved[rows] & some(rng, n, 0.7), "moved", result)
    spoke = result == "canvassed"
    known = printed[people.building[rows]] & people.on_roll[rows]
    values = [
        mess.french_dates(mess.days_between(rng, n, "2026-04-04", "2026-08-30")),
        toulouse().codes[people.place[rows]],
        _addresses(rng, people, rows),
        surname,
        given,
        _ages(rng, people, rows),
        np.where(known, people.registration[rows].astype(str), ""),
        result,
        np.where(spoke, _levels(rng, latent, rows), ""),
        np.where(spoke, _topics(rng, people.interests[rows]), ""),
        rng.choice(np.array(_REMARKS, dtype=object), n),
        _volunteers(block)[rng.integers(0, 40, n)],
    ]
    columns = {name: column.astype(object) for name, column in zip(COLUMNS, values, strict=True)}
    return make_sheet(rng, columns, people.number[rows], again, _BREAKS)


def _addresses(rng: np.random.Generator, people: People, rows: Ints) -> Texts:
    home = people.registered_home.take(rows)
    street = mess.abbreviate(rng, mess.mistype(rng, home.street, 0.03), 0.25)
    line = mess.lost(rng, home.number, 0.03) + " " + street
    flat = (home.complement != "") & some(rng, len(rows), 0.35)
    line[flat] = line[flat] + ", " + home.complement[flat]
    return np.array([text.strip() for text in line], dtype=object)


def _ages(rng: np.random.Generator, people: People, rows: Ints) -> Texts:
    """An age, often a guess, or a year of birth, or nothing."""
    n = len(rows)
    guess = np.where(some(rng, n, 0.22), rng.integers(-4, 5, n), 0)
    age, year = (people.age[rows] + guess).astype(str), people.birth_year[rows].astype(str)
    how = rng.random(n)
    return np.where(how < 0.50, age, np.where(how < 0.80, year, "")).astype(object)


def _levels(rng: np.random.Generator, latent: Latent, rows: Ints) -> Ints:
    """Support from 1 (strong supporter) to 5 (strong opponent), as a volunteer hears it."""
    heard = latent.support[rows] + rng.normal(0, 0.9, len(rows))
    return np.digitize(-heard, (-1.6, -0.5, 0.6, 1.7)).astype(np.int64) + 1


def _topics(rng: np.random.Generator, interests: Ints) -> Texts:
    """One thing the person cares about, or any."""
    bits = (interests[:, None] >> np.arange(len(TOPICS))) & 1
    chosen = (rng.random(bits.shape) + 2 * bits).argmax(axis=1)
    return np.asarray(np.array(TOPICS, dtype=object)[chosen])


def _volunteers(block: Block) -> Texts:
    """The forty volunteers of the campaign: a first name and an initial."""
    rng = np.random.default_rng([block.seed, 40])
    given = names.given_names()[rng.integers(0, len(names.given_names()), 40)]
    return np.array([f"{name} {'ABCDEFGHLMPRSTV'[int(rng.integers(15))]}." for name in given], dtype=object)
