"""The rows of the serving copy, streamed out of the lake: one function a ledger table.

Wide work is done by the lake's engine; what only PostgreSQL needs (jsonb, arrays of numbers, search keys) is made
column by column, a batch at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.normalise.text import join
from commonweal.people import jsonb
from commonweal.people.model import ListBatch
from commonweal.store.catalogue import PERSON_FIELDS
from commonweal.store.lake import Lake

_TEXT = pa.string()
_TEXTS = pa.list_(_TEXT)
_REALS = pa.list_(pa.float32())
_NAME_KEYS = ("surname_key", "given_key", "birth_surname_key")
_SCORES = ("turnout", "turnout_low", "turnout_high", "support", "support_low", "support_high")

PROFILE = pa.schema(
    [
        ("person_id", pa.int64()),
        ("household_id", pa.int64()),
        ("household_size", pa.int32()),
        ("household_evidence", _TEXT),
        *PERSON_FIELDS.items(),
        ("origins", _TEXT),
        ("sort_key", _TEXT),
        ("street_key", _TEXT),
        ("city_key", _TEXT),
        ("phone_reversed", _TEXT),
        ("tags", _TEXTS),
        ("records", pa.int32()),
        ("sources", pa.int32()),
        ("lists", _TEXTS),
        ("votes", _TEXT),
        ("attributes", _TEXT),
    ]
)
RECORD = pa.schema(
    [
        ("record_id", pa.int64()),
        ("person_id", pa.int64()),
        ("batch_id", pa.int32()),
        ("source", _TEXT),
        ("line", pa.int64()),
        ("evidence", _TEXT),
        ("inactive_since", pa.date32()),
        ("key", _TEXT),
        ("given", _TEXT),
    ]
)
NAME_WORD = pa.schema([("word", _TEXT), ("sort_key", _TEXT), ("person_id", pa.int64()), ("area_code", _TEXT)])
STANDING = pa.schema(
    [
        ("person_id", pa.int64()),
        ("area_code", _TEXT),
        *((name, pa.float32()) for name in _SCORES),
        ("plan_id", pa.int32()),
        ("planned", _TEXTS),
        ("reason", _TEXT),
        ("votes_gained", _REALS),
        ("votes_error", _REALS),
        ("second", _TEXT),
        ("second_votes", pa.float32()),
        ("days", pa.list_(pa.date32())),
    ]
)
KNOWN = pa.schema([("kind", _TEXT), ("name", _TEXT), ("persons", pa.int64())])


def profiles(lake: Lake) -> pa.RecordBatchReader:
    """people.profile, schema PROFILE."""
    homes = lake.table("identity.household").select("person_id", household_evidence="evidence")
    people = _beside(lake.table("people.profile"), homes)
    people = _with_pairs(people, lake.table("people.vote"), "person_id", "election", ["voted"], "vote_pairs")
    people = _with_pairs(
        people, lake.table("people.attribute"), "person_id", "name", ["text", "number"], "attribute_pairs"
    )
    return _streamed(PROFILE, map(_profile_batch, lake.batches(people)))


def records(lake: Lake, living: ir.Table, batches: Sequence[ListBatch]) -> pa.RecordBatchReader:
    """people.record, schema RECORD: every living record of a person who has a profile, one batch after the other.

    `living`: record_id, batch_id, active, inactive_since.
    """
    persons = lake.table("people.profile").select("person_id")
    links = lake.table("identity.link").select("record_id", "person_id", "evidence")
    owned = links.semi_join(persons, "person_id")

    def one_batch(number: int) -> Iterator[pa.RecordBatch]:
        rows = lake.table("intake.record")
        rows = rows.filter(rows.batch_id == number)
        here = living.filter(living.batch_id == number).drop("active", "batch_id")
        rows = rows.join(here, "record_id").join(owned, "record_id")
        for name, label, columns in (
            ("vote", "election", ["voted"]),
            ("attribute", "name", ["text", "number"]),
        ):
            values = lake.table(f"intake.{name}")
            values = values.filter(values.batch_id == number)
            rows = _with_pairs(rows, values, "record_id", label, columns, f"{name}_pairs")
        return map(_record_batch, lake.batches(rows))

    return _streamed(RECORD, (each for batch in batches for each in one_batch(batch.batch_id)))


def origins(lake: Lake, batches: Sequence[ListBatch]) -> pa.Table:
    """people.origin, with the day that each batch is true for."""
    found = lake.read(lake.table("people.origin"))
    days = {batch.batch_id: batch.as_of for batch in batches}
    kept = found.filter(pc.is_in(found["batch_id"], pa.array(list(days), pa.int32())))
    as_of = [days[number] for number in kept["batch_id"].to_pylist()]
    return kept.append_column("as_of", pa.array(as_of, pa.date32()))


def name_words(lake: Lake) -> pa.RecordBatchReader:
    """people.name_word, schema NAME_WORD."""
    people = lake.table("people.profile").select("person_id", "area_code", *_NAME_KEYS)
    return _streamed(NAME_WORD, map(_name_word_batch, lake.batches(people)))


def standings(lake: Lake, plan_id: int | None) -> pa.RecordBatchReader:
    """people.standing, schema STANDING: scores, and what this plan says; of several contacts, what gains most first."""
    people = lake.table("people.profile").select("person_id", "area_code")
    rows = lake.table("planning.contact")
    rows = rows.filter(rows.plan_id == (-1 if plan_id is None else plan_id))
    told = rows.group_by("person_id").agg(
        plan_id=rows.plan_id.max(),
        reason=rows.reason.max(),
        second=rows.second.max(),
        second_votes=rows.second_votes.max(),
    )
    scores = lake.table("scoring.score")
    found = reduce(_beside, (scores, told, _contacts(rows)), people)
    return _streamed(STANDING, lake.batches(found.select(STANDING.names)))


def _contacts(rows: ir.Table) -> ir.Table:
    """Whom a plan contacts, with lists along their contacts; sorted as structs, since Spark collects in no order."""
    some = rows.filter(rows.option.notnull())
    each = ibis.struct(
        {"less": -some.votes, "option": some.option, "error": some.votes_error, "day": some.day}
    )
    lists = some.group_by("person_id").agg(contacts=each.collect())
    contacts = lists.contacts.sort()
    return lists.select(
        "person_id",
        planned=contacts.map(lambda contact: contact.option),
        votes_gained=contacts.map(lambda contact: -contact.less),
        votes_error=contacts.map(lambda contact: contact.error),
        days=contacts.map(lambda contact: contact.day),
    )


def known(lake: Lake) -> pa.Table:
    """people.known, schema KNOWN: every name that a universe may ask for."""
    people = lake.table("people.profile")
    votes, attributes = lake.table("people.vote"), lake.table("people.attribute")
    named = {
        "election": votes.select("person_id", name=votes.election),
        "attribute": attributes.select("person_id", "name"),
        "tag": people.filter(people.tags.notnull()).select("person_id", name=people.tags.unnest()),
        "list": people.select("person_id", name=people.lists.unnest()),
        "area": people.filter(people.area_code.notnull()).select("person_id", name=people.area_code),
    }
    return pa.concat_tables([_counted(lake, kind, rows) for kind, rows in named.items()])


def _counted(lake: Lake, kind: str, rows: ir.Table) -> pa.Table:
    found = lake.read(rows.group_by("name").agg(persons=rows.count()))
    kinds = pa.array([kind] * found.num_rows, _TEXT)
    return found.append_column("kind", kinds).select(KNOWN.names).cast(KNOWN)


def _beside(left: ir.Table, right: ir.Table) -> ir.Table:
    return left.left_join(right, "person_id").drop("person_id_right")


def _with_pairs(
    table: ir.Table, values: ir.Table, key: str, label: str, columns: Sequence[str], name: str
) -> ir.Table:
    """Adds a column with the list of {label, *columns} that `values` holds for each row's key; null for none."""
    pairs = ibis.struct({"name": values[label], **{column: values[column] for column in columns}})
    lists = values.group_by(key).agg(**{name: pairs.collect()})
    return table.left_join(lists, key).drop(f"{key}_right")


def _streamed(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(
        schema, (batch.select(schema.names).cast(schema) for batch in batches)
    )


def _profile_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    found = {name: batch[name] for name in PROFILE.names if name in batch.schema.names}
    nothing = pa.array([[]] * batch.num_rows, _TEXTS)
    digits = pc.replace_substring(batch["phone"], "+", "")
    found |= {
        "origins": _array_of_numbers([batch[f"{name}_origin"] for name in PERSON_FIELDS]),
        "sort_key": _sort_key(batch),
        "phone_reversed": pc.utf8_reverse(digits),
        "tags": pc.coalesce(batch["tags"], nothing),
        "votes": _votes(batch["vote_pairs"]),
        "attributes": _attributes(batch["attribute_pairs"]),
    }
    return pa.RecordBatch.from_pydict({name: found[name] for name in PROFILE.names})


def _sort_key(batch: pa.RecordBatch) -> pa.StringArray:
    return pc.fill_null(join([batch[name] for name in _NAME_KEYS]), "")


def _array_of_numbers(columns: Sequence[pa.Array]) -> pa.StringArray:
    """Numbers side by side as the text of a PostgreSQL array."""
    texts = [column.cast(_TEXT) for column in columns]
    joined = pc.binary_join_element_wise(*texts, ",", null_handling="replace", null_replacement="NULL")
    return pc.binary_join_element_wise("{", joined, "}", "")


def _votes(pairs: pa.ListArray) -> pa.StringArray:
    flat = pairs.flatten()
    return jsonb.objects_of_pairs(pairs, flat.field("name"), jsonb.values(flat.field("voted")))


def _attributes(pairs: pa.ListArray) -> pa.StringArray:
    flat = pairs.flatten()
    values = pc.coalesce(jsonb.values(flat.field("number")), jsonb.values(flat.field("text")))
    return jsonb.objects_of_pairs(pairs, flat.field("name"), values)


def _record_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    fields = {name: batch[name] for name in (*PERSON_FIELDS, "tags")}
    inner = {"votes": _votes(batch["vote_pairs"]), "attributes": _attributes(batch["attribute_pairs"])}
    found = {name: batch[name] for name in RECORD.names if name != "given"}
    given = jsonb.objects(fields, batch.num_rows, inner)
    return pa.RecordBatch.from_pydict({**found, "given": given})


def _name_word_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    sort_key = _sort_key(batch)
    words = pc.split_pattern(sort_key, " ")
    row = pc.list_parent_indices(words)
    table = pa.table(
        {
            "word": pc.list_flatten(words),
            "sort_key": sort_key.take(row),
            "person_id": batch["person_id"].take(row),
            "area_code": batch["area_code"].take(row),
        }
    )
    table = table.filter(pc.not_equal(table["word"], ""))
    once = table.group_by(NAME_WORD.names).aggregate([]).cast(NAME_WORD)
    return pa.RecordBatch.from_pydict({name: once[name].combine_chunks() for name in NAME_WORD.names})
