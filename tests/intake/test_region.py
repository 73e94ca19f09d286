"""The country whose way of writing a list follows."""

import pyarrow as pa
import pytest

from commonweal.intake.region import guess


@pytest.mark.parametrize(
    ("columns", "country"),
    [
        ({"name": ["Ann"], "state": ["IL"], "zip": ["62704"]}, "US"),
        ({"given_name": ["ann"], "state": ["nsw"], "postcode": ["2119"]}, "AU"),
        ({"name": ["Ann"], "province": ["QC"], "code": ["H2X 1Y4"]}, "CA"),
        ({"nom": ["Dupont"], "prenom": ["Anne"], "cp": ["31000"]}, "FR"),
        ({"name": ["Anne"], "address": ["3 rue des Lilas"]}, "FR"),
        ({"name": ["Ann"], "code": ["TQ13 8DF"]}, "GB"),
        ({"name": ["Ann"], "state": [None]}, "US"),
    ],
)
def test_values_and_headers_tell(columns: dict[str, list[str | None]], country: str) -> None:
    cells = {name: pa.array(values * 3, pa.string()) for name, values in columns.items()}
    assert guess(pa.RecordBatch.from_pydict(cells)) == country
