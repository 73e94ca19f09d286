"""A commercial append: what a data broker sells about the people of a town. Parquet, capitals, often stale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from commonweal.electorate import mess, names
from commonweal.electorate.latent import Latent
from commonweal.electorate.lists.sheet import Sheet, blank, make_sheet, put, repeats, shift
from commonweal.electorate.lists.writers import ParquetWriter
from commonweal.electorate.mess import Hand, some
from commonweal.electorate.model import INCOME_BANDS, JOBS, Block, Ints, People, Texts

SCHEMA = pa.schema(
    [
        ("id_fournisseur", pa.string()),
        ("nom", pa.string()),
        ("prenom", pa.string()),
        ("adresse", pa.string()),
        ("code_postal", pa.string()),
        ("ville", pa.string()),
        ("annee_naissance", pa.int32()),
        ("tranche_revenu", pa.string()),
        ("proprietaire", pa.bool_()),
        ("mobile", pa.string()),
        ("telephone_fixe", pa.string()),
        ("taille_foyer", pa.int32()),
        ("csp", pa.string()),
        ("magazines", pa.list_(pa.string())),
    ]
)
_TWICE = 0.04
_STALE = 0.35  # of those who moved
_HAND = Hand(
    nickname=0.01, shortened=0.15, initial=0.05, birth_name=0.11, half=0.20, given_typo=0.02, surname_typo=0.025,
    misheard=0.02, swapped=0.012, bare=1.0, shouted=0.0,
)  # fmt: skip
# Magazine themes, each with the topic whose followers read it most, as a bit of `People.interests`.
_MAGAZINES = (
    "maison",
    "nature",
    "actualite",
    "automobile",
    "famille",
    "sante",
    "television",
    "economie",
    "culture",
    "sport",
)

_BREAKS = {
    "impossible_year": put("annee_naissance", 19),  # type: ignore[arg-type]
    "no_name": blank("nom", "prenom"),
    "shifted_columns": shift(("nom", "prenom", "adresse", "code_postal", "ville")),
}


def writer(path: Path) -> ParquetWriter:
    """Begin the list\'s Parquet file at `path`."""
    return ParquetWriter(path, SCHEMA)


def sheet(block: Block, people: People, _latent: Latent, first_row: int) -> Sheet:
    """Rows of the people the broker knows, a few of them twice, some at an address they have left."""
    rng = block.stream("append")
    known = np.flatnonzero(
        rng.random(len(people)) < np.clip(0.46 + 0.0045 * people.age + 0.10 * people.owner, 0, 0.92)
    )
    rows, again = repeats(rng, known, _TWICE)
    n = len(rows)
    given, surname = mess.write_names(rng, people, rows, _HAND)
    stale = people.moved[rows] & some(rng, n, _STALE)
    home = people.registered_home.take(rows).where(stale, people.home.take(rows))
    columns = {
        "id_fournisseur": np.array([f"F{nth:09d}" for nth in range(first_row, first_row + n)], dtype=object),
        "nom": _capitals(surname),
        "prenom": _capitals(given),
        "adresse": _capitals(_lines(rng, home.number, home.street)),
        "code_postal": home.postcode,
        "ville": _capitals(home.town),
        "annee_naissance": _years(rng, people, rows),
        "tranche_revenu": np.array(INCOME_BANDS, dtype=object)[
            _off_by_one(rng, people.income[rows], len(INCOME_BANDS))
        ],
        "proprietaire": people.owner[rows] ^ some(rng, n, 0.08),
        "mobile": mess.lost(rng, people.mobile[rows], 0.55),
        "telephone_fixe": mess.lost(rng, people.landline[rows], 0.30),
        "taille_foyer": np.maximum(
            1, people.household_size[rows] + rng.integers(-1, 2, n) * some(rng, n, 0.3)
        ),
        "csp": mess.lost(rng, np.array(JOBS, dtype=object)[people.job[rows]], 0.12),
        "magazines": _magazines(rng, people.interests[rows]),
    }
    columns = {name: values.astype(object) for name, values in columns.items()}
    return make_sheet(rng, columns, people.number[rows], again, _BREAKS)


def _capitals(texts: Texts) -> Texts:
    return np.array([names.unaccented(text).upper() for text in texts], dtype=object)


def _lines(rng: np.random.Generator, number: Texts, street: Texts) -> Texts:
    return np.asarray(number + " " + mess.abbreviate(rng, mess.mistype(rng, street, 0.02), 0.15))


def _years(rng: np.random.Generator, people: People, rows: Ints) -> Texts:
    """Year of birth: one in ten unknown, one in fourteen wrong."""
    n = len(rows)
    wrong = np.where(some(rng, n, 0.07), rng.choice([-10, -2, -1, 1, 2, 10], n), 0)
    year = (people.birth_year[rows] + wrong).astype(object)
    year[some(rng, n, 0.10)] = ""
    return year


def _off_by_one(rng: np.random.Generator, band: Ints, bands: int) -> Ints:
    off = rng.integers(-1, 2, len(band)) * some(rng, len(band), 0.4)
    return np.asarray(np.clip(band + off, 0, bands - 1))


def _magazines(rng: np.random.Generator, interests: Ints) -> Texts:
    bits = (interests[:, None] >> np.arange(len(_MAGAZINES))) & 1
    reads = rng.random(bits.shape) < np.where(bits == 1, 0.32, 0.07)
    out = np.empty(len(interests), dtype=object)
    for row, flags in enumerate(reads.tolist()):
        out[row] = [theme for theme, yes in zip(_MAGAZINES, flags, strict=True) if yes]
    return out
