"""The hidden truth on disk, in a folder of its own: who each record is about, and what each person would do.

- `persons.parquet`: one row a person, identity and hidden side.
- `records.parquet`: one row a data row of each list: (list, row, person, again, broken); rows count from 1.
- `areas.parquet`: what each polling place holds in this electorate, and its published totals.
- `electorate.json`: size, seed and counts; written last, so its presence says that the rest is whole.

Only this room and tests read these files; a campaign never sees them.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.electorate import names
from commonweal.electorate.effects import CHANNELS
from commonweal.electorate.latent import MESSAGES, Latent
from commonweal.electorate.lists.sheet import Sheet
from commonweal.electorate.model import People
from commonweal.electorate.places import Totals, toulouse

PERSONS, RECORDS, AREAS, MANIFEST = "persons.parquet", "records.parquet", "areas.parquet", "electorate.json"

_PERSON = pa.schema(
    [
        ("person", pa.int64()),
        ("household", pa.int64()),
        ("numero_electeur", pa.string()),  # null for those not on the roll
        ("area", pa.string()),
        ("given_name", pa.string()),
        ("birth_name", pa.string()),
        ("used_name", pa.string()),
        ("sex", pa.string()),
        ("birth_date", pa.date32()),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
        ("moved", pa.bool_()),
        ("owner", pa.bool_()),
        ("ballot_2022", pa.string()),
        ("leaning", pa.float32()),
        ("turnout", pa.float64()),  # chance, with no contact
        ("support", pa.float64()),  # chance, with no contact
        ("responsive", pa.float64()),
        *((f"ear_{channel}", pa.float64()) for channel in CHANNELS),
        *((f"resonance_{message}", pa.float64()) for message in MESSAGES),
        ("answers", pa.float64()),
        ("turnout_logit", pa.float64()),
        ("support_logit", pa.float64()),
    ]
)
_RECORD = pa.schema(
    [
        ("list", pa.dictionary(pa.int8(), pa.string())),
        ("row", pa.int64()),
        ("person", pa.int64()),
        ("again", pa.bool_()),
        ("broken", pa.string()),
    ]
)


class TruthWriter:
    """Writes persons and records block by block."""

    def __init__(self, persons: Path, records: Path) -> None:
        self._paths = ((persons, _PERSON), (records, _RECORD))
        self._files: list[pq.ParquetWriter] = []

    def open(self) -> None:
        """Begin both files."""
        for path, schema in self._paths:
            self._files.append(pq.ParquetWriter(path, schema, compression="zstd"))

    def add_people(self, people: People, latent: Latent) -> None:
        """Append the people of a block."""
        self._files[0].write_table(_person_table(people, latent))

    def add_records(self, name: str, first_row: int, sheet: Sheet) -> None:
        """Rows of list `name`; `first_row` is the number of rows written before."""
        n = len(sheet)
        columns = [
            pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int8)), pa.array([name])),
            pa.array(first_row + 1 + np.arange(n)),
            pa.array(sheet.person),
            pa.array(sheet.again),
            pa.array([kind or None for kind in sheet.broken], type=pa.string()),
        ]
        self._files[1].write_table(pa.Table.from_arrays(columns, schema=_RECORD))

    def close(self) -> None:
        """Finish both files."""
        for file in self._files:
            file.close()

    def drop(self) -> None:
        """Let go of both files as they are."""
        with suppress(OSError):  # a full disk may refuse what is still in memory
            self.close()


def _person_table(people: People, latent: Latent) -> pa.Table:
    chance = {
        "turnout": 1 / (1 + np.exp(-latent.turnout)),
        "support": 1 / (1 + np.exp(-latent.support)),
    }
    columns: dict[str, object] = {
        "person": people.number,
        "household": people.household,
        "numero_electeur": [str(number) if number else None for number in people.registration.tolist()],
        "area": toulouse().codes[people.place],
        "given_name": names.given_names()[people.given],
        "birth_name": people.birth_name,
        "used_name": people.used_name,
        "sex": np.array(["F", "M"], dtype=object)[people.sex],
        "birth_date": people.born,
        "longitude": people.point[:, 0],
        "latitude": people.point[:, 1],
        "moved": people.moved,
        "owner": people.owner,
        "ballot_2022": [ballot or None for ballot in latent.ballot],
        "leaning": latent.leaning.astype(np.float32),
        **chance,
        "responsive": latent.responsive,
        **{f"ear_{channel}": latent.ear[:, at] for at, channel in enumerate(CHANNELS)},
        **{f"resonance_{message}": latent.resonance[:, at] for at, message in enumerate(MESSAGES)},
        "answers": latent.answers,
        "turnout_logit": latent.turnout,
        "support_logit": latent.support,
    }
    return pa.Table.from_arrays(
        [pa.array(columns[field.name], type=field.type) for field in _PERSON], schema=_PERSON
    )


def write_areas(path: Path, totals: Totals) -> None:
    """Per polling place: this electorate's totals, and the published ones under `real_…`."""
    ground = toulouse()
    parts = ("registered", "turnout", "spoilt", "votes_a", "votes_b")
    columns: dict[str, pa.Array] = {"area": pa.array(ground.codes), "name": pa.array(ground.names)}
    columns |= {part: pa.array(getattr(totals, part)) for part in parts}
    columns |= {f"real_{part}": pa.array(getattr(ground, part)) for part in parts}
    pq.write_table(pa.table(columns), path)


def write_manifest(path: Path, voters: int, persons: int, seed: int, rows: dict[str, int]) -> None:
    """Say what the truth is about; `rows` by list."""
    facts = {"voters": voters, "persons": persons, "seed": seed, "rows": rows}
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
