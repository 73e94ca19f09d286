"""Bytes in: gzip seen through, bombs refused, encodings found, text handed on as UTF-8 in blocks of whole lines."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import charset_normalizer
import numpy as np

from commonweal.errors import Phrase, _
from commonweal.intake.errors import (
    FileCut,
    FileDamaged,
    FileTooLarge,
    FileUnreadable,
    NoSuchFile,
    UnknownEncoding,
    WrongEncoding,
)

BLOCK = 8 << 20
_HEAD = 1 << 20
_SAMPLE = 256 << 10
_HONEST_SIZE = 1 << 30  # an unpacked size up to which no question is asked
_HONEST_RATIO = 200  # text packs 5 to 20 times; a bomb 1,000 times
_GZIP = b"\x1f\x8b"
# What Western lists outside UTF-8 are written in, likeliest first, and the letters that they are likely to hold.
_WESTERN = ("cp1252", "cp850", "mac_roman")
_LETTERS = frozenset("éèêëàâäáãåçñùûüúôöóõøîïíÿœæß’–«»°€")
_MARK = "commonweal.mark"


@dataclass(frozen=True)
class Survey:
    """What one pass over the whole file tells. `head` is the beginning of the (unpacked) content."""

    sha256: str
    size: int
    packed: bool
    head: bytes
    unpacked: int
    wide: int  # sequences of bytes that begin a character outside ASCII in UTF-8
    broken: int  # places that are no UTF-8
    strange: bytes  # lines that hold bytes outside ASCII, a sample
    ends_with_newline: bool


def survey(path: Path) -> Survey:
    """Read the file once: its hash, and what its bytes say about its encoding.

    Raises NoSuchFile, FileUnreadable, FileCut, FileDamaged, FileTooLarge.
    """
    with opened(path) as file:
        digest = hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        packed = file.read(2) == _GZIP
    head, strange, last = b"", b"", b""
    unpacked = wide = broken = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for block in blocks(path):
        head = head + block[: _HEAD - len(head)] if len(head) < _HEAD else head
        unpacked += len(block)
        last = (last + block)[-2:]
        broken += decoder.decode(block).count("\ufffd")
        if not block.isascii():
            wide += int((np.frombuffer(block, np.uint8) >= 0xC2).sum())
            if len(strange) < _SAMPLE:
                strange += _strange_lines(block)[: _SAMPLE - len(strange)]
    broken += len(decoder.decode(b"", final=True))
    ended = last.endswith((b"\n", b"\r", b"\n\x00"))
    return Survey(digest, size, packed, head, unpacked, wide, broken, strange, ended)


def _strange_lines(block: bytes) -> bytes:
    lines = [line for line in block[: 2 << 20].splitlines() if not line.isascii()]
    return b"\n".join(lines[:2000]) + b"\n"


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's raw bytes. Raises NoSuchFile, FileUnreadable."""
    if path.exists() and not (
        path.is_file() or path.is_dir()
    ):  # a pipe would be waited for, and can be read once only
        raise FileUnreadable(path=path, reason="it is a pipe or a device, not a file")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NoSuchFile(path=path) from None
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or error) from error
    with file:
        yield file


def blocks(path: Path) -> Iterator[bytes]:
    """The content, unpacked, block by block. Raises as `survey` does."""
    with opened(path) as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        if not packed:
            while block := _read(path, file):
                yield block
            return
        limit = max(_HONEST_SIZE, _HONEST_RATIO * path.stat().st_size)
        total = 0
        with gzip.GzipFile(fileobj=file) as unpacked:
            while block := _read(path, cast("BinaryIO", unpacked)):
                total += len(block)
                if total > limit:
                    raise FileTooLarge(path=path, limit=f"{limit >> 20} MiB", ratio=_HONEST_RATIO)
                yield block


def _read(path: Path, file: BinaryIO) -> bytes:
    try:
        return file.read(BLOCK)
    except EOFError:
        raise FileCut(path=path, reason=Phrase(_("its compression ends in the middle"))) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileDamaged(path=path, reason=error) from error
    except OSError as error:
        raise FileUnreadable(path=path, reason=error.strerror or error) from error


def encoding_of(path: Path, found: Survey, told: str | None, source: str) -> str:
    """The encoding of a text: as the mapping tells it, where the bytes agree; else by the bytes themselves.

    Raises WrongEncoding, UnknownEncoding.
    """
    if told is None:
        return _mark(found.head) or _by_shape(found.head) or _by_bytes(found)
    try:
        name = codecs.lookup(told).name
    except LookupError:
        raise UnknownEncoding(encoding=told) from None
    _refute(path, found, name, told, source)
    return "utf-8-sig" if name == "utf-8" and found.head.startswith(codecs.BOM_UTF8) else name


def _mark(head: bytes) -> str | None:
    """By the byte order mark."""
    marks = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    return next((name for mark, name in marks.items() if head.startswith(mark)), None)


def _by_shape(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Latin text is null."""
    sample = np.frombuffer(head[: 4096 - 4096 % 2][: len(head) // 2 * 2], np.uint8)
    if len(sample) < 4:
        return None
    even, odd = (sample[0::2] == 0).mean(), (sample[1::2] == 0).mean()
    if max(even, odd) < 0.4 or min(even, odd) > 0.1:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _by_bytes(found: Survey) -> str:
    if found.broken <= max(3, found.wide // 10) and (found.broken == 0 or found.wide > 2 * found.broken):
        return "utf-8"
    best = max(_WESTERN, key=lambda name: _likelihood(found.strange, name))
    if _likelihood(found.strange, best) > 0.7:
        return best
    guess = charset_normalizer.from_bytes(found.strange).best()
    return guess.encoding if guess else best


def _likelihood(sample: bytes, encoding: str) -> float:
    """How likely a sample is text in an encoding: the share of its letters outside ASCII that are common and in case.

    A capital between two small letters, or a small letter between two capitals, is out of case.
    """
    text = f" {sample.decode(encoding, 'replace')} "
    score, count = 0.0, 0
    for match in re.finditer(r"[^\x00-\x7f]", text):
        letter, before, after = match[0], text[match.start() - 1], text[match.end()]
        count += 1
        if letter.lower() in _LETTERS:
            lost = (
                before.islower() and after.islower()
                if letter.isupper()
                else before.isupper() and after.isupper()
            )
            score += 0.3 if lost else 1.0
    return score / max(1, count)


def _refute(path: Path, found: Survey, name: str, told: str, source: str) -> None:
    """Raise WrongEncoding where the bytes speak against the encoding that was told."""
    marked = _mark(found.head) or _by_shape(found.head)
    wide = name.startswith(("utf-16", "utf-32"))
    if wide and not (marked or "").startswith(name[:6]):
        raise WrongEncoding(
            path=path, encoding=told, source=source, reason=Phrase(_("it has no such pairs of bytes"))
        )
    if marked and not wide and not (name.startswith("utf-8") and marked == "utf-8-sig"):
        raise WrongEncoding(
            path=path,
            encoding=told,
            source=source,
            reason=Phrase(_("its bytes are {encoding}"), encoding=marked),
        )
    if name.startswith("utf-8") and found.broken > max(3, found.wide // 2):
        reason = Phrase(_("{count} places are no such text"), count=found.broken)
        raise WrongEncoding(path=path, encoding=told, source=source, reason=reason)
    if not name.startswith(("utf", "ascii")) and found.wide > 3 and found.broken == 0:
        reason = Phrase(_("all its letters outside ASCII are whole in utf-8"))
        raise WrongEncoding(path=path, encoding=told, source=source, reason=reason)
    if name == "ascii" and (found.wide or found.broken):
        raise WrongEncoding(
            path=path, encoding=told, source=source, reason=Phrase(_("it has letters outside ASCII"))
        )


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    """Stand a lone surrogate for bytes that are no text: never valid UTF-8, so the line is found again."""
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


codecs.register_error(_MARK, _mark_undecodable)


def utf8_blocks(
    path: Path, encoding: str, saw: Callable[[int], None] = lambda _count: None
) -> Iterator[bytes]:
    """The text's blocks as UTF-8; bytes that are no text stay broken, so that their line can be quarantined.

    `saw` is called with the number of bytes of the file's (unpacked) content that each block comes from.
    """
    if encoding in ("utf-8", "utf-8-sig"):
        first = True
        for block in blocks(path):
            saw(len(block))
            yield block.removeprefix(codecs.BOM_UTF8) if first else block
            first = False
        return
    decoder = codecs.getincrementaldecoder(encoding)(_MARK)
    for block in blocks(path):
        saw(len(block))
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
