from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.scoring import features
from commonweal.scoring.features import Feature
from commonweal.scoring.model import Columns

COLUMNS = Columns(1, numbers=("income",), texts=("job",), lists=("roll",))


def facts(count: int = 100) -> pa.Table:
    return pa.table(
        {
            "person_id": range(count),
            "household_id": range(count),
            "on_roll": [True] * count,
            "age": [20.0 + each for each in range(count)],
            "text_0": (["clerk"] * 40 + ["worker"] * 50 + ["smith"] * 5 + [None] * 5)[:count],
            "number_0": [None] * 50 + [1.5] * 50,
            "voted_1": pa.nulls(count, pa.float64()),
            "list_0": [1.0] * count,
            "outcome": [0.0, 1.0] * (count // 2),
        }
    )


def test_facts_that_vary_become_features() -> None:
    assert features.learn(facts(), COLUMNS) == (
        Feature("age", "age"),
        Feature("attribute:job", "text_0", ("worker", "clerk")),
        Feature("attribute:income", "number_0"),
    )


def test_where_nothing_varies_something_is_left() -> None:
    assert features.learn(facts().select(["person_id", "list_0", "outcome"]), COLUMNS) == (features.NOTHING,)


def test_rows_are_encoded_as_they_were_learnt() -> None:
    learnt = features.learn(facts(), COLUMNS)
    rows = pa.table(
        {
            "age": [30.0, None],
            "text_0": ["clerk", None],
            "number_0": [None, 2.0],
        }
    )
    other = pa.table({"age": [1.0], "text_0": ["astronaut"], "number_0": pa.array([None], pa.float64())})
    assert np.array_equal(
        features.encode(rows, learnt),
        np.array([[30, 1, np.nan], [np.nan, np.nan, 2]], np.float32),
        equal_nan=True,
    )
    assert features.encode(other, learnt)[0, 1] == 2  # a level that was never seen
    batch = rows.to_batches()[0]
    assert np.array_equal(features.encode(batch, learnt), features.encode(rows, learnt), equal_nan=True)
    assert features.categorical(learnt) == [1]


def test_cards_call_facts_by_their_own_names() -> None:
    assert [features.told(name, COLUMNS) for name in ("number_0", "list_0", "voted_1", "area_share")] == [
        "attribute:income",
        "list:roll",
        "voted_1",
        "area_share",
    ]
