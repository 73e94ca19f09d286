"""Names: capitals and particles, and full names taken apart.

Which part comes first is decided once for the whole list, from what it shows: capitals, or which end of the names
repeats more (there are fewer given names than surnames). A comma in a name decides for that name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.model import NameOrder
from commonweal.intake.normalise.text import (
    Reading,
    Text,
    by_distinct,
    clean,
    each,
    fold,
    is_shouted,
    matched,
)

# Written small inside a name: "JEAN DE LA FONTAINE" reads "Jean de La Fontaine", as French usage has it.
_SMALL = "de|du|des|von|vom|zu|zur|van|der|den|ter|ten|di|da|do|dos|das|del|della|dei|y|e"
_PARTICLE = f"{_SMALL}|la|le|les|l|el|al|st|ste|saint|sainte|mac|ben|bin|ibn"
_TITLE = "m|mr|mme|mlle|mrs|ms|miss|mx|dr|prof|sir|rev|hon|madame|monsieur|mademoiselle|docteur|maitre"
_SUFFIX = {
    "jr": "Jr",
    "sr": "Sr",
    "ii": "II",
    "iii": "III",
    "iv": "IV",
    "2nd": "II",
    "3rd": "III",
    "4th": "IV",
} | {"esq": "Esq", "phd": "PhD", "md": "MD"}
_SMALLS = frozenset(_SMALL.split("|"))
_PARTICLES = frozenset(_PARTICLE.split("|"))
_TITLES = frozenset(_TITLE.split("|"))
_ODD = rf"(?i)(^| )({_SMALL}) |(^|[ -])d['’]|(^|[ '’-])mc\pL"
_SMALL_WORD = re.compile(rf"\b({_SMALL})(?= )|\bd(?=['’])", re.IGNORECASE)
_MC = re.compile(r"\b(mc)(\w)", re.IGNORECASE)
_NICKNAME = re.compile(r"[\"“«(][^\"”»)]*[\"”»)]")
_FEW = 100  # names needed before repetition says anything


@dataclass(frozen=True)
class NameParts:
    """A full name taken apart."""

    title: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    surname: str | None = None
    name_suffix: str | None = None


NAME_PARTS = tuple(NameParts.__dataclass_fields__)


def names(cells: Text) -> Text:
    """Names for display: "DE LA TOUR" becomes "de La Tour"; one with capitals and small letters is kept."""
    return by_distinct(cells, lambda distinct: Reading(capitals(clean(distinct)))).values


def name_keys(values: Text) -> Text:
    """Folded names to match by: letters and single spaces, apostrophes closed up ("O'Brien" = "obrien")."""
    return by_distinct(values, lambda distinct: Reading(fold(distinct, apostrophe=""))).values


def capitals(cells: Text) -> Text:
    """Clean cells, those in one case only with a name's capitals."""
    shouted = is_shouted(cells)
    if not pc.any(shouted).as_py():
        return cells
    titled = pc.utf8_title(cells)
    odd = pc.match_substring_regex(titled, _ODD)
    if pc.any(odd).as_py():
        mended = pa.array(
            [
                None if name is None else _mend(name) if strange else name
                for name, strange in zip(titled.to_pylist(), odd.to_pylist(), strict=True)
            ],
            pa.string(),
        )
        titled = mended
    return pc.if_else(shouted, titled, cells)


def _mend(titled: str) -> str:
    small = _SMALL_WORD.sub(lambda found: found[0].lower(), titled)
    return _MC.sub(lambda found: "Mc" + found[2].upper(), small)


def suffixes(cells: Text) -> Text:
    """Jr, Sr, II, III …, each written one way; others as they came."""
    return by_distinct(
        cells,
        lambda distinct: Reading(each(clean(distinct), lambda cell: _SUFFIX.get(_bare(cell), cell))),
    ).values


def given_names(cells: Text) -> tuple[Text, Text]:
    """All given names of a person, as a civil register lists them: the first, and the rest as middle names.

    "MARIE LOUISE, ANNE" gives "Marie Louise" and "Anne"; "Jean-Pierre Paul" gives "Jean-Pierre" and "Paul".
    """
    encoded = cells.dictionary_encode()
    shown = capitals(clean(encoded.dictionary))
    parted = pc.extract_regex(shown, r"^(?P<first>[^,]*?) ?, ?(?P<rest>.*)$")
    spaced = pc.extract_regex(shown, r"^(?P<first>[^ ,]+) (?P<rest>[^,]*)$")
    first = pc.coalesce(matched(parted, "first"), matched(spaced, "first"), shown)
    rest = pc.coalesce(matched(parted, "rest"), matched(spaced, "rest"))
    rest = clean(pc.replace_substring_regex(rest, "[ ,]+", " "))
    return first.take(encoded.indices), rest.take(encoded.indices)


def full_names(cells: Text, order: NameOrder) -> dict[str, Text]:
    """Full names taken apart, in the list's order; a comma or capitals in one name decide for that name.

    Returns an array for each of NAME_PARTS.
    """
    encoded = cells.dictionary_encode()
    parts = [split(name, order) if name else NameParts() for name in clean(encoded.dictionary).to_pylist()]
    found: dict[str, Text] = {}
    for part in NAME_PARTS:
        values = pa.array([getattr(each, part) for each in parts], pa.string())
        found[part] = (values if part == "name_suffix" else capitals(values)).take(encoded.indices)
    return found


def name_order(cells: Text) -> NameOrder:
    """Which part of the full names of a list comes first, judged from all of `cells`."""
    words = [_words(name) for name in clean(cells.unique()).to_pylist() if name and "," not in name]
    pairs = [name for name in words if len(name) >= 2]
    first_loud = sum(_is_loud(name[0]) and not _is_loud(name[-1]) for name in pairs)
    last_loud = sum(_is_loud(name[-1]) and not _is_loud(name[0]) for name in pairs)
    if first_loud != last_loud:
        return "surname_first" if first_loud > last_loud else "given_first"
    if len(pairs) >= _FEW:
        firsts = len({name[0].lower() for name in pairs})
        lasts = len({name[-1].lower() for name in pairs})
        if lasts < firsts:
            return "surname_first"
    return "given_first"


def split(name: str, order: NameOrder) -> NameParts:
    """Take one clean full name apart: "DUPONT-MOREL Jean-Pierre", "Jean de La Fontaine", "King, Martin L. Jr"."""
    if "," in name:
        return _split_at_comma(name)
    title, words, suffix = _strip_ends(_words(name))
    if len(words) < 2:
        return NameParts(title, None, None, words[0] if words else None, suffix)
    if _is_loud(words[0]) and not _is_loud(words[-1]):
        return _surname_first(title, words, suffix, _leading_loud(words))
    if _is_loud(words[-1]) and not _is_loud(words[0]):
        return _given_first(title, words, suffix, len(words) - _leading_loud(words[::-1]))
    if order == "surname_first" or words[0] in _SMALLS:
        return _surname_first(title, words, suffix, _surname_length(words))
    return _given_first(title, words, suffix, _surname_start(words))


def _split_at_comma(name: str) -> NameParts:
    """ "Last, First Middle Jr", "Last Jr, First", "Last, Jr., First"."""
    pieces = [_words(piece) for piece in name.split(",")]
    suffix = None
    if len(pieces) > 2 and len(pieces[1]) == 1 and _bare(pieces[1][0]) in _SUFFIX:
        suffix = _SUFFIX[_bare(pieces.pop(1)[0])]
    _, surname, suffix_before = _strip_ends(pieces[0])
    title, given, suffix_after = _strip_ends([word for piece in pieces[1:] for word in piece])
    return NameParts(
        title,
        given[0] if given else None,
        " ".join(given[1:]) or None,
        " ".join(surname) or None,
        suffix or suffix_before or suffix_after,
    )


def _given_first(title: str | None, words: list[str], suffix: str | None, start: int) -> NameParts:
    start = max(1, start)
    middle = " ".join(words[1:start]) or None
    return NameParts(title, words[0], middle, " ".join(words[start:]), suffix)


def _surname_first(title: str | None, words: list[str], suffix: str | None, length: int) -> NameParts:
    length = min(length, len(words) - 1)
    middle = " ".join(words[length + 1 :]) or None
    return NameParts(title, words[length], middle, " ".join(words[:length]), suffix)


def _surname_start(words: list[str]) -> int:
    """Where the surname begins when it comes last: at the first particle after the given name, else the last word."""
    for position, word in enumerate(words[1:-1], start=1):
        if _bare(word) in _PARTICLES:
            return position
    return len(words) - 1


def _surname_length(words: list[str]) -> int:
    """How many words the surname has when it comes first: its particles and one word."""
    length = 0
    while length < len(words) - 1 and _bare(words[length]) in _PARTICLES:
        length += 1
    return length + 1


def _leading_loud(words: list[str]) -> int:
    count = 0
    while count < len(words) and (_is_loud(words[count]) or _bare(words[count]) in _PARTICLES):
        count += 1
    return count


def _strip_ends(words: list[str]) -> tuple[str | None, list[str], str | None]:
    """Title, the words between, suffix."""
    title, suffix = None, None
    if len(words) > 1 and _bare(words[0]) in _TITLES:
        title, words = words[0], words[1:]
    if len(words) > 1 and _bare(words[-1]) in _SUFFIX:
        suffix, words = _SUFFIX[_bare(words[-1])], words[:-1]
    return title, words, suffix


def _words(name: str) -> list[str]:
    """The words of a name; what stands in quotation marks or brackets is a nickname."""
    plain = _NICKNAME.sub(" ", name)
    name = plain if len(plain.split()) > 1 else name
    return [word for word in name.replace(",", " ").split() if word.strip(".-'’\"“”«»()")]


def _bare(word: str) -> str:
    return word.strip(".").lower()


def _is_loud(word: str) -> bool:
    """All capitals, and more than an initial."""
    return len(word.strip(".")) > 1 and word.isupper()
