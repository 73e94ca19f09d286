"""JSON objects made column by column, a whole batch at a time: one text a row, as PostgreSQL's jsonb reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.normalise.text import join

_NOTHING = pa.scalar(None, pa.string())
_CONTROL = "[\x01-\x1f]"


def objects(
    columns: Mapping[str, pa.Array], rows: int, inner: Mapping[str, pa.StringArray] | None = None
) -> pa.StringArray:
    """An object a row with the columns' values by name; nulls, NaN and infinities are left out.

    `inner` holds objects, as text, to be put in by name; empty ones are left out.
    """
    texts = {name: values(column) for name, column in columns.items()}
    for name, text in (inner or {}).items():
        texts[name] = pc.if_else(pc.equal(text, "{}"), _NOTHING, text)
    if not texts:
        return pa.array(["{}"] * rows, pa.string())
    members = [
        _members(pa.scalar(json.dumps(name, ensure_ascii=False)), text) for name, text in texts.items()
    ]
    return pc.binary_join_element_wise("{", pc.fill_null(join(members, ","), ""), "}", "")


def objects_of_pairs(pairs: pa.ListArray, names: pa.Array, texts: pa.Array) -> pa.StringArray:
    """An object a row from lists of pairs. `names` and `texts` (JSON) are flat, in the order of the lists."""
    members = _members(values(names), texts)
    kept = pc.is_valid(members)
    counts = pc.fill_null(pc.list_value_length(pairs), 0).cast(pa.int64())
    ends = pc.cumulative_sum(counts)
    running = pc.cumulative_sum(kept.cast(pa.int64()))
    before = pa.concat_arrays([pa.array([0], pa.int64()), running])
    offsets = before.take(pa.concat_arrays([pa.array([0], pa.int64()), ends]))
    lists = pa.ListArray.from_arrays(offsets.cast(pa.int32()), members.filter(kept))
    return pc.binary_join_element_wise("{", pc.binary_join(lists, ","), "}", "")


def values(column: pa.Array) -> pa.StringArray:
    """Each value as JSON; null for what is null, not a number, or infinite."""
    kind = column.type
    if pa.types.is_list(kind):
        return _lists(column)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(column), column.cast(pa.string()), _NOTHING)
    return _quoted(column.cast(pa.string()))


def _members(names: pa.Scalar | pa.Array, texts: pa.Array) -> pa.StringArray:
    """ "name":value, null where the value is."""
    return pc.binary_join_element_wise(names, texts, ":", null_handling="emit_null")


def _quoted(texts: pa.StringArray) -> pa.StringArray:
    """JSON strings. jsonb can't hold the null character: it goes."""
    plain = pc.replace_substring(texts, "\x00", "")
    escaped = pc.replace_substring(pc.replace_substring(plain, "\\", "\\\\"), '"', '\\"')
    quoted = pc.binary_join_element_wise('"', escaped, '"', "")
    odd = pc.fill_null(pc.match_substring_regex(plain, _CONTROL), False)
    if not pc.any(odd, min_count=0).as_py():
        return quoted
    spelt = [json.dumps(text, ensure_ascii=False) for text in plain.filter(odd).to_pylist()]
    return pc.replace_with_mask(quoted, odd, pa.array(spelt, pa.string()))


def _lists(column: pa.ListArray) -> pa.StringArray:
    """JSON arrays; null where the list is null or empty."""
    flat = values(column.flatten())
    counts = pc.fill_null(pc.list_value_length(column), 0).cast(pa.int64())
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(counts)]).cast(pa.int32())
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, flat), ",")
    return pc.if_else(pc.greater(counts, 0), pc.binary_join_element_wise("[", joined, "]", ""), _NOTHING)
