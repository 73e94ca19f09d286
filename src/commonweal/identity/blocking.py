"""Which pairs of records are worth comparing: those that agree on some key which not too many share.

Ibis expressions, which run on DuckDB and on Spark alike.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from commonweal.identity.levels import DEFINITION
from commonweal.identity.tables import COMPARED, extras, number_code

if TYPE_CHECKING:
    from ibis.backends import BaseBackend


@dataclass(frozen=True)
class Block:
    """Records that agree on all of `columns` are compared, unless more than `most` records share the values:
    such values tell nothing, and would cost the square of their number."""

    columns: tuple[str, ...]
    most: int


# Each is a way in which two records of one person still look alike after typing errors, nicknames, marriages,
# moves and missing fields. What tells much may be shared by more than what tells little; how many pairs there are
# room for decides by how much more or less (`leeway`).
BLOCKS = (
    Block(("registration_number",), 60),
    Block(("email_key",), 60),
    Block(("phone",), 60),
    Block(("names",), 60),
    Block(("birth_date", "surname_key"), 60),
    Block(("birth_date", "given_key"), 60),
    Block(("birth_date", "initials"), 60),
    Block(("door", "initials"), 30),
    Block(("door", "given_key"), 30),
    Block(("door", "birth_year"), 20),
    Block(("surname_sound", "given_sound"), 20),
    Block(("birth_year", "surname_key", "given_initial"), 30),
    Block(("birth_year", "given_key", "surname_start"), 15),
    Block(("postcode", "surname_key", "given_initial"), 15),
    Block(("area_code", "surname_key", "given_initial"), 15),
    Block(("area_code", "given_key", "surname_initial"), 15),
    Block(("city_key", "surname_start", "given_initial"), 15),
    Block(("postcode", "initials"), 10),
    Block(("surname_key", "city_key"), 10),
    Block(("surname_sound", "birth_year"), 10),
    Block(("given_sound", "birth_year"), 6),
    Block(("postcode_start", "birth_year"), 6),
    Block(("given_start", "city_key"), 6),
    Block(("birth_day_of_year", "initials"), 10),
    Block(("email_start",), 10),
    Block(("birth_date",), 10),
    Block(("city_key", "birth_year"), 10),
    Block(("postcode",), 15),
    Block(("names_start",), 15),
    Block(("surname_sound", "given_initial"), 6),
    Block(("surname_key",), 6),
    Block(("city_key",), 6),
    Block(("given_key",), 4),
)
# Of these blocks the keys tell something besides.
NUMBER, EMAIL, PHONE = 0, 1, 2
BIRTH = BLOCKS.index(Block(("birth_date",), 10))
# Further evidence by itself, and with what may say the rest.
_EXTRA_BLOCKS = (
    (),
    ("surname_sound",),
    ("given_sound",),
    ("birth_year",),
    ("city_key",),
    ("postcode_start",),
)
_EXTRA_MOST = 15


def maker(backend: BaseBackend) -> str:
    """Whose fingerprints and keys these are: they mean the same as long as engine, comparisons and blocks are the same."""
    blocks_now = hashlib.sha256(repr(BLOCKS).encode()).hexdigest()[:12]
    return f"{backend.name} {backend.version} {DEFINITION} {blocks_now}"


def blocks(comparable: ir.Table) -> tuple[Block, ...]:
    """`BLOCKS`, and those for the table's further evidence."""
    return BLOCKS + tuple(
        Block((extra, *others), _EXTRA_MOST) for extra in extras(comparable) for others in _EXTRA_BLOCKS
    )


def key(block: int) -> str:
    """The column of `keys` for a block (its place in `blocks`)."""
    return f"key_{block}"


def keys(comparable: ir.Table) -> ir.Table:
    """What records are blocked by: record_id and a column for each block (`key`) with a number of 31 bits for the
    values, null where one of them is unknown."""
    parts = _parts(comparable)
    return comparable.select(
        "record_id", **{key(at): _key(parts, block) for at, block in enumerate(blocks(comparable))}
    )


def _key(parts: Mapping[str, ir.Value], block: Block) -> ir.Value:
    texts = (parts[name].cast("string") for name in block.columns)
    whole = functools.reduce(lambda left, right: left + "|" + right, texts)
    return ibis.ifelse(whole.isnull(), ibis.null("int32"), number_code(whole))


def crowds(keys: ir.Table) -> ir.Table:
    """How many keys of each block are shared by how many records: block, size, keys."""
    counted = []
    for block in range(len(keys.columns) - 1):
        sizes = _sizes(keys, block)
        shared = sizes.filter(sizes.size > 1)
        counted.append(
            shared.group_by("size").aggregate(keys=shared.count()).mutate(block=ibis.literal(block))
        )
    return ibis.union(*counted)


def blocked(keys: ir.Table, block: int, most: int) -> ir.Table:
    """The pairs of records that share a key of a block which at most so many share: join_key_l < join_key_r (ids)."""
    own = keys.select("record_id", key=keys[key(block)])
    sizes = _sizes(keys, block)
    shared = own.join(sizes.filter(sizes.size > 1, sizes.size <= most), "key")
    left = shared.select("key", join_key_l="record_id")
    right = shared.select("key", join_key_r="record_id")
    pairs = left.join(right, ["key", left.join_key_l < right.join_key_r])
    return pairs.select("join_key_l", "join_key_r")


def _sizes(keys: ir.Table, block: int) -> ir.Table:
    """How many records share each key of a block: key, size."""
    known = keys.select(key=keys[key(block)]).filter(lambda row: row.key.notnull())
    return known.group_by("key").aggregate(size=known.count())


def candidates(blocked: Sequence[ir.Table]) -> ir.Table:
    """The pairs worth comparing, each once: the pairs of all blocks (one or more), with match_key."""
    first, *others = blocked
    every = ibis.union(first, *others, distinct=True) if others else first
    return every.mutate(match_key=ibis.literal("0"))


def true_candidates(candidates: ir.Table, truth: ir.Table) -> ir.IntegerScalar:
    """How many candidates are of one person. `truth`: record_id and `truth`, a code; records not in it don't count."""
    left = truth.select(join_key_l="record_id", of_left="truth")
    right = truth.select(join_key_r="record_id", of_right="truth")
    told = candidates.join(left, "join_key_l").join(right, "join_key_r")
    return told.filter(told.of_left == told.of_right).count()


def _parts(comparable: ir.Table) -> dict[str, ir.Value]:
    given, surname = comparable.given_key, comparable.surname_key
    first, last = given.substr(0, 1), surname.substr(0, 1)
    return {
        **{name: comparable[name] for name in (*COMPARED, *extras(comparable))},
        "names": ibis.least(given, surname) + " " + ibis.greatest(given, surname),
        "names_start": surname.substr(0, 4) + " " + given.substr(0, 3),
        "given_initial": first,
        "surname_initial": last,
        "initials": ibis.least(first, last) + ibis.greatest(first, last),
        "given_start": given.substr(0, 3),
        "surname_start": surname.substr(0, 3),
        "given_sound": comparable.given_sound,
        "surname_sound": comparable.surname_sound,
        "postcode_start": comparable.postcode.substr(0, comparable.postcode.length() - 2),
        "email_start": comparable.email_key.substr(0, 6),
        "birth_day_of_year": comparable.birth_month * 100 + comparable.birth_day,
    }
