"""The nouns of the synthetic electorate."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Texts = NDArray[np.object_]

Progress = Callable[[int, int, str], None]
"""Called with (voters done, voters in all, name of the step)."""

FEMALE, MALE = 0, 1

REFERENCE_DAY = np.datetime64("2026-09-01", "D")
"""The day on which the lists are drawn up; ages are counted on it."""

TOPICS = (
    "logement",
    "climat",
    "services_publics",
    "transports",
    "ecole",
    "sante",
    "securite",
    "pouvoir_achat",
    "culture",
    "emploi",
)
"""What a person may care about; the position is the bit in `People.interests`."""

JOBS = (
    "agriculteurs",
    "artisans_commercants",
    "cadres",
    "professions_intermediaires",
    "employes",
    "ouvriers",
    "retraites",
    "etudiants_sans_activite",
)
"""INSEE's eight socio-professional groups (PCS 2020), the last two being those without work."""

INCOME_BANDS = ("<15k", "15-25k", "25-35k", "35-50k", "50-75k", ">75k")
"""Yearly income of the household, in euros."""


@dataclass(frozen=True, eq=False)
class Block:
    """Neighbouring polling places whose people are made together: the unit that bounds memory.

    `places` are positions in the ground; `registered`, `others` (adults not on the roll), `turnout`,
    `votes_a`, `votes_b` and `spoilt` have one entry a place.
    `first_person` is the number of the block's first person among the whole electorate.
    """

    seed: int
    voters: int
    index: int
    first_person: int
    places: Ints
    registered: Ints
    others: Ints
    turnout: Ints
    votes_a: Ints
    votes_b: Ints
    spoilt: Ints

    @property
    def size(self) -> int:
        """People in the block, on the roll or not."""
        return int(self.registered.sum() + self.others.sum())

    def stream(self, purpose: str) -> np.random.Generator:
        """A random stream of its own for one purpose: what one list draws never moves another."""
        return np.random.default_rng([self.seed, self.voters, self.index, zlib.crc32(purpose.encode())])


@dataclass(frozen=True, eq=False)
class Address:
    """Postal addresses, one entry each: house number, street, rest of the line, postcode, town."""

    number: Texts
    street: Texts
    complement: Texts
    postcode: Texts
    town: Texts

    def take(self, rows: Ints) -> Address:
        """The addresses at `rows`."""
        return Address(
            self.number[rows], self.street[rows], self.complement[rows], self.postcode[rows], self.town[rows]
        )

    def where(self, flags: Flags, other: Address) -> Address:
        """These addresses where `flags` holds, `other` elsewhere."""
        return Address(
            np.where(flags, self.number, other.number),
            np.where(flags, self.street, other.street),
            np.where(flags, self.complement, other.complement),
            np.where(flags, self.postcode, other.postcode),
            np.where(flags, self.town, other.town),
        )


@dataclass(frozen=True, eq=False)
class People:
    """The people of a block as they really are, one entry of each array a person.

    number: the person's true number, counted over the whole electorate. household: the number of its first
    member. registration: the number on the roll, 0 for adults not on it. given, second, usual: indices into
    `names.given_names()`; usual is the one they go by. birth_name, used_name: nom de naissance, nom d'usage
    (the same text where they don't differ). registered_home: the address on the roll, in the area of
    `place`, at `point` (longitude, latitude); home: where they live now. interests: bits, see TOPICS.
    """

    number: Ints
    household: Ints
    place: Ints
    registration: Ints
    sex: Ints
    born: Days
    registered_on: Days
    given: Ints
    second: Ints
    usual: Ints
    birth_name: Texts
    used_name: Texts
    registered_home: Address
    home: Address
    point: Floats
    building: Ints
    moved: Flags
    owner: Flags
    household_size: Ints
    job: Ints
    income: Ints
    interests: Ints
    email: Texts
    mobile: Texts
    landline: Texts

    def __len__(self) -> int:
        return len(self.number)

    @property
    def on_roll(self) -> Flags:
        """Who is on the electoral roll."""
        return np.asarray(self.registration > 0)

    @property
    def age(self) -> Ints:
        """Years of age, roughly, on REFERENCE_DAY."""
        return np.asarray((REFERENCE_DAY - self.born).astype(np.int64) // 365.25, dtype=np.int64)

    @property
    def birth_year(self) -> Ints:
        """Years of birth."""
        return np.asarray(self.born.astype("datetime64[Y]").astype(np.int64) + 1970)


@dataclass(frozen=True)
class WrittenList:
    """One list on disk. `rows` counts data rows, header excluded, `broken` those spoilt on purpose."""

    name: str
    path: Path
    rows: int
    broken: int


@dataclass(frozen=True)
class WrittenLists:
    """What `Electorate.write` put on disk."""

    voters: int
    persons: int
    seed: int
    lists: tuple[WrittenList, ...]
    truth: Path

    @property
    def rows(self) -> int:
        """Data rows over all lists."""
        return sum(one.rows for one in self.lists)

    def __getitem__(self, name: str) -> WrittenList:
        return next(one for one in self.lists if one.name == name)
