"""The profile of every living person: for each field the value of the list that wins, and its origin.

Every record gets, for each group of fields, one whole number: the place of its batch, its line, and the batch's
ordinal, in that order of weight. A field's value is the one beside the smallest number among the records that
give any, and the ordinal inside that number tells the origin. So a profile is a few aggregations, without a
sort or a window, and without ties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from commonweal.people import rules
from commonweal.people.errors import TooManyBatches
from commonweal.people.model import ListBatch
from commonweal.store.catalogue import LAKE, PERSON_FIELDS

_ORDINALS = rules.MOST_BATCHES
_PLACE = _ORDINALS * rules.MOST_LINES  # one place in a group's order, in units of the key
_SECOND_CHOICE = _ORDINALS * _PLACE  # behind every place

_FIELD_BY_FIELD = ("name", "sex", "registration", "area", "email", "phone", "household")

Keep = Callable[[ir.Table], ir.Table]

LOCATED = pa.schema([("record_id", pa.int64()), ("located_area", pa.string())])


@dataclass(frozen=True)
class Sources:
    """What profiles are made of: records, who they belong to, and their batches.

    records, votes, attributes: the tables of intake, as they are. members: for each living record (record_id,
    batch_id) its person_id, and whether it is `active`. A record that is gone from its list tells of the past only:
    its votes count, and a "no" to being contacted; who has no active record has no profile. located: the area of
    records that carry a place but no area code (record_id, located_area).
    """

    records: ir.Table
    votes: ir.Table
    attributes: ir.Table
    members: ir.Table
    households: ir.Table
    batches: Sequence[ListBatch]
    preferences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    located: pa.Table = field(default_factory=LOCATED.empty_table)

    def __post_init__(self) -> None:
        rules.check_preferences(self.preferences)
        if len(self.batches) > rules.MOST_BATCHES:
            raise TooManyBatches(batches=len(self.batches), limit=rules.MOST_BATCHES)

    @property
    def targets(self) -> list[str]:
        """All that a value can be: the fields of a person, then every vote and attribute that a mapping names."""
        named = {target for batch in self.batches for target in batch.columns if ":" in target}
        return [*PERSON_FIELDS, *sorted(named)]


def profile(sources: Sources, keep: Keep = lambda part: part) -> ir.Table:
    """people.profile: one row a person with at least one living record.

    `keep` may have each part computed and held before all are joined (`ir.Table.cache`): at a million persons
    that is three times quicker than one query, whose engine would hold all parts at once.
    """
    everything = _rows(sources)
    rows = everything.filter(everything.active)
    address = keep(_address(rows))
    parts = [
        *(keep(_fields(rows, group)) for group in _FIELD_BY_FIELD),
        keep(_households(sources, rows)),
        keep(_birth(rows)),
        address,
        keep(_location(rows, address, sources.located)),
        keep(_consents(everything)),
        keep(_tags(rows)),
    ]
    people = reduce(_beside, parts, keep(_found(rows)))
    return _as_declared(_with_origins(_with_located_area(people), sources.targets), "people.profile")


def _beside(left: ir.Table, right: ir.Table) -> ir.Table:
    return left.left_join(right, "person_id").drop("person_id_right")


def _with_located_area(people: ir.Table) -> ir.Table:
    """Where no list names the area, the polygon around the person's place does; its origin is the place's."""
    located = ibis.ifelse(people.located_area.notnull(), people.latitude_place, ibis.null("int64"))
    return people.mutate(
        area_code=ibis.coalesce(people.area_code, people.located_area),
        area_code_place=ibis.coalesce(people.area_code_place, located),
    )


def _with_origins(people: ir.Table, targets: Sequence[str]) -> ir.Table:
    return people.mutate(
        **{
            f"{name}_origin": _origin(people[f"{name}_place"], len(targets), targets.index(name))
            for name in PERSON_FIELDS
        }
    )


def votes(sources: Sources) -> ir.Table:
    """people.vote: one row a person and election; of two answers the better list's holds."""
    members = sources.members
    known = members.semi_join(members.filter(members.active).select("person_id").distinct(), "person_id")
    told = _told(sources, sources.votes.filter(sources.votes.voted.notnull()), known)
    key = _key(told, told.place_votes)
    chosen = told.group_by("person_id", "election").agg(voted=told.voted.argmin(key), key=key.min())
    targets = sources.targets
    places = {t.removeprefix("vote:"): place for place, t in enumerate(targets) if t.startswith("vote:")}
    return _as_declared(_with_origin(chosen, "election", places, len(targets)), "people.vote")


def attributes(sources: Sources) -> ir.Table:
    """people.attribute: one row a person and attribute, text and number from one record."""
    given = sources.attributes.filter(sources.attributes.text.notnull() | sources.attributes.number.notnull())
    told = _told(sources, given, sources.members.filter(sources.members.active))
    key = _key(told, told.place_attributes)
    numeric = told.number.notnull()
    chosen = told.group_by("person_id", "name").agg(
        text=told.text.fill_null("").argmin(key),
        number=told.number.argmin(key, where=numeric),
        number_key=key.min(where=numeric),
        key=key.min(),
    )
    chosen = chosen.mutate(
        text=chosen.text.nullif(""),
        number=ibis.ifelse(chosen.number_key == chosen.key, chosen.number, ibis.null("float64")),
    )
    targets = sources.targets
    named = ((place, t) for place, t in enumerate(targets) if ":" in t and not t.startswith("vote:"))
    places = {t.removeprefix("attribute:"): place for place, t in named}  # "arm:…", "outcome:…" stay whole
    return _as_declared(_with_origin(chosen, "name", places, len(targets)), "people.attribute")


def _told(sources: Sources, values: ir.Table, members: ir.Table) -> ir.Table:
    """Votes or attributes of these members' records, with the record's line and the places of its batch."""
    lines = sources.records.select("record_id", "batch_id", "line")
    told = values.join(members.drop("active"), ["record_id", "batch_id"]).join(
        lines, ["record_id", "batch_id"]
    )
    return told.join(_places(sources), "batch_id")


def origins(sources: Sources) -> pa.Table:
    """people.origin: what each origin number stands for; every batch times every target that it gives."""
    targets = sources.targets
    rows = [
        _origin_row(batch, target, ordinal * len(targets) + place)
        for ordinal, batch in enumerate(sources.batches)
        for place, target in enumerate(targets)
        if target in PERSON_FIELDS or target in batch.columns
    ]
    return pa.Table.from_pylist(rows, schema=LAKE["people.origin"].schema)


def _origin_row(batch: ListBatch, target: str, origin: int) -> dict[str, object]:
    column = rules.column_of(batch.columns, target)
    return {
        "origin": origin,
        "batch_id": batch.batch_id,
        "source": batch.source,
        "column": column.name if column else None,
        "purpose": column.purpose if column else batch.purpose,
        "legal_basis": column.legal_basis if column else batch.legal_basis,
    }


def batch_table(batches: Sequence[ListBatch], preferences: Mapping[str, Sequence[str]]) -> pa.Table:
    """One row a batch: its ordinal, its place in each group's order, and its places for consent."""
    places = {f"place_{name}": rules.ranks(batches, name, preferences.get(name, ())) for name in rules.GROUPS}
    consent = rules.consent_ranks(batches)
    rows = [
        {
            "batch_id": batch.batch_id,
            "ordinal": ordinal,
            **{name: found[batch.batch_id] for name, found in places.items()},
            "place_no": consent[batch.batch_id, "no"],
            "place_yes": consent[batch.batch_id, "yes"],
        }
        for ordinal, batch in enumerate(batches)
    ]
    names = ("ordinal", *places, "place_no", "place_yes")
    schema = pa.schema([("batch_id", pa.int32()), *((name, pa.int64()) for name in names)])
    return pa.Table.from_pylist(rows, schema=schema)


def _places(sources: Sources) -> ir.Table:
    return ibis.memtable(batch_table(sources.batches, sources.preferences))


def _rows(sources: Sources) -> ir.Table:
    """Every living record that belongs to a person, with the places of its batch."""
    members = sources.records.join(sources.members, ["record_id", "batch_id"])
    return members.join(_places(sources), "batch_id")


def _key(rows: ir.Table, place: ir.IntegerValue) -> ir.IntegerValue:
    line = ibis.least(rows.line, ibis.literal(rules.MOST_LINES - 1, "int64"))
    return place * _PLACE + line * _ORDINALS + rows.ordinal


def _found(rows: ir.Table) -> ir.Table:
    found = rows.group_by("person_id").agg(
        records=rows.count().cast("int32"),
        sources=rows.source.nunique().cast("int32"),
        lists=rows.source.collect(distinct=True),
    )
    return found.mutate(lists=found.lists.sort())


def _households(sources: Sources, rows: ir.Table) -> ir.Table:
    living = rows.select("person_id").distinct()
    homes = sources.households.select("person_id", "household_id").semi_join(living, "person_id")
    sizes = homes.group_by("household_id").agg(household_size=homes.count().cast("int32"))
    return homes.join(sizes, "household_id")


def _fields(rows: ir.Table, group: str) -> ir.Table:
    """Each field of a group by itself, from the best record that gives it."""
    key = _key(rows, rows[f"place_{group}"])
    chosen: dict[str, ir.Value] = {}
    for name in rules.GROUPS[group].fields:
        known = rows[name].notnull()
        chosen[name] = rows[name].argmin(key, where=known)
        chosen[f"{name}_place"] = key.min(where=known)
        for folded in (folded for folded, of in rules.KEY_OF.items() if of == name):
            chosen[folded] = rows[folded].fill_null("").argmin(key, where=known).nullif("")
    return rows.group_by("person_id").agg(**chosen)


def _birth(rows: ir.Table) -> ir.Table:
    """The year of the best record; the date of the best record that has one, if it lies in that year."""
    key = _key(rows, rows.place_birth)
    year = ibis.coalesce(rows.birth_date.year().cast("int16"), rows.birth_year)
    dated = rows.birth_date.notnull()
    chosen = rows.group_by("person_id").agg(
        birth_year=year.argmin(key, where=year.notnull()),
        birth_year_place=key.min(where=year.notnull()),
        date=rows.birth_date.argmin(key, where=dated),
        date_place=key.min(where=dated),
    )
    agrees = chosen.date.year() == chosen.birth_year
    return chosen.select(
        "person_id",
        "birth_year",
        "birth_year_place",
        birth_date=ibis.ifelse(agrees, chosen.date, ibis.null("date")),
        birth_date_place=ibis.ifelse(agrees, chosen.date_place, ibis.null("int64")),
    )


def _address(rows: ir.Table) -> ir.Table:
    """A whole address from one record: the best that names a street, else the best with a city or postcode."""
    with_street = rows.street.notnull()
    rows = rows.filter(with_street | rows.city.notnull() | rows.postcode.notnull())
    key = _key(rows, rows.place_address) + ibis.ifelse(rows.street.notnull(), 0, _SECOND_CHOICE)
    folded = [name for name, of in rules.KEY_OF.items() if of in rules.GROUPS["address"].fields]
    names = [*rules.GROUPS["address"].fields, *folded]
    # Engines differ in whether argmin passes over nulls, so no null is left for it.
    chosen = rows.group_by("person_id").agg(
        address_place=key.min(), **{name: rows[name].fill_null("").argmin(key) for name in names}
    )
    place = chosen.address_place
    known = {name: chosen[name].nullif("") for name in names}
    places = {
        f"{name}_place": ibis.ifelse(known[name].notnull(), place, ibis.null("int64"))
        for name in rules.GROUPS["address"].fields
    }
    return chosen.select("person_id", **known, **places)


def _location(rows: ir.Table, address: ir.Table, located: pa.Table) -> ir.Table:
    """The place of the chosen address: from a record of that very address, else from one that names none."""
    rows = rows.filter(rows.latitude.notnull() & rows.longitude.notnull())
    rows = rows.left_join(ibis.memtable(located, schema=ibis.Schema.from_pyarrow(LOCATED)), "record_id")
    rows = rows.drop("record_id_right")
    home = address.select("person_id", home=address.address_key)
    rows = rows.left_join(home, "person_id").drop("person_id_right")
    same = (rows.address_key == rows.home).fill_null(False)
    rows = rows.mutate(same=same).filter(same | rows.address_key.isnull() | rows.home.isnull())
    key = _key(rows, rows.place_location) + ibis.ifelse(rows.same, 0, _SECOND_CHOICE)
    chosen = rows.group_by("person_id").agg(
        latitude=rows.latitude.argmin(key),
        longitude=rows.longitude.argmin(key),
        located_area=rows.located_area.fill_null("").argmin(key),
        latitude_place=key.min(),
    )
    return chosen.mutate(located_area=chosen.located_area.nullif(""), longitude_place=chosen.latitude_place)


def _consents(rows: ir.Table) -> ir.Table:
    """The strictest word on each channel (see `rules`); a list that dropped the person can still say no."""
    chosen: dict[str, ir.Value] = {}
    for name in rules.CONSENTS:
        key = _key(rows, ibis.ifelse(rows[name] == "no", rows.place_no, rows.place_yes))
        known = rows[name].notnull() & (rows.active | (rows[name] == "no"))
        chosen[name] = rows[name].argmin(key, where=known)
        chosen[f"{name}_place"] = key.min(where=known)
    return rows.group_by("person_id").agg(**chosen)


def _tags(rows: ir.Table) -> ir.Table:
    tagged = rows.filter(rows.tags.notnull())
    each = tagged.select("person_id", tag=tagged.tags.unnest()).distinct()
    found = each.group_by("person_id").agg(tags=each.tag.collect())
    return found.mutate(tags=found.tags.sort())


def _origin(key: ir.IntegerValue, stride: int, place: int) -> ir.IntegerValue:
    return ((key % _ORDINALS) * stride + place).cast("int32")


def _with_origin(chosen: ir.Table, name: str, places: Mapping[str, int], stride: int) -> ir.Table:
    """Adds `origin`: null where no mapping names the vote or attribute (its place among the targets)."""
    schema = pa.schema([(name, pa.string()), ("place", pa.int64())])
    table = pa.table({name: list(places), "place": list(places.values())}, schema=schema)
    chosen = chosen.left_join(ibis.memtable(table), name).drop(f"{name}_right")
    return chosen.mutate(origin=((chosen.key % _ORDINALS) * stride + chosen.place).cast("int32"))


def _as_declared(table: ir.Table, name: str) -> ir.Table:
    return table.select(*LAKE[name].schema.names)
