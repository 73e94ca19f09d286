import pytest

from commonweal.store.engine import connect


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """The lake's default engine, by itself."""
    backend = connect("duckdb", tmp_path_factory.mktemp("duckdb"))
    yield backend
    backend.disconnect()
