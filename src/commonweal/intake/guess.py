"""A mapping guessed from a list's column names and values, for a person to correct.

Names come first (headers.toml, and the shipped mappings for exports that are known); values confirm, decide what a
name leaves open, and find e-mails, dates and votes under names that say nothing. What is not recognised is left
out: a campaign keeps no fact about a person that it has no use for.
"""

from __future__ import annotations

import re

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake import shipped
from commonweal.intake.headers import exactly, known, nearly
from commonweal.intake.model import Column, DateOrder, Format, Kind, Mapping, Mode, Origin
from commonweal.intake.normalise import codes, dates, names
from commonweal.intake.normalise.text import clean
from commonweal.intake.rules import CONSENTS, Reason, fold_header, is_target
from commonweal.intake.shapes import by_shape

_VOTE_WORDS = re.compile(
    r"\b(vote|voted|votes|a vote|general|primary|runoff|special|municipal|municipale|municipales|presid\w*|"
    r"legis\w*|europ\w*|region\w*|depart\w*|referendum|scrutin|election|elections|tour|t1|t2|participation|turnout)\b"
)
_YEAR = re.compile(r"(?:^|\D)((?:19|20)\d\d|\d\d)(?:\D|$)")
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_LOOKS = {"email": "@", "phone": r"(\d\D*){7}"}  # what at least some of the cells must hold
_ORIGINS = {
    Kind.ROLL: Origin.OFFICIAL,
    Kind.CANVASS: Origin.OBSERVED,
    Kind.APPEND: Origin.BOUGHT,
    Kind.EXPERIMENT: Origin.RESEARCH,
}
_ENOUGH = 0.8  # share of the filled cells that must look like what a nameless column is taken for


def guess(name: str, sample: pa.RecordBatch, region: str) -> Mapping:
    """A mapping for a list of which `sample` holds the first rows. `name`: how to call it; `region`: ISO 3166.

    The result satisfies `rules.check` unless no column at all was recognised.
    """
    headers = tuple(sample.schema.names)
    export = shipped.recognise(headers)
    if export is not None:
        mapping = shipped.fit(export, headers)
        return msgspec.structs.replace(mapping, columns=_typed(mapping.columns, sample))
    columns = _columns(sample, region)
    kind = _kind(columns)
    order = _date_order(columns, sample, region)
    return Mapping(
        list_name=name,
        kind=kind,
        mode=Mode.SNAPSHOT if kind is Kind.ROLL else Mode.DELTA,
        key=_key(columns, sample),
        origin=_ORIGINS.get(kind, Origin.GIVEN),
        format=Format(date_order=order),
        columns=columns,
    )


def _columns(sample: pa.RecordBatch, region: str) -> dict[str, Column]:
    taken: set[str] = set()
    columns: dict[str, Column] = {}
    folded = {header: fold_header(header) for header in sample.schema.names}
    for header in _by_merit(folded):
        cells = sample.column(header)
        column = exactly(folded[header]) or _bearing_out(nearly(folded[header]), cells) or Column()
        column = (
            _refine(column, folded, header, cells) if column.target else _by_values(folded[header], cells)
        )
        column = _second(column, folded[header], taken)
        if not is_target(column.target) or (column.target in taken and column.target not in _LOOKS):
            column = Column()
        taken.add(column.target)
        columns[header] = column
    ordered = {header: columns[header] for header in sample.schema.names}
    if not any(exactly(words) or nearly(words) for words in folded.values()):
        ordered = by_shape(sample, ordered)
    return _without_doubles(_typed(_numbered(ordered, list(columns)), sample))


def _second(column: Column, words: str, taken: set[str]) -> Column:
    """A second column of given names or surnames ("first name 2") as what it is beside the first."""
    further = {"given_name": "middle_name", "surname": "birth_surname"}.get(column.target)
    twice = further and column.target in taken and further not in taken and re.search(r"\D2$", words)
    return Column(target=further) if further and twice else column


def _numbered(columns: dict[str, Column], merit: list[str]) -> dict[str, Column]:
    """Several telephone numbers or e-mail addresses numbered, the best first."""
    found = dict(columns)
    for target in _LOOKS:
        alike = [header for header in merit if columns[header].target == target]
        for part, header in enumerate(alike if len(alike) > 1 else [], start=1):
            found[header] = msgspec.structs.replace(columns[header], part=part)
    return found


def _by_merit(folded: dict[str, str]) -> list[str]:
    """Headers in the order in which they claim a target: a mobile before a landline, "email" before "email 2"."""
    last = ("home", "fixe", "landline", "work", "domicile", "bureau tel", "mailing", "postal")

    def merit(header: str) -> int:
        words = folded[header]
        unsure = exactly(words) is None
        return (
            4 * unsure + 2 * any(word in words.split() for word in last) + bool(re.search(r"\b[2-9]$", words))
        )

    return sorted(folded, key=merit)


def _refine(column: Column, folded: dict[str, str], header: str, cells: pa.Array) -> Column:
    """What the other columns and the values make of a header's word."""
    others = {
        (exactly(words) or nearly(words) or Column()).target
        for other, words in folded.items()
        if other != header
    }
    has_given = bool(others & {"given_name", "given_names"})
    if column.target == "full_name" and (has_given or "surname" in others):
        return (
            Column(target="surname")
            if "surname" not in others and folded[header] in ("name", "noms")
            else Column()
        )
    if column.target == "surname" and folded[header] == "nom" and not has_given and _word_count(cells) >= 1.5:
        column = Column(target="full_name")
    if column.target == "full_name":
        return Column(target="full_name", order=names.name_order(cells))
    if column.target == "street" and not others & {"house_number"} and _starts_with_number(cells):
        return Column(target="address_line")
    if (
        column.target == "house_number"
        and folded[header] in ("n", "no", "num", "number", "numero")
        and not (others & {"street", "address_line"})
    ):
        return Column()
    if column.target in CONSENTS and not _is_yes_no(cells):
        return Column()
    if column.target in _LOOKS and _share(cells, _LOOKS[column.target]) < 0.3:
        return Column()
    if column.target == "birth_date" and dates.date_share(cells) < 0.3 and _share(cells, r"^\d{4}$") < 0.3:
        return Column()
    if column.target == "age" and others & {"birth_date", "birth_year"}:
        return Column()
    return column


def _bearing_out(column: Column | None, cells: pa.Array) -> Column | None:
    """What a header seems to mean, if the values bear it out."""
    if column is None or not len(clean(cells.unique()).drop_null()):
        return column
    match column.target:
        case "birth_date":
            return column if dates.date_share(cells) >= _ENOUGH else None
        case "birth_year":
            return column if _share(cells, r"^(1[5-9]|20)\d\d(\.0)?$") >= _ENOUGH else None
        case "email":
            return column if _share(cells, _EMAIL) >= 0.5 else None
        case "sex":
            return column if _is_sex(cells) else None
        case "postcode" | "house_number":
            return column if _share(cells, r"\d") >= _ENOUGH else None
        case (
            "given_name" | "given_names" | "surname" | "birth_surname" | "full_name" | "city" | "middle_name"
        ):
            return column if _share(cells, r"\d") <= 0.5 else None
    return column


def _is_sex(cells: pa.Array) -> bool:
    filled = clean(cells.unique()).drop_null()
    reading = codes.sexes(filled, None)
    return len(filled) <= 12 and pc.sum(pc.is_valid(reading.values)).as_py() >= 0.5 * len(filled)


def _by_values(words: str, cells: pa.Array) -> Column:
    """A column whose name says nothing, by its values: an e-mail address, a birth date, a vote."""
    filled = clean(cells.unique()).drop_null()
    if not len(filled):
        return Column()
    if _share(filled, _EMAIL) >= _ENOUGH:
        return Column(target="email")
    if re.search(r"\b(birth|born|naissance|ne|nee|dob)\b", words) and dates.date_share(cells) >= _ENOUGH:
        return Column(target="birth_date")
    if _is_vote(words, filled):
        return _vote(words, cells, filled)
    return Column()


def _is_vote(words: str, filled: pa.Array) -> bool:
    named = bool(_VOTE_WORDS.search(words)) or bool(re.fullmatch(r"[gp] ?(19|20)\d\d", words))
    return (
        named
        and bool(_YEAR.search(words))
        and len(filled) <= 12
        and pc.max(pc.utf8_length(filled)).as_py() <= 12
    )


def _vote(words: str, cells: pa.Array, filled: pa.Array) -> Column:
    short = re.fullmatch(r"([gp]) ?((?:19|20)\d\d)", words)
    name = f"{short[2]}_{'general' if short[1] == 'g' else 'primary'}" if short else words.replace(" ", "_")
    reading = codes.yes_no(filled, None, None, Reason.UNKNOWN_CODE)
    says_no = pc.any(pc.equal(reading.values, "no")).as_py()
    unknown = reading.reasons is not None
    blanks = pc.any(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(cells, "")), "")).as_py()
    return Column(
        target=f"vote:{name}",
        blank="no" if blanks and not says_no else None,
        other="yes" if unknown else None,
    )


def _typed(columns: dict[str, Column], sample: pa.RecordBatch) -> dict[str, Column]:
    """Attributes that were taken for numbers or dates but hold words become text."""
    found: dict[str, Column] = {}
    for header, column in columns.items():
        cells = clean(sample.column(header).unique()).drop_null()
        unfit = column.type == "number" and len(cells) and _number_share(cells) < _ENOUGH
        unfit = unfit or (column.type == "date" and len(cells) and dates.date_share(cells) < _ENOUGH)
        found[header] = msgspec.structs.replace(column, type=None, order=None) if unfit else column
    return found


def _without_doubles(columns: dict[str, Column]) -> dict[str, Column]:
    """Without whole lines or names where their parts are columns of their own."""
    targets = {column.target for column in columns.values()}
    drop = set()
    if "house_number" in targets and "street" in targets:
        drop.add("address_line")
    elif "house_number" in targets and "address_line" in targets:
        columns = {
            header: Column(target="street") if column.target == "address_line" else column
            for header, column in columns.items()
        }
    if "given_name" in targets:
        drop.add("given_names")
    if "birth_date" in targets:
        drop |= {"age"}
    return {header: Column() if column.target in drop else column for header, column in columns.items()}


def _key(columns: dict[str, Column], sample: pa.RecordBatch) -> tuple[str, ...]:
    """The column that is called an identifier and tells all rows of the sample apart; none if there is none."""
    folded = {fold_header(header): header for header in reversed(sample.schema.names)}
    for words in known().keys:
        header = folded.get(words)
        if header is not None and _is_unique(sample.column(header)):
            return (header,)
    numbers = [header for header, column in columns.items() if column.target == "registration_number"]
    return tuple(numbers[:1]) if numbers and _is_unique(sample.column(numbers[0])) else ()


def _kind(columns: dict[str, Column]) -> Kind:
    targets = {column.target for column in columns.values()} | {column.prefix for column in columns.values()}
    for kind, telling in known().kinds.items():
        if any(target in targets for target in telling):
            return Kind(kind)
    return Kind.OTHER


def _date_order(columns: dict[str, Column], sample: pa.RecordBatch, region: str) -> DateOrder | None:
    """The order of the list's dates, judged by its birth dates first."""
    fallback: DateOrder = "mdy" if region == "US" else "dmy"
    dated = [h for h, c in columns.items() if c.target == "birth_date"] + [
        h for h, c in columns.items() if c.type == "date"
    ]
    if not dated:
        return None
    order = dates.date_order(sample.column(dated[0]), fallback)
    if order == "ymd" and len(dated) > 1:
        return (
            dates.date_order(sample.column(dated[1]), fallback)
            if dates.date_share(sample.column(dated[1]))
            else order
        )
    return order


def _is_unique(cells: pa.Array) -> bool:
    filled = clean(cells)
    return (
        len(filled) > 0 and filled.null_count == 0 and pc.count_distinct(filled).as_py() >= 0.98 * len(filled)
    )


def _is_yes_no(cells: pa.Array) -> bool:
    filled = clean(cells.unique()).drop_null()
    reading = codes.yes_no(filled, None, None, Reason.UNREADABLE_CONSENT)
    return reading.reasons is None or reading.reasons.null_count >= 0.5 * len(filled)


def _number_share(cells: pa.Array) -> float:
    reading = codes.numbers(cells)
    return 1.0 if reading.reasons is None else reading.reasons.null_count / len(cells)


def _word_count(cells: pa.Array) -> float:
    filled = clean(cells.unique()).drop_null()
    return float(pc.mean(pc.add(pc.count_substring(filled, " "), 1)).as_py() or 0)


def _starts_with_number(cells: pa.Array) -> bool:
    return bool(pc.any(pc.is_valid(clean(cells))).as_py()) and _share(cells, r"^\d+\D") >= 0.3


def _share(cells: pa.Array, pattern: str) -> float:
    """The share of the distinct filled cells that match; 1 where there is none to tell otherwise."""
    filled = clean(cells.unique()).drop_null()
    return float(pc.mean(pc.match_substring_regex(filled, pattern)).as_py()) if len(filled) else 1.0
