"""Mapping files: read back as they were written, whatever stands in a header."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.campaign import NotWritable
from commonweal.intake import mapping as mappings
from commonweal.intake.errors import MappingUnreadable, UnknownTarget
from commonweal.intake.model import Column, Format, Kind, Mapping, Mode

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
COLUMN = st.one_of(
    st.sampled_from(["surname", "", "email", "attribute:x y"]).map(lambda target: Column(target=target)),
    st.builds(
        Column,
        target=st.just("vote:2022"),
        yes=st.none() | st.tuples(TEXT),
        blank=st.sampled_from([None, "no", "unknown"]),
    ),
    st.builds(
        Column,
        target=st.just("sex"),
        codes=st.dictionaries(TEXT, st.sampled_from(["f", "m"]), min_size=1, max_size=2),
    ),
    st.builds(Column, target=st.just("street"), part=st.integers(1, 9), glue=st.none() | TEXT),
    st.builds(Column, target=st.just("phone"), region=st.just("FR")),
)
MAPPING = st.builds(
    Mapping,
    list_name=TEXT,
    kind=st.sampled_from(Kind),
    mode=st.sampled_from(Mode),
    purpose=TEXT,
    format=st.builds(
        Format, delimiter=st.sampled_from([None, ";", "\t"]), date_order=st.sampled_from([None, "dmy"])
    ),
    constants=st.sampled_from([{}, {"country": "FR"}]),
    columns=st.dictionaries(TEXT.filter(bool), COLUMN, max_size=5),
)


@given(MAPPING)
def test_what_is_written_is_read_back(mapping: Mapping) -> None:
    text = mappings.as_toml(mapping, Format(encoding="cp1252", delimiter=";", header=3))
    data = mappings.tomlkit.parse(text).unwrap()
    assert mappings.from_data(data) == mapping
    assert mappings.version(mappings.from_data(data)) == mappings.version(mapping)
    assert mappings.from_data(mappings.to_data(mapping)) == mapping


def test_the_version_is_of_what_is_meant() -> None:
    mapping = Mapping(list_name="A", columns={"x": Column(target="surname"), "y": Column(target="email")})
    same = Mapping(list_name="B", columns=dict(reversed(mapping.columns.items())))
    other = msgspec.structs.replace(mapping, columns={**mapping.columns, "y": Column(target="")})
    assert mappings.version(mapping) == mappings.version(same) != mappings.version(other)


def test_a_file_for_people(tmp_path: Path) -> None:
    mapping = Mapping(
        list_name="Roll", key=("N°",), columns={"N°": Column(), "Nom": Column(target="surname")}
    )
    path = tmp_path / "sources" / "roll.toml"
    mappings.write(path, mapping, Format(encoding="cp1252"))
    text = path.read_text()
    assert '# encoding = "cp1252"' in text
    assert '"N°" = ""' in text
    assert 'Nom = "surname"' in text
    assert mappings.read(path) == mapping


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("list = ", "line 1"),
        ('list = "x"\nkind = "voters"\n', "voters"),
        ('list = "x"\nfoo = 1\n', "foo"),
        ('kind = "roll"\n', "list"),
        ('list = "x"\n[columns]\na = 3\n', "columns"),
        ('list = "x"\n[format]\nheader = "one"\n', "header"),
    ],
)
def test_a_file_that_says_something_else(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "roll.toml"
    path.write_text(text)
    with pytest.raises(MappingUnreadable, match=said):
        mappings.read(path)


def test_a_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "roll.toml"
    path.write_text('list = "x"\n[columns]\na = "nam"\n')
    with pytest.raises(UnknownTarget):
        mappings.read(path)


def test_no_right_to_write(tmp_path: Path) -> None:
    (tmp_path / "sources").write_text("a file where the folder should be")
    with pytest.raises(NotWritable):
        mappings.write(tmp_path / "sources" / "roll.toml", Mapping(list_name="x"), Format())
