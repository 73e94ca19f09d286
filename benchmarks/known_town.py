"""A synthetic electorate as a campaign would know it if every record of its lists were linked to the right person.

The voters on the roll, what the five lists say of them (by the lists' own recipes, with their gaps, ages and stale phones, but
without the rows that are spoilt on purpose), put straight into the campaign's lake. Left out: files, intake and identity, and the
people who are on no roll. The truth stays outside of the campaign, as `World`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.electorate import ELECTIONS, Electorate, World
from commonweal.electorate.effects import Susceptibility
from commonweal.electorate.latent import Latent, endow
from commonweal.electorate.lists import append, canvass, donors, signups
from commonweal.electorate.lists.sheet import Sheet
from commonweal.electorate.model import FEMALE, Block, People
from commonweal.electorate.people import populate
from commonweal.electorate.places import toulouse
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole

Texts = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

ORIGINS = {"roll": 1, "signups": 2, "donors": 3, "canvass": 4, "append": 5, "before": 6, "pilot": 7}
_SHEETS = {"signups": signups, "donors": donors, "canvass": canvass, "append": append}
_TOLD = {  # attribute, by list and column, as a mapping guesses them from the demo's files
    "append": {"csp": "occupation", "tranche_revenu": "income", "proprietaire": "housing"},
    "canvass": {"resultat": "result", "sujet": "topic"},
}
_NUMBERS = {
    "append": {"taille_foyer": "household_size"},
    "donors": {"Montant (€)": "amount"},
    "canvass": {"soutien": "support_level"},
}


@dataclass(frozen=True, eq=False)
class KnownTown:
    """Lake tables by name, and the world that answers. `number` (n,): registration numbers, by rising person id 0 … n-1."""

    tables: dict[str, pa.Table]
    number: Texts
    voters: Susceptibility
    world: World

    def load(self, campaign: Campaign, attributes: tuple[pa.Table, ...] = ()) -> None:
        """Publish the tables in the campaign's lake, with further attributes, in place of what stood there."""
        with campaign.lake.writer("benchmark.town") as writer:
            for name, table in self.tables.items():
                more = attributes if name == "people.attribute" else ()
                writer.stage(name, pa.concat_tables([table, *more]))
            with campaign.ledger.transaction(LedgerRole.BULK) as connection:
                writer.publish(connection)


def known_town(voters: int, seed: int) -> KnownTown:
    """The electorate of `commonweal.electorate.Electorate(voters, seed)`, known perfectly."""
    parts = [_block(block) for block in Electorate(voters, seed).blocks()]
    columns = {name: np.concatenate([part.person[name] for part in parts]) for name in parts[0].person}
    person = np.arange(len(columns["registration_number"]))
    place = {number: row for row, number in enumerate(columns["number"].tolist())}
    attributes = [_attribute_rows(place, name, part) for part in parts for name in part.sheets]
    susceptible = Susceptibility(
        **{
            field.name: np.concatenate([getattr(part.voters, field.name) for part in parts])
            for field in fields(Susceptibility)
        }
    )
    order = np.argsort(columns["registration_number"].astype(np.int64))
    world = World(
        columns["registration_number"].astype(np.int64)[order],
        np.concatenate([part.answers for part in parts])[order],
        Susceptibility(
            **{field.name: getattr(susceptible, field.name)[order] for field in fields(Susceptibility)}
        ),
    )
    reach = _reach(place, parts)
    tables = {
        "people.profile": _profiles(person, columns, reach),
        "people.vote": _votes(person, columns),
        "people.attribute": pa.concat_tables([table for tables in attributes for table in tables]),
        "people.origin": rows(
            "people.origin",
            len(ORIGINS),
            origin=list(ORIGINS.values()),
            batch_id=[0] * len(ORIGINS),
            source=list(ORIGINS),
        ),
    }
    return KnownTown(tables, columns["registration_number"], susceptible, world)


def rows(table: str, count: int, /, **columns: Any) -> pa.Table:
    """A table of the lake's schema; columns that are not given are null."""
    schema = LAKE[table].schema
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def attribute(name: str, person: Ints, *, origin: str, **value: Any) -> pa.Table:
    """Rows of people.attribute: one name, `number` or `text` for each person."""
    return rows(
        "people.attribute",
        len(person),
        person_id=person,
        name=pa.repeat(name, len(person)),
        origin=pa.repeat(ORIGINS[origin], len(person)),
        **value,
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """A block: what the roll says of its voters, who they really are, and the other lists' rows."""

    person: dict[str, Texts]
    voters: Susceptibility
    answers: npt.NDArray[np.float64]
    sheets: dict[str, tuple[Ints, dict[str, Texts]]]


def _block(block: Block) -> _Part:
    people, latent = endow(block, populate(block))
    sheets = {name: recipe.sheet(block, people, latent, 0) for name, recipe in _SHEETS.items()}
    on = np.flatnonzero(people.on_roll)
    voters = Susceptibility(
        latent.turnout[on], latent.support[on], latent.responsive[on], latent.ear[on], latent.resonance[on]
    )
    return _Part(
        _roll(people, latent, on),
        voters,
        latent.answers[on],
        {name: _once(each) for name, each in sheets.items()},
    )


def _roll(people: People, latent: Latent, on: Ints) -> dict[str, Texts]:
    columns: dict[str, Any] = {
        "number": people.number[on],
        "household_id": people.household[on],
        "sex": np.where(people.sex[on] == FEMALE, "f", "m").astype(object),
        "birth_date": people.born[on],
        "area_code": np.asarray(toulouse().codes)[people.place[on]],
        "longitude": people.point[on, 0],
        "latitude": people.point[on, 1],
        "street": people.registered_home.street[on],
        "registration_number": people.registration[on].astype(str).astype(object),
        **{election: latent.votes[election][on] for election in ELECTIONS},
    }
    return columns


def _once(sheet: Sheet) -> tuple[Ints, dict[str, Texts]]:
    """Each person's first sound row: true number, columns."""
    sound = np.flatnonzero(sheet.broken == "")
    person, first = np.unique(sheet.person[sound], return_index=True)
    return person, {name: values[sound[first]] for name, values in sheet.columns.items()}


def _attribute_rows(place: dict[int, int], name: str, part: _Part) -> list[pa.Table]:
    numbers, columns = part.sheets[name]
    person = np.array([place.get(number, -1) for number in numbers.tolist()], np.int64)
    found = []
    for column, told in _TOLD.get(name, {}).items():
        known = np.flatnonzero((columns[column] != "") & (person >= 0))
        text = [str(value) for value in columns[column][known]]
        found.append(attribute(told, person[known], origin=name, text=text))
    for column, told in _NUMBERS.get(name, {}).items():
        known = np.flatnonzero((columns[column] != "") & (person >= 0))
        number = columns[column][known].astype(np.float64)
        found.append(attribute(told, person[known], origin=name, number=number))
    return found


def _reach(place: dict[int, int], parts: list[_Part]) -> dict[str, Texts]:
    """By person: phone, email, what they consented to, and the lists they are on."""
    found: dict[str, Texts] = {
        name: np.full(len(place), None, object) for name in ("phone", "email", "consent_sms", "consent_email")
    }
    lists: list[list[str]] = [["roll"] for _ in place]
    columns = {
        "append": {"phone": "mobile", "landline": "telephone_fixe"},
        "donors": {"email": "E-mail"},
        "signups": {"phone": "mobile", "email": "email", "consent_sms": "consentement_sms", "consent_email": "consentement_email"},
    }  # fmt: skip
    for part in parts:
        for name, (numbers, sheet) in part.sheets.items():
            for at, number in enumerate(numbers.tolist()):
                row = place.get(number)
                if row is None:
                    continue
                lists[row].append(name)
                for field, column in columns.get(name, {}).items():
                    value = sheet[column][at]
                    if field.startswith("consent"):
                        found[field][row] = "yes" if value else "no"
                    elif value:
                        target = found["phone" if field == "landline" else field]
                        target[row] = target[row] or value
    found["lists"] = np.empty(len(place), object)
    found["lists"][:] = [sorted(each) for each in lists]
    return found


def _profiles(person: Ints, columns: dict[str, Texts], reach: dict[str, Texts]) -> pa.Table:
    household = columns["household_id"].astype(np.int64)
    size = np.bincount(np.unique(household, return_inverse=True)[1])[
        np.unique(household, return_inverse=True)[1]
    ]
    given = {name: columns[name] for name in columns if name in LAKE["people.profile"].schema.names}
    return rows(
        "people.profile",
        len(person),
        person_id=person,
        household_size=size,
        **given,
        **{name: pa.array(values.tolist()) for name, values in reach.items()},
        sources=[len(each) for each in reach["lists"]],
        records=[len(each) for each in reach["lists"]],
    )


def _votes(person: Ints, columns: dict[str, Texts]) -> pa.Table:
    parts = []
    for election in ELECTIONS:
        known = np.flatnonzero(columns[election] != "")
        parts.append(
            rows(
                "people.vote",
                len(known),
                person_id=person[known],
                election=pa.repeat(election, len(known)),
                voted=(columns[election][known] == "O").astype(bool),
                origin=pa.repeat(ORIGINS["roll"], len(known)),
            )
        )
    return pa.concat_tables(parts)
