"""Rows to records: a mapping applied to a chunk of cells.

Reading is pure and knows nothing of other rows: chunks can be read in any order, at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.hashing import Hashes, hash_rows
from commonweal.intake.keys import Flags, column_keys
from commonweal.intake.model import Column, DateOrder, Mapping, NameOrder
from commonweal.intake.normalise import addresses, codes, dates, emails, names, phones
from commonweal.intake.normalise.text import Reading, Text, clean, join, tidy
from commonweal.intake.rules import CONSENTS, Reason, resolve_headers
from commonweal.store.catalogue import PERSON_FIELDS

_NAMES = ("title", "given_name", "middle_name", "surname", "birth_surname")
_NAMING = {"given_name", "given_names", "surname", "birth_surname", "full_name"}
_IDENTIFIERS = ("registration_number", "household_key", "area_code")
_COMMA_IS_DECIMAL = ("FR", "BE", "DE", "ES", "IT", "NL", "PT", "AT", "LU", "PL", "SE", "DK", "FI", "NO")


@dataclass(frozen=True)
class Finding:
    """Cells of one column that could not be taken as they came: reason codes, null where all is well."""

    column: str
    cells: Text
    reasons: Text


@dataclass(frozen=True)
class Attribute:
    """One further fact for each row, as text and, where it is a number, as a number."""

    name: str
    text: Text
    number: pa.Array


@dataclass
class Records:
    """What a chunk's rows say, column by column; every array has one entry a row."""

    rows: int
    fields: dict[str, pa.Array] = field(default_factory=dict)
    keys: dict[str, Text] = field(default_factory=dict)
    tags: pa.Array | None = None
    votes: dict[str, pa.BooleanArray] = field(default_factory=dict)
    attributes: list[Attribute] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    empty: Flags = field(default_factory=lambda: np.empty(0, bool))
    nobody: Flags = field(default_factory=lambda: np.empty(0, bool))
    key: Text | None = None
    hashes: Hashes = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True)
class Recorder:
    """A mapping made ready for one file: what the mapping leaves open (the order of dates or names) is decided."""

    mapping: Mapping
    region: str
    as_of: date
    headers: dict[str, str]  # of the mapping -> of the file

    def read(self, batch: pa.RecordBatch) -> Records:
        """What the rows of a chunk say."""
        found = Records(batch.num_rows)
        for target, headers in self.mapping.targets().items():
            column = self.mapping.columns[headers[0]]
            cells = [self._cells(batch, header) for header in headers]
            _Reader(self, found, headers[0], column, _joined(cells, column)).read(target)
        _constants(found, self.mapping.constants)
        _complete(found)
        found.empty = self._empty(batch)
        found.nobody = self._nobody(found)
        key = [self._cells(batch, header) for header in self.mapping.key]
        found.key = column_keys(key) if key else None
        found.keys = _match_keys(found, self.country)
        found.hashes = _hashes(found)
        return found

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
        """Which rows have nothing in any mapped cell."""
        mapped = [self._cells(batch, h) for h, column in self.mapping.columns.items() if column.target]
        whole = pc.binary_join_element_wise(*mapped, "", null_handling="replace", null_replacement="")
        return np.asarray(pc.invert(pc.match_substring_regex(whole, r"\S")), bool)

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
    mapping: Mapping, headers: tuple[str, ...], first: pa.RecordBatch, region: str, as_of: date
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
    return Recorder(msgspec.structs.replace(mapping, columns=columns), region, as_of, known)


def _is_date(column: Column) -> bool:
    return column.target == "birth_date" or column.type == "date"


def _joined(cells: list[Text], column: Column) -> Text:
    if len(cells) == 1:
        return cells[0]
    glue = column.glue if column.glue is not None else ";" if column.target == "tags" else " "
    return join([clean(each) for each in cells], glue)


@dataclass(frozen=True)
class _Reader:
    """One target of one chunk."""

    recorder: Recorder
    found: Records
    header: str
    column: Column
    cells: Text

    def read(self, target: str) -> None:
        """Read the cells as what the target says, into `found`."""
        if self.column.prefix:
            self._prefixed()
        elif target in addresses.ADDRESS_PARTS or target == "address_line":
            self._address(target)
        elif target in ("full_name", "given_names") or target in _NAMES or target == "name_suffix":
            self._name(target)
        elif target in ("birth_date", "birth_year", "age"):
            self._birth(target)
        elif target == "tags":
            self.found.tags = codes.tags(self.cells, self.column.separator)
        elif target in _IDENTIFIERS:
            self.found.fields[target] = tidy(self.cells) if target == "area_code" else clean(self.cells)
        else:
            self._keep(target, self._coded(target))

    def _coded(self, target: str) -> Reading:
        column, cells = self.column, self.cells
        if target == "sex":
            return codes.sexes(cells, column.codes)
        if target == "email":
            return emails.emails(cells)
        if target == "phone":
            return phones.phones(cells, (column.region or self.recorder.country).upper())
        if target == "country":
            return addresses.countries(cells)
        if target in ("latitude", "longitude"):
            return codes.coordinates(cells, 90 if target == "latitude" else 180)
        assert target in CONSENTS, target
        reading = codes.yes_no(cells, column.yes, column.no, Reason.UNREADABLE_CONSENT)
        return Reading(codes.invert(reading.values), reading.reasons) if column.invert else reading

    def _name(self, target: str) -> None:
        fields = self.found.fields
        if target == "full_name":
            order: NameOrder = "surname_first" if self.column.order == "surname_first" else "given_first"
            for name, values in names.full_names(self.cells, order).items():
                fields[name] = _either(fields.get(name), values)
        elif target == "given_names":
            first, rest = names.given_names(self.cells)
            fields["given_name"] = _either(fields.get("given_name"), first)
            fields["middle_name"] = _either(fields.get("middle_name"), rest)
        else:
            values = names.suffixes(self.cells) if target == "name_suffix" else names.names(self.cells)
            fields[target] = _either(values, fields.get(target))

    def _address(self, target: str) -> None:
        fields, country = self.found.fields, self.recorder.country
        if target == "address_line" or (target == "street" and not self._is_mapped("house_number")):
            for name, values in addresses.address_lines(self.cells, country).items():
                fields[name] = _either(fields.get(name), values)
            return
        if target == "postcode":
            values = addresses.postcodes(self.cells, country)
        elif target == "state":
            values = pc.utf8_upper(tidy(self.cells))
        elif target == "unit":
            values = tidy(self.cells)
        else:
            values = (
                addresses.house_numbers(self.cells)
                if target == "house_number"
                else addresses.streets(self.cells)
            )
        fields[target] = _either(values, fields.get(target))

    def _is_mapped(self, target: str) -> bool:
        return any(column.target == target for column in self.recorder.mapping.columns.values())

    def _birth(self, target: str) -> None:
        fields, as_of = self.found.fields, self.recorder.as_of
        if target == "birth_date":
            reading, years = dates.birth_dates(self.cells, self._order, as_of)
            fields["birth_year"] = _either(fields.get("birth_year"), years)
            self._keep("birth_date", reading)
            return
        year = as_of.year
        reading = (
            codes.birth_years(self.cells, year)
            if target == "birth_year"
            else codes.years_from_ages(self.cells, year)
        )
        self._note(reading)
        if target == "birth_year":
            fields[target] = _either(reading.values, fields.get(target))
        else:
            fields["birth_year"] = _either(fields.get("birth_year"), reading.values)

    @property
    def _order(self) -> DateOrder:
        order = self.column.order
        if order == "given_first" or order == "surname_first" or order is None:  # noqa: PLR1714 - mypy narrows so
            return self.recorder.date_order
        return order

    def _prefixed(self) -> None:
        column = self.column
        if column.prefix == "vote":
            reading = codes.votes(self.cells, column.yes, column.no, column.blank, column.other)
            self._note(reading)
            self.found.votes[column.name] = reading.values
            return
        name = column.name if column.prefix == "attribute" else column.target
        self.found.attributes.append(self._attribute(name))

    def _attribute(self, name: str) -> Attribute:
        none = pa.nulls(len(self.cells), pa.float64())
        kind = self.column.type
        if kind == "number":
            reading = codes.numbers(self.cells, decimal_comma=self.recorder.country in _COMMA_IS_DECIMAL)
            self._note(reading)
            return Attribute(
                name, pc.if_else(pc.is_valid(reading.values), tidy(self.cells), None), reading.values
            )
        if kind == "date":
            reading = dates.dates(self.cells, self._order)
            self._note(reading)
            return Attribute(name, reading.values.cast(pa.string()), none)
        if kind == "yesno":
            reading = codes.yes_no(self.cells, self.column.yes, self.column.no, Reason.UNKNOWN_CODE)
            self._note(reading)
            number = pc.if_else(
                pc.equal(reading.values, "yes"), 1.0, pc.if_else(pc.is_valid(reading.values), 0.0, None)
            )
            return Attribute(name, reading.values, number)
        return Attribute(name, tidy(self.cells), none)

    def _keep(self, target: str, reading: Reading) -> None:
        self._note(reading)
        self.found.fields[target] = reading.values

    def _note(self, reading: Reading) -> None:
        if reading.reasons is not None and reading.reasons.null_count < len(reading.reasons):
            self.found.findings.append(Finding(self.header, self.cells, reading.reasons))


def _either(first: pa.Array | None, second: pa.Array | None) -> pa.Array:
    """The first where it is known, else the second."""
    if first is None or second is None:
        return second if first is None else first
    return pc.coalesce(first, second)


def _constants(found: Records, constants: dict[str, str]) -> None:
    for target, value in constants.items():
        text = pa.array([value], pa.string())
        filled = pa.repeat(text[0], found.rows).cast(PERSON_FIELDS[target])
        found.fields[target] = _either(found.fields.get(target), filled)


def _complete(found: Records) -> None:
    """What follows from other fields: a surname from the birth name, no half coordinates."""
    fields = found.fields
    if "birth_surname" in fields:
        fields["surname"] = _either(fields.get("surname"), fields["birth_surname"])
    if "latitude" in fields and "longitude" in fields:
        both = pc.and_(pc.is_valid(fields["latitude"]), pc.is_valid(fields["longitude"]))
        nowhere = pc.and_(pc.equal(fields["latitude"], 0), pc.equal(fields["longitude"], 0))
        good = pc.and_not(both, pc.fill_null(nowhere, False))
        for name in ("latitude", "longitude"):
            fields[name] = pc.if_else(good, fields[name], None)


def _match_keys(found: Records, country: str) -> dict[str, Text]:
    def get(name: str) -> Text:
        return found.fields.get(name, pa.nulls(found.rows, pa.string()))

    place = addresses.keys(get("house_number"), get("street"), get("postcode"), get("city"), country)
    return {
        "given_key": names.name_keys(get("given_name")),
        "surname_key": names.name_keys(get("surname")),
        "birth_surname_key": names.name_keys(get("birth_surname")),
        "street_key": place.street,
        "city_key": place.city,
        "address_key": place.address,
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
