"""CSV: every line accounted for, whatever is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweal.errors import CommonwealError
from commonweal.intake.errors import (
    EmptyFile,
    FileCut,
    FileDamaged,
    FileTooLarge,
    FileUnreadable,
    NoSuchFile,
    NotATable,
    UnknownEncoding,
    WrongEncoding,
)
from commonweal.intake.model import Format
from commonweal.intake.readers import BadRow, OpenFile, open_file, stream
from commonweal.intake.rules import Reason

ONCE = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "list"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def rows(file: OpenFile) -> dict[int, tuple[str, ...]]:
    """The good rows by line."""
    found: dict[int, tuple[str, ...]] = {}
    for chunk in file.reader.chunks():
        columns = [column.to_pylist() for column in chunk.columns.columns]
        for line, cells in zip(chunk.lines.tolist(), zip(*columns, strict=True), strict=True):
            assert line not in found
            found[line] = cells
    return found


def bad(file: OpenFile) -> dict[int, BadRow]:
    return {row.line: row for chunk in file.reader.chunks() for row in chunk.bad}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp850", "mac_roman"],
)
def test_any_delimiter_and_encoding(write: Callable[..., Path], delimiter: str, encoding: str) -> None:
    names = ["Éléonore", "François", "Noël", "Zoé", "Hélène", "ÉLISABETH"]
    body = [["prénom", "ville"]] + [[name, f"Béziers {i}"] for i, name in enumerate(names)]
    file = open_file(write("\r\n".join(delimiter.join(row) for row in body) + "\r\n", encoding))
    assert file.reader.headers == ("prénom", "ville")
    assert file.reader.format.delimiter == delimiter
    assert rows(file) == {i + 2: (name, f"Béziers {i}") for i, name in enumerate(names)}
    assert file.reader.position.done == file.reader.position.total == file.survey.size


def test_gzip_is_seen_through(write: Callable[..., Path]) -> None:
    file = open_file(write(gzip.compress(b"a,b\n1,2\n")))
    assert file.survey.packed
    assert rows(file) == {2: ("1", "2")}


def test_titles_above_the_header_and_blank_lines_are_no_rows(write: Callable[..., Path]) -> None:
    file = open_file(write("Export of 3 May;;\n\nname;email;city\n\nAnn;a@example.org;X\n;;\n"))
    assert file.reader.format.header == 3
    assert file.reader.headers == ("name", "email", "city")
    assert rows(file) == {5: ("Ann", "a@example.org", "X"), 6: ("", "", "")}


def test_a_list_without_header(write: Callable[..., Path]) -> None:
    file = open_file(write("1,ann@example.org\n2,ben@example.org\n"))
    assert file.reader.headers == ("column_1", "column_2")
    assert file.reader.format.header == 0
    assert set(rows(file)) == {1, 2}


def test_names_of_columns_are_all_different(write: Callable[..., Path]) -> None:
    assert open_file(write("a,a,,a\n1,2,3,4\n")).reader.headers == ("a", "a (2)", "column_3", "a (3)")


def test_a_delimiter_at_the_end_of_every_row(write: Callable[..., Path]) -> None:
    file = open_file(write("a;b\n1;2;\n3;4;\n"))
    assert rows(file) == {2: ("1", "2", ""), 3: ("3", "4", "")}


def test_one_column(write: Callable[..., Path]) -> None:
    assert rows(open_file(write("email\na@example.org\nb@example.org\n"))) == {
        2: ("a@example.org",),
        3: ("b@example.org",),
    }


def test_lines_of_old_macintoshes(write: Callable[..., Path]) -> None:
    assert rows(open_file(write("a,b\r1,2\r3,4\r"))) == {2: ("1", "2"), 3: ("3", "4")}


def test_what_cannot_be_read_is_told_by_line(write: Callable[..., Path]) -> None:
    long = "x" * (1 << 20)
    text = (
        b'id,name,note,city,zip\n1,Ann,"two\nlines",X,1\n2,Ben\n3,Car,a,b,c,d\n4,"Dan,x,y,z\n5,Eve,"a""b",X,5\n'
        b"6,F\xe9e,x,X,6\n7,G\x00g,x,X,7\n8,\"Hal\"x,x,X,8\n9,Ida \"I\" Jay,5' 11\",X,9\n10," + long.encode() + b",x,X,1\n11,Kim,x,X,11\n"
        + "".join(f"{i},Zoé,x,X,1\n" for i in range(12, 40)).encode()
    )  # fmt: skip
    file = open_file(write(text))
    assert {line: row.reason for line, row in bad(file).items()} == {
        4: Reason.RAGGED,
        5: Reason.RAGGED,
        6: Reason.BROKEN_QUOTES,
        8: Reason.UNDECODABLE,
        9: Reason.NUL,
        10: Reason.BROKEN_QUOTES,
        12: Reason.LINE_TOO_LONG,
    }
    good = rows(file)
    assert good[2] == ("1", "Ann", "two\nlines", "X", "1")
    assert good[7] == ("5", "Eve", 'a"b', "X", "5")
    assert good[11] == ("9", 'Ida "I" Jay', "5' 11\"", "X", "9")
    assert set(good) == {2, 7, 11, *range(13, 42)}
    assert bad(file)[4].cells == ("2", "Ben")


def test_endless_lines_are_bounded(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK", 1 << 20)
    text = b"a,b\n1,2\n" + b"x" * (12 << 20) + b"\n3,4\n" + b"5,6\n" * 10
    file = open_file(write(text))
    assert {line: row.reason for line, row in bad(file).items()} == {3: Reason.LINE_TOO_LONG}
    assert set(rows(file)) == {2, *range(4, 15)}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFile),
        (b"\n\n  \n", EmptyFile),
        (b"a,b\n", EmptyFile),
        (b"a,b\n1,2\n3", FileCut),
        (b'a,b\n1,2\n3,"x', FileCut),
        (b'a,b\n1,2\n3,"x\ny\nz', FileCut),
        # The hour stands in a gzip's header, and this content in the test's name: two workers
        # that collect in two seconds must still agree on it.
        (gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:-20], FileCut),
        (b"\x1f\x8b\x08\x00garbage that is no gzip", FileDamaged),
        (b"%PDF-1.7 ...", NotATable),
        (b"<!DOCTYPE html><html><table><tr><td>1", NotATable),
        (b"\x89PNG\r\n\x1a\n", NotATable),
        (bytes(range(256)) * 50, NotATable),
        (
            b"Dear Sir, I am writing to you today about\nthe matter of the roll.\nIt is late. Yours, A\n",
            NotATable,
        ),
    ],
)
def test_what_is_no_list_is_said(
    write: Callable[..., Path], content: bytes, error: type[CommonwealError]
) -> None:
    with pytest.raises(error):
        list(open_file(write(content)).reader.chunks())


def test_a_bomb_is_refused(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_HONEST_SIZE", 1 << 20)
    with pytest.raises(FileTooLarge):
        open_file(write(gzip.compress(b"a,b\n1,2\n" * 500_000)))


@pytest.mark.parametrize(
    ("content", "told", "error"),
    [
        (
            "é,b\n1,2\n".encode("cp1252"),
            "utf-8",
            None,
        ),  # one broken place: the line is quarantined, not the file
        (("é;b\n" + "é;é\n" * 20).encode("cp1252"), "utf-8", WrongEncoding),
        (("é;b\n" + "é;é\n" * 20).encode(), "cp1252", WrongEncoding),
        (("é;b\n" + "é;é\n" * 20).encode(), "utf-16", WrongEncoding),
        (("é;b\n" + "é;é\n" * 20).encode("utf-16"), "utf-8", WrongEncoding),
        (b"a,b\n1,2\n", "klingon", UnknownEncoding),
    ],
)
def test_a_wrong_encoding_is_said(
    write: Callable[..., Path], content: bytes, told: str, error: type[CommonwealError] | None
) -> None:
    path = write(content)
    if error is None:
        open_file(path, Format(encoding=told), "roll")
        return
    with pytest.raises(error):
        open_file(path, Format(encoding=told), "roll")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile):
        open_file(tmp_path / "nowhere.csv")
    with pytest.raises(FileUnreadable):
        open_file(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileUnreadable, match="pipe"):
        open_file(tmp_path / "pipe.csv")


CELL = st.text(st.sampled_from('ab1 é",;\n\r|'), max_size=6)


@ONCE
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    st.integers(5, 64),
    st.booleans(),
)
def test_what_a_good_writer_wrote_is_read_back(
    write: Callable[..., Path], table: list[list[str]], size: int, everything: bool
) -> None:
    if (
        not everything
    ):  # Python's writer leaves a lone carriage return bare, where it can only be a line's end
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerows([["x", "y", "z"], *table])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BLOCK", size)
        file = open_file(write(out.getvalue()), Format(delimiter=",", header=1, encoding="utf-8"))
        found = list(rows(file).values())
        assert not bad(file)
    assert [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in found] == [
        [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in table
    ]


LINE = st.lists(
    st.sampled_from([b"a", b"1", b",", b'"', b"\xe9", b"\xc3\xa9", b"\x00", b" ", b"\r", b'","', b'""']),
    max_size=9,
)


@ONCE
@given(st.lists(LINE.map(b"".join), min_size=1, max_size=14), st.integers(5, 40))
def test_every_line_is_a_row_or_in_quarantine(
    write: Callable[..., Path], body: list[bytes], size: int
) -> None:
    """Whatever the bytes are: no line lost, none twice, the same for any size of the blocks."""
    text = b"x,y,z\n" + b"".join(line + b"\n" for line in body)
    path = write(text)
    results = []
    for block in (size, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stream, "BLOCK", block)
            try:
                file = open_file(path, Format(delimiter=",", header=1, encoding="utf-8"))
                good, refused = rows(file), bad(file)
            except CommonwealError as error:
                results.append((type(error),))
                continue
        assert not set(good) & set(refused)
        results.append((good, {line: (row.reason, row.cells) for line, row in refused.items()}))
        covered: set[int] = set(refused)
        for line, cells in good.items():
            covered |= set(range(line, line + 1 + sum(cell.count("\n") + cell.count("\r") for cell in cells)))
        lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        filled = {number for number, line in enumerate(lines, start=1) if line.strip() and number > 1}
        assert filled <= covered
    assert results[0] == results[1]
