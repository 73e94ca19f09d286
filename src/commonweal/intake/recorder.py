"""Rows to records: a mapping made ready for one file, and applied to its chunks.

Reading is pure and knows nothing of other rows: chunks can be read in any order, at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.hashing import Hashes, hash_rows, hash_text
from commonweal.intake.keys import Flags, column_keys
from commonweal.intake.model import Column, DateOrder, Mapping
from commonweal.intake.normalise import addresses, dates, emails, names
from commonweal.intake.normalise.text import Text, clean, join
from commonweal.intake.records import Records, Terms
from commonweal.intake.rules import CONSENTS, is_joined, resolve_headers
from commonweal.intake.targets import TargetReader, by_country, either
from commonweal.store.catalogue import PERSON_FIELDS

_NAMING = {"given_name", "given_names", "surname", "birth_surname", "full_name"}


@dataclass(frozen=True)
class Recorder:
    """A mapping made ready for one file: what the mapping leaves open (the order of dates or names) is decided."""

    mapping: Mapping
    region: str
    as_of: date
    headers: dict[str, str]  # of the mapping -> of the file
    oldest: int = dates.OLDEST  # years that anybody on the list may have

    def read(self, batch: pa.RecordBatch) -> Records:
        """What the rows of a chunk say."""
        found = Records(batch.num_rows)
        targets, terms = self.mapping.targets(), self.terms
        for target in sorted(
            targets, key=lambda target: target != "country"
        ):  # how others are read depends on it
            headers = targets[target]
            columns = [self.mapping.columns[header] for header in headers]
            cells = [self._cells(batch, header) for header in headers]
            if is_joined(target):
                TargetReader(terms, found, headers[0], columns[0], _joined(cells, columns[0])).read(target)
                continue
            for header, column, own in zip(headers, columns, cells, strict=True):
                TargetReader(terms, found, header, column, own).read(target)
        _constants(found, self.mapping.constants)
        _complete(found)
        found.empty = self._empty(batch)
        found.nobody = self._nobody(found)
        key = [self._cells(batch, header) for header in self.mapping.key]
        if key:
            found.key = column_keys(key)
            found.key_hashes = hash_text(found.key)
        found.keys = match_keys(found, self.country)
        found.hashes = _hashes(found)
        return found

    @property
    def terms(self) -> Terms:
        """How the cells are meant."""
        mapped = self.mapping.targets()
        whole = "house_number" not in mapped
        return Terms(self.country, self.as_of, self.date_order, whole, self.oldest)

    @property
    def country(self) -> str:
        """The country whose way of writing addresses and numbers is meant."""
        return self.mapping.constants.get("country", self.region).upper()

    @property
    def date_order(self) -> DateOrder:
        """The order of dates where a column names none."""
        return self.mapping.format.date_order or ("mdy" if self.country == "US" else "dmy")

    def _cells(self, batch: pa.RecordBatch, header: str) -> Text:
        name = self.headers[header]
        at = batch.schema.get_field_index(name)
        return batch.column(at) if at >= 0 else pa.nulls(batch.num_rows, pa.string())

    def _empty(self, batch: pa.RecordBatch) -> Flags:
        """Which rows have nothing, or blanks only, in any mapped cell."""
        mapped = [self._cells(batch, h) for h, column in self.mapping.columns.items() if column.target]
        letters = np.zeros(batch.num_rows, np.int64)
        for cells in mapped:
            letters += np.asarray(pc.fill_null(pc.binary_length(cells), 0))
        empty = letters == 0
        scarce = np.flatnonzero((letters > 0) & (letters < 4 * len(mapped)))
        if len(scarce):
            rows = pa.array(scarce)
            few = [cells.take(rows) for cells in mapped]
            whole = pc.binary_join_element_wise(*few, "", null_handling="replace", null_replacement="")
            empty[scarce] = ~np.asarray(pc.match_substring_regex(whole, r"\S"))
        return np.asarray(empty, bool)

    def _nobody(self, found: Records) -> Flags:
        """Which rows of a list of named people have no name, and nothing else to reach a person by."""
        if not _NAMING & self.mapping.targets().keys():
            return np.zeros(found.rows, bool)
        known = np.zeros(found.rows, bool)
        for name in ("given_name", "surname", "birth_surname", "email", "phone"):
            if name in found.fields:
                known |= np.asarray(pc.is_valid(found.fields[name]))
        return ~known


def prepare(
    mapping: Mapping,
    headers: tuple[str, ...],
    first: pa.RecordBatch,
    region: str,
    as_of: date,
    oldest: int = dates.OLDEST,
) -> Recorder:
    """Make a mapping ready for a file with these headers, of which `first` holds the first rows.

    Every header of the mapping that matters must be among the file's (see `actions`).
    """
    resolved = resolve_headers(mapping.columns, headers)
    known = {header: found or header for header, found in resolved.items()}
    recorder = Recorder(mapping, region, as_of, known)
    columns = dict(mapping.columns)
    for header, column in mapping.columns.items():
        cells = recorder._cells(first, header)
        if column.order is None and column.target == "full_name":
            columns[header] = msgspec.structs.replace(column, order=names.name_order(cells))
        elif column.order is None and mapping.format.date_order is None and _is_date(column):
            columns[header] = msgspec.structs.replace(
                column, order=dates.date_order(cells, recorder.date_order)
            )
    return Recorder(msgspec.structs.replace(mapping, columns=columns), region, as_of, known, oldest)


def _is_date(column: Column) -> bool:
    return column.target == "birth_date" or column.type == "date"


def _joined(cells: list[Text], column: Column) -> Text:
    if len(cells) == 1:
        return cells[0]
    glue = column.glue if column.glue is not None else ";" if column.target == "tags" else " "
    return join([clean(each) for each in cells], glue)


def _constants(found: Records, constants: dict[str, str]) -> None:
    for target, value in constants.items():
        text = pa.array([value], pa.string())
        filled = pa.repeat(text[0], found.rows).cast(PERSON_FIELDS[target])
        found.fields[target] = either(found.fields.get(target), filled)


def _complete(found: Records) -> None:
    """What follows from other fields: a surname from the birth name, refusals of all channels, no half coordinates."""
    fields = found.fields
    if found.refused is not None:
        for consent in CONSENTS:
            fields[consent] = either(found.refused, fields.get(consent))
    if "birth_surname" in fields:
        fields["surname"] = either(fields.get("surname"), fields["birth_surname"])
    if "latitude" in fields and "longitude" in fields:
        both = pc.and_(pc.is_valid(fields["latitude"]), pc.is_valid(fields["longitude"]))
        nowhere = pc.and_(pc.equal(fields["latitude"], 0), pc.equal(fields["longitude"], 0))
        good = pc.and_not(both, pc.fill_null(nowhere, False))
        for name in ("latitude", "longitude"):
            fields[name] = pc.if_else(good, fields[name], None)


def match_keys(found: Records, country: str) -> dict[str, Text]:
    """The folded texts that records are matched and searched by."""

    def get(name: str) -> Text:
        return found.fields.get(name, pa.nulls(found.rows, pa.string()))

    def read(arrays: list[pa.Array], country: str) -> list[pa.Array]:
        place = addresses.keys(arrays[0], arrays[1], arrays[2], arrays[3], country)
        return [place.street, place.city, place.address]

    parts = [get(name) for name in ("house_number", "street", "postcode", "city")]
    street, city, address = by_country(found.fields.get("country"), country, parts, read)
    return {
        "given_key": names.name_keys(get("given_name")),
        "surname_key": names.name_keys(get("surname")),
        "birth_surname_key": names.name_keys(get("birth_surname")),
        "street_key": street,
        "city_key": city,
        "address_key": address,
        "email_key": emails.email_keys(get("email")),
    }


def _hashes(found: Records) -> Hashes:
    """What each row says, in 64 bits: the same for the same values under any mapping of the same targets."""
    values: dict[str, pa.Array] = {name: found.fields[name] for name in PERSON_FIELDS if name in found.fields}
    values |= {f"vote:{name}": found.votes[name] for name in sorted(found.votes)}
    values |= {
        f"attribute:{each.name}": each.text for each in sorted(found.attributes, key=lambda each: each.name)
    }
    if found.tags is not None:
        values["tags"] = pc.binary_join(found.tags, "\x1d")
    if not values:
        return np.zeros(found.rows, np.int64)
    return hash_rows(list(values.values()), salt=",".join(values))
