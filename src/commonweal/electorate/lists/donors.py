"""Gifts, as the mandataire's assistant keeps them: one Excel sheet, the name in one column."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from commonweal.electorate import mess
from commonweal.electorate.latent import Latent, expit
from commonweal.electorate.lists.sheet import Sheet, blank, make_sheet, put, shift
from commonweal.electorate.lists.writers import XlsxWriter
from commonweal.electorate.mess import Hand
from commonweal.electorate.model import Block, People

COLUMNS = [
    "Reçu n°", "Donateur", "Adresse", "Code postal", "Ville", "E-mail", "Montant (€)", "Date du don", "Mode de paiement",
]  # fmt: skip
_SHARE = 0.027
_HAND = Hand(
    nickname=0.02, shortened=0.10, initial=0.03, birth_name=0.08, half=0.15, given_typo=0.025, surname_typo=0.035,
    misheard=0.015, bare=0.30,
)  # fmt: skip
_AMOUNTS = np.array([10, 15, 20, 30, 50, 75, 100, 150, 200, 250, 500, 1000, 2000])
_AMOUNT_SHARES = np.array([9, 5, 18, 13, 20, 4, 14, 5, 5, 2, 3, 1.5, 0.5]) / 100
_CASH_UP_TO = 150  # euros: larger gifts must be traceable (Code électoral, L.52-8)

_BREAKS = {
    "impossible_date": put("Date du don", "31/02/2026"),
    "amount_in_words": put("Montant (€)", "cinquante"),
    "no_name": blank("Donateur", "E-mail"),
    "shifted_columns": shift(COLUMNS[1:6]),
}


def writer(path: Path) -> XlsxWriter:
    """Begin the list\'s workbook at `path`."""
    return XlsxWriter(path, "Dons", COLUMNS)


def sheet(block: Block, people: People, latent: Latent, first_row: int) -> Sheet:
    """One row a gift; some give several times."""
    rng = block.stream("donors")
    gave = np.flatnonzero(
        rng.random(len(people)) < _SHARE / 0.37 * expit(latent.support + 0.35 * people.income - 1.2)
    )
    gifts = 1 + rng.poisson(0.45, len(gave))
    rows = np.repeat(gave, gifts)
    again = np.concatenate([[False], rows[1:] == rows[:-1]]) if len(rows) else np.zeros(0, dtype=bool)
    order = rng.permutation(len(rows))
    rows, again, n = rows[order], again[order], len(rows)
    given, surname = mess.write_names(rng, people, rows, _HAND)
    pairs = zip(surname, given, strict=True)
    home = people.home.take(rows)
    street = mess.abbreviate(rng, mess.mistype(rng, home.street, 0.02), 0.25)
    line = home.number + " " + street
    flat = (home.complement != "") & mess.some(rng, n, 0.5)
    line[flat] = line[flat] + ", " + home.complement[flat]
    amount = rng.choice(_AMOUNTS, n, p=_AMOUNT_SHARES)
    means = rng.choice(
        np.array(["carte", "virement", "chèque", "espèces"], dtype=object), n, p=[0.62, 0.18, 0.15, 0.05]
    )
    values = [
        np.arange(first_row + 1, first_row + n + 1),
        np.array([f"{last.upper()} {first}" for last, first in pairs], dtype=object),
        mess.lost(rng, line, 0.04),
        mess.lost(rng, home.postcode, 0.03),
        home.town,
        mess.mistype(rng, mess.lost(rng, people.email[rows], 0.25), 0.01),
        amount.astype(float),
        mess.days_between(rng, n, "2025-09-01", "2026-08-30").astype("datetime64[s]").astype(object),
        np.where((amount > _CASH_UP_TO) & (means == "espèces"), "chèque", means),
    ]
    columns = {name: np.asarray(column).astype(object) for name, column in zip(COLUMNS, values, strict=True)}
    return make_sheet(rng, columns, people.number[rows], again, _BREAKS)
