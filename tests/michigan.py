"""The 2006 Michigan experiment, read plainly from the example's file: what tests compare published figures with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.csv

FILE = Path(__file__).parents[1] / "examples/michigan-2006/data/social_pressure_2006.csv.gz"
ARMS = ("Control", "Civic Duty", "Hawthorne", "Self", "Neighbors")
PAST_VOTES = ("g2000", "g2002", "p2000", "p2002", "p2004")


@dataclass(frozen=True)
class Michigan:
    """One entry a voter. household: twice the file's hh_id, which has halves; votes (n, 5) as PAST_VOTES."""

    household: npt.NDArray[np.int64]
    arm: npt.NDArray[np.int64]
    voted: npt.NDArray[np.float64]
    votes: npt.NDArray[np.float64]
    age: npt.NDArray[np.float64]
    female: npt.NDArray[np.float64]


@cache
def michigan() -> Michigan:
    table = pyarrow.csv.read_csv(FILE)
    treatment = pc.index_in(pc.utf8_trim_whitespace(table["treatment"]), value_set=pyarrow.array(ARMS))
    return Michigan(
        household=np.rint(table["hh_id"].to_numpy() * 2).astype(np.int64),
        arm=treatment.to_numpy().astype(np.int64),
        voted=_yes(table["voted"]),
        votes=np.column_stack([_yes(table[name]) for name in PAST_VOTES]),
        age=2006.0 - table["yob"].to_numpy(),
        female=pc.equal(table["sex"], "female").to_numpy().astype(np.float64),
    )


def _yes(column: pyarrow.ChunkedArray) -> npt.NDArray[np.float64]:
    return pc.equal(pc.utf8_lower(column), "yes").to_numpy().astype(np.float64)
