import pytest

from commonweal.store.engine import connect


@pytest.fixture(scope="session", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request, tmp_path_factory):
    """Each engine of the lake, by itself."""
    backend = connect(request.param, tmp_path_factory.mktemp(request.param))
    yield backend
    backend.disconnect()
