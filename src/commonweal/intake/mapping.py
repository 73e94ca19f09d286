"""Mapping files: read, written with comments for whoever corrects them, and their version."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from tomlkit.items import InlineTable

from commonweal.campaign import NotWritable
from commonweal.intake import rules
from commonweal.intake.errors import MappingUnreadable
from commonweal.intake.model import Column, Format, Mapping
from commonweal.store import disk
from commonweal.store.catalogue import PERSON_FIELDS

# Raise it when the same cells are read differently: an import of the same file then replaces the older batch.
RULES_VERSION = 2


def version(mapping: Mapping) -> str:
    """16 hex digits that change whenever the mapping, or the way in which cells are read, says something else.

    The list's name and the order of the columns don't count.
    """
    plain = msgspec.structs.replace(mapping, list_name="", columns=dict(sorted(mapping.columns.items())))
    content = msgspec.json.encode([RULES_VERSION, plain], order="deterministic")
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def path_of(folder: Path, source: str) -> Path:
    """Where the mapping of a source lies in a campaign's folder."""
    return folder / "sources" / f"{source}.toml"


def read(path: Path) -> Mapping:
    """The mapping in a file, checked. Raises MappingUnreadable, and what `rules.check` raises."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingUnreadable(path=path, reason=error) from error
    return parse(text, path, path.stem)


class Corrections(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says about a guessed mapping: the columns that mean something else, the format, constants."""

    format: Format = Format()
    constants: dict[str, str] = {}
    columns: dict[str, Column] = {}

    def applied_to(self, mapping: Mapping) -> Mapping:
        """The mapping, corrected. A corrected column that the list lacks is left out; a target that another column
        is said to have is taken from the one that was guessed to have it."""
        found = rules.resolve_headers(self.columns, tuple(mapping.columns))
        told = {own: self.columns[header] for header, own in found.items() if own is not None}
        given = {column.target for column in told.values()}
        kept = {h: Column() if column.target in given else column for h, column in mapping.columns.items()}
        format_ = {
            name: value
            for name in Format.__struct_fields__
            if (value := getattr(self.format, name)) is not None
        }
        return msgspec.structs.replace(
            mapping,
            format=msgspec.structs.replace(mapping.format, **format_),
            constants=mapping.constants | self.constants,
            columns={**kept, **told},
        )


def read_corrections(path: Path) -> Corrections:
    """What a mapping file says, which need not say all. Raises MappingUnreadable."""
    try:
        data = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
        return msgspec.convert(_spelt(data), Corrections)
    except (OSError, UnicodeDecodeError, tomlkit.exceptions.TOMLKitError, msgspec.ValidationError) as error:
        raise MappingUnreadable(path=path, reason=error) from error


def parse(text: str, path: Path, source: str) -> Mapping:
    """The mapping that a TOML text says, checked; `path` and `source` name it in errors."""
    try:
        data = tomlkit.parse(text).unwrap()
        mapping = from_data(data)
    except (tomlkit.exceptions.TOMLKitError, msgspec.ValidationError) as error:
        raise MappingUnreadable(path=path, reason=error) from error
    rules.check(source, mapping)
    return mapping


def from_data(data: dict[str, Any]) -> Mapping:
    """A mapping from plain data, where a column may be just its target. Raises msgspec.ValidationError."""
    return msgspec.convert(_spelt(data), Mapping)


def _spelt(data: dict[str, Any]) -> dict[str, Any]:
    """The data with each column that is just its target spelt out."""
    columns = data.get("columns", {})
    if not isinstance(columns, dict):
        return data
    spelt = {name: {"target": each} if isinstance(each, str) else each for name, each in columns.items()}
    return {**data, "columns": spelt}


def to_data(mapping: Mapping) -> dict[str, Any]:
    """A mapping as plain data (for the ledger, for --json)."""
    data = msgspec.to_builtins(mapping)
    assert isinstance(data, dict)
    return data


def write(path: Path, mapping: Mapping, found: Format) -> None:
    """Write a mapping, whole or not at all; `found` is how the file was read, told in comments. Raises NotWritable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace(path, as_toml(mapping, found).encode())
    except OSError as error:
        raise NotWritable(folder=path.parent, reason=error.strerror or error) from error


def as_toml(mapping: Mapping, found: Format) -> str:
    """The mapping as TOML with comments."""
    document = tomlkit.document()
    document.add(
        tomlkit.comment("What this list is, and what its columns mean. Correct it and import the file again:")
    )
    document.add(
        tomlkit.comment("the rows are then read anew, and the batch that was read wrongly is replaced.")
    )
    document.add(tomlkit.nl())
    for key, help_text in _HEAD.items():
        item = tomlkit.item(_plain(getattr(mapping, "list_name" if key == "list" else key)))
        item.comment(help_text)
        document.add(key, item)
    document.add(tomlkit.nl())
    document.add("format", _format(mapping.format, found))
    if mapping.constants:
        constants = tomlkit.table()
        constants.comment("one value for all rows")
        for target, value in mapping.constants.items():
            constants.add(target, value)
        document.add("constants", constants)
    document.add("columns", _columns(mapping))
    return tomlkit.dumps(document)


_HEAD = {
    "list": "how people call it",
    "kind": "roll, signups, donors, canvass, append, experiment or other",
    "mode": "snapshot: the whole list each time, who is missing is inactive; delta: each file adds",
    "key": "the columns that tell rows apart; [] = the whole row",
    "origin": "official, given, observed, bought, synthetic or research",
    "purpose": "what the campaign may use it for",
    "legal_basis": "and by which law",
}


def _format(told: Format, found: Format) -> tomlkit.items.Table:
    table = tomlkit.table()
    for name in Format.__struct_fields__:
        value, seen = getattr(told, name), getattr(found, name)
        if value is not None:
            table.add(name, _plain(value))
        elif seen is not None:
            shown = tomlkit.item(_plain(seen)).as_string()
            table.add(tomlkit.comment(f"{name} = {shown}  # found; take the # away to insist on it"))
    return table


def _columns(mapping: Mapping) -> tomlkit.items.Table:
    table = tomlkit.table()
    fields = ", ".join([*PERSON_FIELDS, *rules.COMPOSITE, *(f"{prefix}:NAME" for prefix in rules.PREFIXES)])
    table.add(
        tomlkit.comment('"Column" = "target", or { target = "…", option = … }; "" leaves a column out.')
    )
    table.add(tomlkit.comment(f"Targets: {fields}"))
    for header, column in mapping.columns.items():
        table.add(tomlkit.key(header), _column(column))
    return table


def _column(column: Column) -> str | InlineTable:
    options = {
        name: value for name in Column.__struct_fields__ if (value := getattr(column, name)) is not None
    }
    if set(options) == {"target"}:
        return column.target
    table = tomlkit.inline_table()
    for name, value in options.items():
        table.add(name, _plain(value))
    return table


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
