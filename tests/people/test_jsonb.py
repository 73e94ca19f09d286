import json
import math

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from commonweal.people import jsonb

_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | _texts,
            "float": st.none() | st.floats(),
            "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
            "bool": st.none() | st.booleans(),
            'odd "name\\': st.none() | _texts,
            "list": st.none() | st.lists(_texts, max_size=3),
        }
    ),
    max_size=5,
)
_TYPES = {"float": pa.float64(), "whole": pa.int64(), "bool": pa.bool_(), "list": pa.list_(pa.string())}


def _clean(value):
    if isinstance(value, str):
        return value.replace("\x00", "")
    return [_clean(each) for each in value] if isinstance(value, list) else value


def _expected(row):
    def told(value):
        return value not in (None, []) and not (isinstance(value, float) and not math.isfinite(value))

    return {name: _clean(value) for name, value in row.items() if told(value)}


@given(_rows)
@example([dict.fromkeys(["text", "float", "whole", "bool", 'odd "name\\', "list"])])
def test_an_object_a_row_reads_back(rows):
    names = ["text", "float", "whole", "bool", 'odd "name\\', "list"]
    columns = {name: pa.array([row[name] for row in rows], _TYPES.get(name, pa.string())) for name in names}
    found = jsonb.objects(columns, len(rows)).to_pylist()
    assert [json.loads(text) for text in found] == [_expected(row) for row in rows]


@given(
    st.lists(
        st.none()
        | st.dictionaries(_texts.filter(lambda name: "\x00" not in name), st.none() | _texts, max_size=3),
        max_size=5,
    )
)
def test_pairs_read_back(rows):
    kind = pa.list_(pa.struct([("name", pa.string()), ("text", pa.string())]))
    pairs = pa.array(
        [None if row is None else [{"name": k, "text": v} for k, v in row.items()] for row in rows], kind
    )
    flat = pairs.flatten()
    found = jsonb.objects_of_pairs(pairs, flat.field("name"), jsonb.values(flat.field("text"))).to_pylist()
    assert [json.loads(text) for text in found] == [_expected(row or {}) for row in rows]


def test_no_columns_make_empty_objects():
    assert jsonb.objects({}, 2).to_pylist() == ["{}", "{}"]
