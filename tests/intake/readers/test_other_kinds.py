"""Excel, Parquet and JSON: recognised by content, read as text, cut files refused."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweal.errors import CommonwealError
from commonweal.intake.errors import (
    EmptyFile,
    FileCut,
    FileDamaged,
    FileTooLarge,
    NoSuchSheet,
    NotATable,
    TooManyColumns,
)
from commonweal.intake.model import FileKind, Format
from commonweal.intake.readers import OpenFile, excel, open_file
from commonweal.intake.rules import Reason

DAWN = datetime.fromisoformat("2026-05-01")  # as spreadsheets have it: without a zone
ONCE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def table(file: OpenFile) -> list[dict[str, Any]]:
    """All good rows, with their lines."""
    found: list[dict[str, Any]] = []
    for chunk in file.reader.chunks():
        found += [
            {"line": line} | row
            for line, row in zip(chunk.lines.tolist(), chunk.columns.to_pylist(), strict=True)
        ]
    return found


def reasons(file: OpenFile) -> dict[int, str]:
    return {row.line: row.reason for chunk in file.reader.chunks() for row in chunk.bad}


def workbook(path: Path, rows: list[list[Any]], title: str = "Dons") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.create_sheet("empty")
    book.save(path)
    return path


def test_excel(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "list.csv",  # the name lies
        [
            ["Dons 2026"],
            [],
            ["nom", "cp", "né le", "don", "oui"],
            ["Émile", 31000, date(1975, 3, 1), 12.5, True],
            [],
            ["Zoé", "01000", DAWN.replace(hour=8, minute=30), 3.0, False],
        ],
    )
    file = open_file(path)
    assert file.reader.format.kind is FileKind.EXCEL
    assert file.reader.headers == ("nom", "cp", "né le", "don", "oui")
    assert table(file) == [
        {"line": 4, "nom": "Émile", "cp": "31000", "né le": "1975-03-01", "don": "12.5", "oui": "true"},
        {"line": 6, "nom": "Zoé", "cp": "01000", "né le": "2026-05-01 08:30:00", "don": "3", "oui": "false"},
    ]


def test_excel_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a", "b"], ["1", "x"]])
    assert table(open_file(path, Format(sheet="Dons"))) == [{"line": 2, "a": "1", "b": "x"}]
    with pytest.raises(NoSuchSheet):
        open_file(path, Format(sheet="Doms"))
    with pytest.raises(EmptyFile):
        open_file(path, Format(sheet="empty"))


def test_excel_that_is_cut_swollen_or_another_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a", "b"], ["1", "x"]])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileCut):
        open_file(path)
    path.write_bytes(whole)
    monkeypatch.setattr(excel, "_LARGEST", 10)
    with pytest.raises(FileTooLarge):
        open_file(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("list.csv", "a,b\n1,2\n")
    with pytest.raises(NotATable, match="ZIP"):
        open_file(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    with pytest.raises(FileDamaged):
        open_file(path)


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "list"
    data = pa.table(
        {
            "nom": pa.array(["Émile", None]).dictionary_encode(),
            "age": pa.array([31, None], pa.int32()),
            "score": [1.0, 2.5],
            "né": [date(1975, 3, 1), None],
            "vu": [DAWN, DAWN.replace(hour=8, minute=30)],
            "oui": [True, False],
            "adresse": [{"ville": "X", "geo": {"lat": 1.5}}, {"ville": "Y", "geo": None}],
            "tags": [["a", "b"], []],
        }
    )
    pq.write_table(data, path)
    file = open_file(path)
    assert file.reader.format.kind is FileKind.PARQUET
    assert table(file) == [
        {"line": 1, "nom": "Émile", "age": "31", "score": "1", "né": "1975-03-01", "vu": "2026-05-01", "oui": "true", "adresse.ville": "X", "adresse.geo.lat": "1.5", "tags": '["a", "b"]'},
        {"line": 2, "nom": None, "age": None, "score": "2.5", "né": None, "vu": "2026-05-01 08:30:00.000000", "oui": "false", "adresse.ville": "Y", "adresse.geo.lat": None, "tags": None},
    ]  # fmt: skip


def test_parquet_that_is_cut_or_empty(tmp_path: Path) -> None:
    path = tmp_path / "list"
    pq.write_table(pa.table({"a": ["1"] * 999}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(FileCut):
        open_file(path)
    path.write_bytes(whole[:100] + bytes(100) + whole[-8:])
    with pytest.raises(FileDamaged):
        open_file(path)
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), path)
    with pytest.raises(EmptyFile):
        open_file(path)


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "list"
    lines = [
        {
            "id": 1,
            "name": "Émile",
            "address": {"city": "X", "geo": {"lat": 1.5}},
            "phones": [{"n": "06"}, {"n": "07"}],
        },
        {"id": 2.0, "name": None, "tags": ["a", "b"], "ok": True, "empty": []},
    ]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n")
    file = open_file(path)
    assert file.reader.format.kind is FileKind.JSON
    first, second = table(file)
    assert first["line"], second["line"] == (1, 2)
    assert first == first | {"id": "1", "name": "Émile", "address.city": "X", "address.geo.lat": "1.5", "phones.0.n": "06", "phones.1.n": "07"}  # fmt: skip
    assert second == second | {"id": "2", "name": None, "tags": '["a","b"]', "ok": "true", "empty": None, "phones.0.n": None}  # fmt: skip


def test_json_lines_that_are_lists(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text('["name","zip"]\n["Ann","1"]\n["Ben"]\n["Car",2]\n')
    file = open_file(path)
    assert table(file) == [{"line": 2, "name": "Ann", "zip": "1"}, {"line": 4, "name": "Car", "zip": "2"}]
    assert reasons(file) == {3: Reason.RAGGED}


@pytest.mark.parametrize("indent", [None, 2])
def test_json_that_is_one_list(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "list"
    path.write_bytes(
        gzip.compress(json.dumps([{"a": "1", "b": "x"}, {"a": "2", "b": "]"}, 7], indent=indent).encode())
    )
    file = open_file(path)
    assert [(row["a"], row["b"]) for row in table(file)] == [("1", "x"), ("2", "]")]
    assert list(reasons(file).values()) == [Reason.NOT_A_ROW]
    if indent:
        assert [row["line"] for row in table(file)] == [2, 6]


def test_json_that_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(
        b'{"a": "1"}\n{"a": "2"\n{"a": "\xe9"}\n"x"\n{"a": "\\ud800"}\n{"a": "4"}\n'
        + '{"é": "à"}\n'.encode() * 9
    )
    file = open_file(path)
    assert reasons(file) == {
        2: Reason.BROKEN_JSON,
        3: Reason.UNDECODABLE,
        4: Reason.NOT_A_ROW,
        5: Reason.BROKEN_JSON,
    }
    assert [row["a"] for row in table(file)][:2] == ["1", "4"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'{"a": "1"}\n{"a": "2', FileCut),
        (b'[{"a": "1"},\n{"a": "2"', FileCut),
        (b'{"a": "1"}\n{"a": "2"}\n'[:-3], FileCut),
        (b"[]", NotATable),
        (b'["a", "b"]\n', EmptyFile),
        (json.dumps({f"k{i}": i for i in range(3000)}).encode(), TooManyColumns),
    ],
)
def test_json_that_is_no_list(tmp_path: Path, content: bytes, error: type[CommonwealError]) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(error):
        list(open_file(path).reader.chunks())


VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@ONCE
@given(
    st.lists(
        st.dictionaries(st.text("abc", min_size=1, max_size=2), VALUE, min_size=1, max_size=4),
        min_size=1,
        max_size=8,
    )
)
def test_every_json_object_is_a_row(tmp_path: Path, objects: list[dict[str, Any]]) -> None:
    path = tmp_path / "list"
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    try:
        file = open_file(path)
    except (NotATable, EmptyFile):  # objects that hold nothing at all
        return
    assert [row["line"] for row in table(file)] == list(range(1, len(objects) + 1))
