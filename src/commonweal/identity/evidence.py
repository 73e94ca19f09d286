"""Which columns of a list are further evidence about the person, beside names, birth, contact points and address.

A column that nobody knows can still tell people apart: an occupation, a birth place, a social security number with
typing errors. It must not be the list's own numbering, which says nothing of the person, or says who the person is
because somebody has linked the list before. Nor may it say again what a compared column has said already, for then
one fact would count twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.model import Column, Mapping
from commonweal.intake.normalise.text import clean, fold, tidy
from commonweal.intake.rules import fold_header, is_target

_OFFICIAL = re.compile(
    r"\b(soc\w*|ssn|sin|sss|secu\w*|nir|insee|tax\w*|tin|fiscal\w*|nino|passport|passeport|licen[cs]e|drivers?|permis|"
    r"medicare|nhs|national|insurance|voter\w*|elect\w*|regist\w*|member\w*|adherent|npi|mrn|cni)\b"
)
_OWN = re.compile(
    r"\b(\w*id|ids|uuid|guid|pk|keys?|rowid|row|rownum|index|idx|line|ligne|cluster\w*|entity|entite|truth|true|gold|"
    r"label|labels|group|groupe|match\w*|dup\w*|doublon\w*|rec|record|source|origin|dataset|file|fichier|batch|"
    r"created|updated|modified|timestamp|url|hash|score|weight|probability|identifiant|cle|ref|reference|"
    r"unnamed|column)\b"
)
_MOST = 5  # columns: each costs time, and the best come first
_LEAST_KINDS = 6.0  # values that a column must have, a frequent one counting less (inverse Simpson index)
_LEAST_FILLED = 0.1
_LONGEST = 60  # letters that a middling value may have: a longer one is a remark
_LOOKED_AT = 2_000  # rows
_SAYS_AGAIN = 0.6  # share of the rows in which a column repeats others
_DETERMINED = 0.9
_CROWD = 10  # rows that must share a place before it can be said to determine anything
_TWO_AT_HOME = 0.2  # share of a home's pairs of rows that are clearly of two persons
_ENOUGH_MATES = 30  # of these, before they say anything
_AT_HOME = 0.2  # share of them with one value
_THAN_CHANCE = 3.0
_HOMES = (
    ("house_number", "street"),
    ("address_line",),
    ("surname", "postcode"),
    ("surname", "city"),
)
_PLACES = ("postcode", "city", "area_code", "state")
_TOLD = (
    "given_name",
    "given_names",
    "middle_name",
    "surname",
    "birth_surname",
    "full_name",
    "email",
    "phone",
)
_SAID = (
    *_TOLD,
    *_PLACES,
    "street",
    "address_line",
    "house_number",
    "unit",
    "birth_date",
    "birth_year",
    "title",
)


@dataclass(frozen=True)
class _Candidate:
    """A column that may be evidence: in these lists, of so many kinds of values."""

    name: str
    kinds: float
    official: bool


def chosen(lists: Sequence[tuple[Mapping, pa.RecordBatch]]) -> list[Mapping]:
    """The lists' guessed mappings (each with its rows), with those columns as attributes that are evidence.

    Columns of several lists that are called alike are one. Attributes that are no evidence are left out.
    """
    candidates: dict[str, list[tuple[int, str]]] = {}
    for at, (mapping, _) in enumerate(lists):
        for header, column in mapping.columns.items():
            if column.prefix == "attribute" or not column.target:
                name = column.name if column.target else " ".join(fold_header(header).split())
                if name and column.sensitive is None and is_target(f"attribute:{name}"):
                    candidates.setdefault(name, []).append((at, header))
    numbers = [
        lists[at][1].column(header)
        for at, (mapping, _) in enumerate(lists)
        for header in mapping.targets().get("registration_number", [])
    ]
    if numbers and not _is_shared(pa.concat_arrays(numbers)):
        lists = [(_with_target(mapping, "registration_number", Column()), rows) for mapping, rows in lists]
    judged = [_judged(name, places, lists) for name, places in candidates.items()]
    best = sorted(
        (each for each in judged if each), key=lambda each: (not each.official, -each.kinds, each.name)
    )
    taken = {place: each.name for each in best[:_MOST] for place in candidates[each.name]}
    return [
        _with(mapping, {h: n for (i, h), n in taken.items() if i == at})
        for at, (mapping, _) in enumerate(lists)
    ]


def _is_shared(cells: pa.Array) -> bool:
    """Do any two rows have the same value? Numbers that no two share are a numbering of the rows."""
    filled = tidy(cells).drop_null()
    return len(filled.unique()) < len(filled)


def _with_target(mapping: Mapping, target: str, instead: Column) -> Mapping:
    columns = {h: instead if column.target == target else column for h, column in mapping.columns.items()}
    return msgspec.structs.replace(mapping, columns=columns, key=())


def _with(mapping: Mapping, taken: dict[str, str]) -> Mapping:
    columns = {
        header: _as_attribute(column, taken[header])
        if header in taken
        else Column()
        if column.prefix
        else column
        for header, column in mapping.columns.items()
    }
    return msgspec.structs.replace(mapping, columns=columns, key=())


def _as_attribute(column: Column, name: str) -> Column:
    return Column(target=column.target or f"attribute:{name}")


def _judged(
    name: str, places: Sequence[tuple[int, str]], lists: Sequence[tuple[Mapping, pa.RecordBatch]]
) -> _Candidate | None:
    """The column, unless it is no evidence."""
    words = {fold_header(header) for _, header in places} | {name}
    official = any(_OFFICIAL.search(each) for each in words)
    if not official and any(_OWN.search(each) for each in words):
        return None
    cells = pa.concat_arrays([lists[at][1].column(header) for at, header in places])
    filled = tidy(cells).drop_null()
    if len(filled) < 2 or len(filled) < _LEAST_FILLED * len(cells):
        return None
    counts = np.asarray(pc.value_counts(filled).field("counts"))
    kinds = float(len(filled) ** 2 / (counts.astype(float) ** 2).sum())
    longest = pc.approximate_median(pc.utf8_length(filled)).as_py()
    if kinds < _LEAST_KINDS or longest > _LONGEST or counts.max() == 1 or (not official and _is_own(counts)):
        return None
    if any(_says_again(header, *lists[at]) or _is_of_a_home(header, *lists[at]) for at, header in places):
        return None
    return _Candidate(name, kinds, official)


def _is_own(counts: npt.NDArray[np.int64]) -> bool:
    """Does nearly each row have a value of its own, as a numbering gives?"""
    return bool(len(counts) >= 0.98 * counts.sum())


def _says_again(header: str, mapping: Mapping, sample: pa.RecordBatch) -> bool:
    """Does the column repeat the words of others, or follow from the place?"""
    rows = sample.slice(0, _LOOKED_AT)
    own = [_words(cell) for cell in _folded(rows, header)]
    said: list[set[str]] = [set() for _ in own]
    for other, column in mapping.columns.items():
        if column.target in _SAID and other != header:
            said = [words | _words(cell) for words, cell in zip(said, _folded(rows, other), strict=True)]
    filled = [(words, others) for words, others in zip(own, said, strict=True) if words]
    if sum(words <= others for words, others in filled) >= _SAYS_AGAIN * max(len(filled), 1):
        return True
    places = [other for other, column in mapping.columns.items() if column.target in _PLACES]
    many = sample.slice(0, 10 * _LOOKED_AT)
    return any(_follows(many.column(header), many.column(place)) for place in places)


def _follows(cells: pa.Array, place: pa.Array) -> bool:
    """Do nearly all of one place have the same value?"""
    pairs = pa.table({"place": place, "value": cells}).drop_null()
    both = pairs.group_by(["place", "value"]).aggregate([([], "count_all")])
    each = both.group_by("place").aggregate([("count_all", "sum"), ("count_all", "max")])
    crowded = each.filter(pc.greater_equal(each["count_all_sum"], _CROWD))
    rows = pc.sum(crowded["count_all_sum"]).as_py() or 0
    modal = pc.sum(crowded["count_all_max"]).as_py() or 0
    return bool(2 * rows >= pairs.num_rows > 0 and modal >= _DETERMINED * rows)


def _is_of_a_home(header: str, mapping: Mapping, sample: pa.RecordBatch) -> bool:
    """Do two of one home who can't be one person share the value, as they do a telephone? Then it says which home it
    is, not who."""
    housed = _housed(mapping, sample)
    mates = [pair for pair, is_two in housed.items() if is_two]
    if len(mates) < _TWO_AT_HOME * len(housed):
        return False  # mostly the same person once more: those who seem to be two may be one, badly written
    own = _folded(sample, header)
    known = [(one, other) for one, other in mates if own[one] and own[other]]
    counts = Counter(value for value in own if value)
    by_chance = sum((n / counts.total()) ** 2 for n in counts.values())
    shared = sum(own[one] == own[other] for one, other in known)
    return len(known) >= _ENOUGH_MATES and shared > max(_AT_HOME, _THAN_CHANCE * by_chance) * len(known)


def _housed(mapping: Mapping, sample: pa.RecordBatch) -> dict[tuple[int, int], bool]:
    """Pairs of rows with one address, or one surname and one place: are they two persons, whose given names begin
    otherwise and whose births differ?"""
    cells = {
        target: list(zip(*(_folded(sample, header) for header in headers), strict=True))
        for target, headers in mapping.targets().items()
    }
    homes = next((named for named in _HOMES if all(part in cells for part in named)), ())
    names = cells.get("given_name") or cells.get("given_names")
    births = cells.get("birth_date") or cells.get("birth_year") or cells.get("age")
    if not (homes and names and births):
        return {}
    rows: dict[tuple[object, ...], list[int]] = {}
    for row, home in enumerate(zip(*(cells[part] for part in homes), strict=True)):
        if all(any(part) for part in home) and names[row][0] and births[row][0]:
            rows.setdefault(home, []).append(row)
    return {
        (one, other): str(names[one][0])[0] != str(names[other][0])[0] and births[one] != births[other]
        for housed in rows.values()
        if len(housed) <= _CROWD
        for one, other in combinations(housed, 2)
    }


def _folded(rows: pa.RecordBatch, header: str) -> list[str | None]:
    found: list[str | None] = fold(clean(rows.column(header)), digits=True).to_pylist()
    return found


def _words(cell: str | None) -> set[str]:
    return set(cell.split()) if cell else set()
