"""A made-up town as lake tables, with its truth beside it: for rooms that read people without importing lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole

Floats = npt.NDArray[np.float64]

ELECTIONS = {
    "2014_local": -0.2,
    "2017_general": 0.8,
    "2020_local": -0.4,
    "2022_general": 0.7,
    "2026_local": -0.3,
}
LAST = "2026_local"
JOBS = np.array(["worker", "clerk", "manager", "retired", "student"])
CHANNELS = {"door": 0.3, "phone": 0.15, "post": 0.03}
MESSAGES = {"housing": 1.0, "climate": 0.7, "reminder": 1.3}
ARMS = ("control", *(f"{channel}:{message}" for channel in CHANNELS for message in MESSAGES))


@dataclass(frozen=True, eq=False)
class Town:
    """Tables by their lake name, and the truth, one entry a person in the order of `person`."""

    tables: dict[str, pa.Table]
    person: npt.NDArray[np.int64]
    household: npt.NDArray[np.int64]
    age: Floats
    turnout: Floats  # logit of voting, but for the election
    support: Floats  # chance of supporting
    arm: npt.NDArray[np.str_]  # "" outside of the experiment

    def true_of(self, person: npt.NDArray[np.int64], values: Floats) -> Floats:
        """`values`, which are in the town's order, for the persons given."""
        order = np.argsort(self.person)
        found: Floats = values[order[np.searchsorted(self.person[order], person)]]
        return found

    def effect(self, option: str) -> Floats:
        """By how much a contact changes the chance of voting in the last election."""
        before = self.turnout + ELECTIONS[LAST]
        return expit(before + shift(option)) - expit(before)

    def load(self, campaign: Campaign) -> None:
        """Publish the tables in the campaign's lake."""
        with campaign.lake.writer("test.town") as writer:
            for name, table in self.tables.items():
                writer.stage(name, table)
            with campaign.ledger.transaction(LedgerRole.BULK) as connection:
                writer.publish(connection)


def expit(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def shift(option: str) -> float:
    """The effect of an option on the logit of voting."""
    if option == "control":
        return 0.0
    channel, message = option.split(":")
    return CHANNELS[channel] * MESSAGES[message]


def rows(table: str, count: int, /, **columns: Any) -> pa.Table:
    """A table of the lake's schema; columns that are not given are null."""
    schema = LAKE[table].schema
    arrays = [
        pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(count, f.type)
        for f in schema
    ]
    return pa.table(arrays, schema=schema)


def town(
    persons: int, seed: int = 1, canvassed: float = 0.2, pilot: float = 0.0, hidden: float = 0.7
) -> Town:
    """A town of so many voters. `pilot`: share of households in an experiment called pilot; `hidden`: how much of
    a person's turnout (standard deviation of the logit) nothing on any list tells."""
    rng = np.random.default_rng(seed)
    size = rng.choice([1, 2, 3, 4], persons, p=[0.4, 0.35, 0.15, 0.1])
    home = np.repeat(np.arange(persons), size)[:persons]
    homes = int(home[-1]) + 1
    places = max(8, persons // 1200)
    place = rng.integers(0, places, homes)[home]
    at_place, at_home = rng.normal(0, 0.3, places)[place], rng.normal(0, 0.6, homes)[home]
    age = np.clip(rng.normal(48, 18, persons), 18, 98)
    turnout = at_place + at_home + 1.2 * np.sin((age - 20) / 45) - 0.2 + hidden * rng.normal(size=persons)
    job = rng.integers(0, len(JOBS), persons)
    leaning = 1.2 * (job == 0) - 0.8 * (job == 2) - 0.02 * (age - 48) + 1.5 * at_place - 0.1
    person = rng.permutation(persons).astype(np.int64) * 7919 + 11
    household = (rng.permutation(homes).astype(np.int64) * 104_729 + 5)[home]
    arm = np.where(rng.random(homes) < pilot, np.array(ARMS)[_arms(rng, homes)], "")[home]
    made = Town({}, person, household, age, turnout, expit(leaning), arm)
    born = 2026 - age.astype(int)
    listed = rng.random(persons) < 0.3
    made.tables["people.profile"] = rows(
        "people.profile",
        persons,
        person_id=person,
        household_id=household,
        sex=rng.choice(["f", "m"], persons),
        birth_year=born,
        area_code=np.char.mod("%04d", place),
        latitude=43.6 + place / places / 10,
        longitude=1.4 + place % 7 / 70,
        email=pa.array(np.where(listed, "a@example.org", None), pa.string()),
        registration_number=np.char.mod("R%d", np.arange(persons)),
        lists=[["roll", "signups"] if each else ["roll"] for each in listed],
        sources=1 + listed.astype(np.int32),
        records=np.ones(persons, np.int32),
    )
    made.tables["people.vote"] = _votes(rng, made, born)
    made.tables["people.attribute"] = pa.concat_tables(
        [_attributes(rng, made, job, canvassed), _outcomes(rng, made)]
    )
    return made


def _arms(rng: np.random.Generator, homes: int) -> npt.NDArray[np.int64]:
    """Two parts in ten to the control, the rest evenly."""
    others = len(ARMS) - 1
    return rng.choice(len(ARMS), homes, p=[0.2, *[0.8 / others] * others])


def _votes(rng: np.random.Generator, made: Town, born: npt.NDArray[np.int64]) -> pa.Table:
    parts = []
    for election, level in ELECTIONS.items():
        known = (int(election[:4]) - born >= 18) & (rng.random(len(born)) < 0.97)
        voted = rng.random(len(born)) < expit(made.turnout + level)
        count = int(known.sum())
        parts.append(
            rows(
                "people.vote",
                count,
                person_id=made.person[known],
                election=[election] * count,
                voted=voted[known],
            )
        )
    return pa.concat_tables(parts)


def _attributes(
    rng: np.random.Generator, made: Town, job: npt.NDArray[np.int64], canvassed: float
) -> pa.Table:
    persons = len(made.person)
    jobs = rows("people.attribute", persons, person_id=made.person, name=["job"] * persons, text=JOBS[job])
    asked = made.person[rng.random(persons) < canvassed]
    level = np.where(
        rng.random(persons) < made.support, rng.choice([1, 2], persons), rng.choice([4, 5], persons)
    )
    level = np.where(rng.random(persons) < 0.15, 3, level)
    told = made.true_of(asked, level.astype(np.float64))
    levels = rows(
        "people.attribute", len(asked), person_id=asked, name=["support_level"] * len(asked), number=told
    )
    return pa.concat_tables([jobs, levels])


def _outcomes(rng: np.random.Generator, made: Town) -> pa.Table:
    """What the pilot's list of results says: the arm, and who voted in the last election."""
    drawn = np.flatnonzero(made.arm != "")
    moved = np.array([shift(each) for each in made.arm[drawn]])
    voted = rng.random(len(drawn)) < expit(made.turnout[drawn] + ELECTIONS[LAST] + moved)
    count = len(drawn)
    person = made.person[drawn]
    return pa.concat_tables(
        [
            rows(
                "people.attribute", count, person_id=person, name=["arm:pilot"] * count, text=made.arm[drawn]
            ),
            rows(
                "people.attribute",
                count,
                person_id=person,
                name=["outcome:voted"] * count,
                number=voted.astype(float),
            ),
        ]
    )
