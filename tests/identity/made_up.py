"""People who do not exist, in rows with the slips that lists have."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

# fmt: off
GIVEN = [
    "anna", "bertrand", "chloe", "daniel", "emma", "franck", "gaelle", "hugo", "irene", "jules", "karim",
    "laura", "marc", "nadia", "oscar", "pauline", "quentin", "rachel", "simon", "tiphaine", "ursula",
    "victor", "wendy", "xavier", "yasmine", "zoe", "alice", "bruno", "celine", "denis",
]
SURNAMES = [
    "abadie", "bernard", "castel", "durand", "estrade", "faure", "garnier", "hubert", "imbert", "joly",
    "klein", "lambert", "masson", "noel", "ollivier", "perrin", "quere", "renard", "soulier", "texier",
    "urbain", "vidal", "weber", "yvon", "zidane", "arnaud", "blanc", "carlier", "delmas", "fournier",
]
STREETS = [
    "elm", "oak", "maple", "cedar", "walnut", "chestnut", "poplar", "willow",
]
# fmt: on
TOWNS = (
    ("toulouse", "31000"),
    ("blagnac", "31700"),
    ("muret", "31600"),
    ("albi", "81000"),
    ("auch", "32000"),
)


@dataclass(frozen=True)
class Row:
    """One row about a person; `person` is the truth."""

    person: int
    given: str
    surname: str
    born: date
    number: int
    street: str
    town: str
    postcode: str
    ssn: str


def rows(persons: int, copies: int, seed: int = 1) -> list[Row]:
    """`copies` rows of each of so many persons, all but the first with a slip in one field."""
    chance = random.Random(seed)
    made = []
    for person in range(persons):
        town, postcode = chance.choice(TOWNS)
        first = Row(
            person,
            chance.choice(GIVEN),
            chance.choice(SURNAMES),
            date(chance.randint(1930, 2005), chance.randint(1, 12), chance.randint(1, 28)),
            chance.randint(1, 200),
            chance.choice(STREETS),
            town,
            postcode,
            str(chance.randint(10**8, 10**9 - 1)),
        )
        made += [first, *(_slipped(first, chance) for _ in range(copies - 1))]
    chance.shuffle(made)
    return made


def _slipped(row: Row, chance: random.Random) -> Row:
    field = chance.choice(("given", "surname", "street", "town", "ssn"))
    value: str = getattr(row, field)
    at = chance.randrange(len(value) - 1)
    slip = chance.choice(
        (value[:at] + value[at + 1 :], value[:at] + value[at + 1] + value[at] + value[at + 2 :])
    )
    return Row(**{**vars(row), field: slip})
