"""Sign-ups on the campaign's site: JSON lines, UTF-8, whatever people typed on their phones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from commonweal.electorate import contact_points, mess
from commonweal.electorate.latent import Latent, expit
from commonweal.electorate.lists.sheet import (
    CUT,
    Sheet,
    bad_byte,
    blank,
    left_to_writer,
    make_sheet,
    put,
    repeats,
    shift,
)
from commonweal.electorate.lists.writers import JsonLinesWriter
from commonweal.electorate.mess import Hand, some
from commonweal.electorate.model import TOPICS, Block, Flags, Floats, Ints, People, Texts

_SHARE = 0.23
_TWICE = 0.12
_HAND = Hand(
    nickname=0.10, shortened=0.30, initial=0.01, birth_name=0.10, half=0.25, given_typo=0.035, surname_typo=0.035,
    misheard=0.01, swapped=0.015, bare=0.35, shouted=0.08,
)  # fmt: skip
_BREAKS = {
    "impossible_date": put("date_naissance", "1991-02-31"),
    "no_name": blank("prenom", "nom", "email", "mobile"),
    "shifted_columns": shift(("email", "prenom", "nom", "mobile", "code_postal")),
    "undecodable_byte": bad_byte("nom", 0xE9),
    CUT: left_to_writer,
}


def writer(path: Path) -> JsonLinesWriter:
    """Begin the list\'s JSON lines file at `path`."""
    return JsonLinesWriter(path)


def sheet(block: Block, people: People, latent: Latent, first_row: int) -> Sheet:
    """Rows of those who signed up, some of them twice with another address."""
    rng = block.stream("signups")
    joined = np.flatnonzero(rng.random(len(people)) < _chance(people, latent))
    rows, again = repeats(rng, joined, _TWICE)
    n = len(rows)
    given, surname = mess.write_names(rng, people, rows, _HAND)
    columns = {
        "id": np.array([f"S{nth:08d}" for nth in range(first_row, first_row + n)], dtype=object),
        "email": _email(rng, block, people, rows, again),
        "prenom": given,
        "nom": mess.lost(rng, surname, 0.02),
        "mobile": mess.phone_forms(rng, mess.lost(rng, people.mobile[rows], 0.38)),
        "code_postal": mess.lost(rng, people.home.postcode[rows], 0.07),
        "date_naissance": _birth_dates(rng, people, rows),
        "inscrit_le": mess.iso_dates(mess.days_between(rng, n, "2025-01-06", "2026-08-30")),
        "consentement_email": rng.random(n) < 0.78,
        "consentement_sms": rng.random(n) < 0.41,
        "centres_interet": _tags(rng, people.interests[rows]),
    }
    columns = {name: values.astype(object) for name, values in columns.items()}
    return make_sheet(rng, columns, people.number[rows], again, _BREAKS)


def _chance(people: People, latent: Latent) -> Floats:
    """Supporters with an e-mail address sign up most."""
    keen = expit(0.9 * latent.support + 0.25 * latent.turnout - 0.012 * (people.age - 45) - 1.05)
    return np.asarray(np.clip(_SHARE / 0.29 * keen, 0, 0.95) * (people.email != ""))


def _email(rng: np.random.Generator, block: Block, people: People, rows: Ints, again: Flags) -> Texts:
    other = contact_points.emails(
        rng, block.voters, people.usual[rows], people.birth_name[rows], people.birth_year[rows]
    )
    changed = again & some(rng, len(rows), 0.55)
    email = np.where(changed, other, people.email[rows])
    return mess.mistype(rng, mess.lost(rng, email, 0.06), 0.015)


def _birth_dates(rng: np.random.Generator, people: People, rows: Ints) -> Texts:
    return mess.lost(rng, mess.iso_dates(mess.wrong_days(rng, people.born[rows], 0.03)), 0.18)


def _tags(rng: np.random.Generator, interests: Ints) -> Texts:
    """Ticked topics: half of what a person cares about, now and then something else."""
    bits = (interests[:, None] >> np.arange(len(TOPICS))) & 1
    ticked = rng.random(bits.shape) < np.where(bits == 1, 0.5, 0.02)
    out = np.empty(len(interests), dtype=object)
    for row, flags in enumerate(ticked.tolist()):
        out[row] = [topic for topic, yes in zip(TOPICS, flags, strict=True) if yes]
    return out
