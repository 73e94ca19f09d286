"""Which lists there are, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from commonweal.electorate.latent import Latent
from commonweal.electorate.lists import append, canvass, donors, roll, signups
from commonweal.electorate.lists.sheet import Sheet
from commonweal.electorate.lists.writers import Writer
from commonweal.electorate.model import Block, People


@dataclass(frozen=True)
class Recipe:
    """A list: its name, its file, how its rows come from a block of people, and how they are written.

    `sheet` takes the block, its people, their hidden side and the number of rows already written.
    """

    name: str
    file: str
    sheet: Callable[[Block, People, Latent, int], Sheet]
    writer: Callable[[Path], Writer]


RECIPES = (
    Recipe("roll", "roll.csv", roll.sheet, roll.writer),
    Recipe("signups", "signups.jsonl", signups.sheet, signups.writer),
    Recipe("donors", "donors.xlsx", donors.sheet, donors.writer),
    Recipe("canvass", "canvass.csv", canvass.sheet, canvass.writer),
    Recipe("append", "append.parquet", append.sheet, append.writer),
)
