"""One small electorate, written once for all tests of this room."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from commonweal.electorate import Electorate, World
from electorate.reading import VOTERS, Town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    written = Electorate(VOTERS, seed=7).write(folder / "lists", folder / "truth")
    tables = (pq.read_table(folder / "truth" / f"{name}.parquet") for name in ("persons", "records", "areas"))
    return Town(written, *tables)


@pytest.fixture(scope="session")
def world(town: Town) -> World:
    return World.open(town.written.truth)
