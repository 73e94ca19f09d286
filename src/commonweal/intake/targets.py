"""One target of a mapping, read: cells to the values of a field, with what could not be taken as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.model import Column, DateOrder, NameOrder
from commonweal.intake.normalise import addresses, codes, dates, emails, names, phones
from commonweal.intake.normalise.text import Reading, Text, clean, tidy
from commonweal.intake.records import Attribute, Finding, Records, Terms
from commonweal.intake.rules import CONSENTS, Reason

CountryReader = Callable[[list[pa.Array], str], list[pa.Array]]

_NAMES = ("title", "given_name", "middle_name", "surname", "birth_surname")
_IDENTIFIERS = ("registration_number", "household_key", "area_code")
_COMMA_IS_DECIMAL = ("FR", "BE", "DE", "ES", "IT", "NL", "PT", "AT", "LU", "PL", "SE", "DK", "FI", "NO")


@dataclass(frozen=True)
class TargetReader:
    """One target of one chunk."""

    terms: Terms
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
        elif target == "do_not_contact":
            self._refuse_all()
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
            return self._phones()
        if target == "country":
            return addresses.countries(cells)
        if target in ("latitude", "longitude"):
            return codes.coordinates(cells, 90 if target == "latitude" else 180)
        assert target in CONSENTS, target
        reading = codes.yes_no(cells, column.yes, column.no, Reason.UNREADABLE_CONSENT)
        return Reading(codes.refusals(reading.values), reading.reasons) if column.refusal else reading

    def _phones(self) -> Reading:
        if self.column.region:
            return phones.phones(self.cells, self.column.region.upper())

        def read(arrays: list[pa.Array], country: str) -> list[pa.Array]:
            reading = phones.phones(arrays[0], country)
            none = pa.nulls(len(arrays[0]), pa.string())
            return [reading.values, none if reading.reasons is None else reading.reasons]

        values, reasons = self._by_country([self.cells], read)
        return Reading(values, reasons)

    def _by_country(self, arrays: list[pa.Array], read: CountryReader) -> list[pa.Array]:
        return by_country(self.found.fields.get("country"), self.terms.country, arrays, read)

    def _name(self, target: str) -> None:
        fields = self.found.fields
        if target == "full_name":
            order: NameOrder = "surname_first" if self.column.order == "surname_first" else "given_first"
            for name, values in names.full_names(self.cells, order).items():
                fields[name] = either(fields.get(name), values)
        elif target == "given_names":
            first, rest = names.given_names(self.cells)
            fields["given_name"] = either(fields.get("given_name"), first)
            fields["middle_name"] = either(fields.get("middle_name"), rest)
        else:
            values = names.suffixes(self.cells) if target == "name_suffix" else names.names(self.cells)
            fields[target] = either(values, fields.get(target))

    def _address(self, target: str) -> None:
        fields = self.found.fields
        if target == "address_line" or (target == "street" and self.terms.whole_streets):
            parts = self._by_country(
                [self.cells], lambda arrays, country: list(_address_parts(arrays[0], country))
            )
            for name, values in zip(addresses.ADDRESS_PARTS, parts, strict=True):
                fields[name] = either(fields.get(name), values)
            return
        if target == "postcode":
            read = self._by_country(
                [self.cells], lambda arrays, country: [addresses.postcodes(arrays[0], country)]
            )
            values = read[0]
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
        fields[target] = either(values, fields.get(target))

    def _birth(self, target: str) -> None:
        fields, as_of = self.found.fields, self.terms.as_of
        if target == "birth_date":
            reading, years = dates.birth_dates(self.cells, self._order, as_of, self.terms.oldest)
            fields["birth_year"] = either(fields.get("birth_year"), years)
            self._keep("birth_date", reading)
            return
        year = as_of.year
        reading = (
            codes.birth_years(self.cells, year, self.terms.oldest)
            if target == "birth_year"
            else codes.years_from_ages(self.cells, year)
        )
        self._note(reading)
        if target == "birth_year":
            fields[target] = either(reading.values, fields.get(target))
        else:
            fields["birth_year"] = either(fields.get("birth_year"), reading.values)

    @property
    def _order(self) -> DateOrder:
        order = self.column.order
        if order == "given_first" or order == "surname_first" or order is None:  # noqa: PLR1714 - mypy narrows so
            return self.terms.date_order
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
            reading = codes.numbers(self.cells, decimal_comma=self.terms.country in _COMMA_IS_DECIMAL)
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

    def _refuse_all(self) -> None:
        """Who is not to be contacted has refused every channel."""
        reading = codes.yes_no(self.cells, self.column.yes, self.column.no, Reason.UNREADABLE_CONSENT)
        self._note(reading)
        refused = codes.refusals(reading.values)
        self.found.refused = either(self.found.refused, refused)

    def _keep(self, target: str, reading: Reading) -> None:
        self._note(reading)
        self.found.fields[target] = either(self.found.fields.get(target), reading.values)

    def _note(self, reading: Reading) -> None:
        if reading.reasons is not None and reading.reasons.null_count < len(reading.reasons):
            self.found.findings.append(Finding(self.header, self.cells, reading.reasons))


def by_country(
    countries: Text | None, usual: str, arrays: list[pa.Array], read: CountryReader
) -> list[pa.Array]:
    """Read rows country by country, each in its own country's way; `usual` where a row names none."""
    if countries is None:
        return read(arrays, usual)
    encoded = pc.fill_null(countries, usual).dictionary_encode()
    names = encoded.dictionary.to_pylist()
    if len(names) <= 1:
        return read(arrays, names[0] if names else usual)
    codes_ = np.asarray(encoded.indices)
    order = np.argsort(codes_, kind="stable")
    edges = np.searchsorted(codes_[order], np.arange(len(names) + 1))
    pieces = [
        read([array.take(pa.array(order[begin:end])) for array in arrays], name)
        for name, begin, end in zip(names, edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
    back = pa.array(np.argsort(order, kind="stable"))
    return [pa.concat_arrays(list(part)).take(back) for part in zip(*pieces, strict=True)]


def _address_parts(cells: Text, country: str) -> Iterator[Text]:
    parts = addresses.address_lines(cells, country)
    return (parts[name] for name in addresses.ADDRESS_PARTS)


def either(first: pa.Array | None, second: pa.Array | None) -> pa.Array:
    """The first where it is known, else the second."""
    if first is None or second is None:
        return second if first is None else first
    return pc.coalesce(first, second)
