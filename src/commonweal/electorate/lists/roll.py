"""The electoral roll with who voted: CSV in Windows-1252 with semicolons, as town halls hand it out.

A real French roll carries no turnout; campaigns copy it from the émargement sheets and join it on. The position
is the address's, as the national address base gives it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from commonweal.electorate import mess, names
from commonweal.electorate.latent import ELECTIONS, Latent
from commonweal.electorate.lists.sheet import (
    RAGGED,
    Sheet,
    bad_byte,
    blank,
    left_to_writer,
    make_sheet,
    put,
    shift,
)
from commonweal.electorate.lists.writers import CsvWriter
from commonweal.electorate.model import FEMALE, Block, People
from commonweal.electorate.places import toulouse

COLUMNS = [
    "numero_electeur", "nom_de_naissance", "nom_d_usage", "prenoms", "sexe", "date_de_naissance", "numero_voie", "voie",
    "complement", "code_postal", "commune", "bureau_de_vote", "longitude", "latitude", "date_inscription", *ELECTIONS,
]  # fmt: skip
_TYPOS = 0.004
_WRONG_BIRTH_DATES = 0.002
_UNTOLD_USED_NAMES = 0.20  # a clerk learns of a marriage only when told
_MISSING_STREET_NUMBERS = 0.01

_BREAKS = {
    "impossible_date": put("date_de_naissance", "31/02/1974"),
    "no_name": blank("nom_de_naissance", "nom_d_usage", "prenoms"),
    "shifted_columns": shift(COLUMNS[1:10]),
    "undecodable_byte": bad_byte("nom_de_naissance", 0x81),
    RAGGED: left_to_writer,
}


def writer(path: Path) -> CsvWriter:
    """Begin the list\'s CSV file at `path`."""
    return CsvWriter(path, COLUMNS, delimiter=";", encoding="cp1252")


def sheet(block: Block, people: People, latent: Latent, _first_row: int) -> Sheet:
    """A row for each person on the roll, place by place, sorted by name within each."""
    rng = block.stream("roll")
    rows = np.flatnonzero(people.on_roll)
    rows = rows[np.lexsort((people.birth_name[rows].astype(str), people.place[rows]))]
    n = len(rows)
    pool = names.given_names()
    given = pool[people.given[rows]] + ", " + pool[people.second[rows]]
    one_only = mess.some(rng, n, 0.25)
    given[one_only] = pool[people.given[rows[one_only]]]
    birth, used = people.birth_name[rows], people.used_name[rows]
    told = (used != birth) & ~mess.some(rng, n, _UNTOLD_USED_NAMES)
    home = people.registered_home.take(rows)
    values = [
        people.registration[rows].astype(str).astype(object),
        np.array([name.upper() for name in mess.mistype(rng, birth, _TYPOS)], dtype=object),
        np.array([name.upper() if any_ else "" for name, any_ in zip(used, told, strict=True)], dtype=object),
        mess.mistype(rng, given, _TYPOS),
        np.where(people.sex[rows] == FEMALE, "F", "M").astype(object),
        mess.french_dates(mess.wrong_days(rng, people.born[rows], _WRONG_BIRTH_DATES)),
        mess.lost(rng, home.number, _MISSING_STREET_NUMBERS),
        home.street.copy(),
        home.complement.copy(),
        home.postcode.copy(),
        home.town.copy(),
        toulouse().codes[people.place[rows]],
        np.array([f"{x:.6f}" for x in people.point[rows, 0]], dtype=object),
        np.array([f"{y:.6f}" for y in people.point[rows, 1]], dtype=object),
        mess.french_dates(people.registered_on[rows]),
        *(latent.votes[election][rows] for election in ELECTIONS),
    ]
    columns = dict(zip(COLUMNS, values, strict=True))
    return make_sheet(rng, columns, people.number[rows], np.zeros(n, dtype=bool), _BREAKS)
