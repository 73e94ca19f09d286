"""Addresses, French and American: lines taken apart, street and town names, postcodes, countries, keys to match by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from babel import Locale

from commonweal.intake.normalise.text import (
    Reading,
    Text,
    by_distinct,
    clean,
    each,
    fold,
    is_shouted,
    join,
    matched,
)
from commonweal.intake.rules import Reason

ADDRESS_PARTS = ("house_number", "street", "unit", "postcode", "city", "state")

# Small words within French street and town names; directions stay in capitals in American ones.
_SMALL = r"de|du|des|la|le|les|lès|lez|l|d|et|en|à|a|au|aux|sur|sous|of|the|and"
_SMALL_WORD = re.compile(rf"(?<=[ '’-])({_SMALL})(?=[ '’-])|(?<=[ -])[ld](?=['’])", re.IGNORECASE)
_DIRECTION = re.compile(r"\b(ne|nw|se|sw)\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\b\d+(st|nd|rd|th|er|e|eme|ème)\b", re.IGNORECASE)
_ODD = rf"(?i)[ '’-]({_SMALL})[ '’-]|(^| )(ne|nw|se|sw)( |$)|\d\pL"

_NUMBER = r"\d+(?:[-/]\d+)?(?: ?(?:bis|ter|quater)\b|[a-z]\b| 1/2)?"
_FRENCH_NUMBER = r"\d+(?:[-/]\d+)?(?: ?(?:bis|ter|quater)\b| ?[a-h]\b)?"
_UNIT_WORDS = {
    "FR": r"appt?|appartement|apt|b[aâ]t|b[aâ]timent|esc|escalier|[eé]tage|porte|r[eé]s|r[eé]sidence|lot|villa",
    "US": r"apt|apartment|unit|ste|suite|lot|fl|floor|rm|room|bldg|building|trlr|trailer|spc|space|ph",
}
_TAILS = {
    "FR": r"(?i)^(?P<line>.*?)[\s,;-]*\b(?:F-)?(?P<postcode>\d{5})[\s,]+(?P<city>\pL[^\d,]*?)(?P<state>)(?:[\s,]+France)?$",
    "US": r"(?i)^(?P<line>.*?),\s*(?P<city>\pL[^,\d]*),\s*(?P<state>[A-Z]{2}),?\s+(?P<postcode>\d{5}(?:-?\d{4})?)(?:,?\s*(?:USA?|United States))?$",
}

# How a street's type is written in keys. French: the first word in full, by the postal norm NF Z10-011; American:
# the words shortened as by Publication 28 of the United States Postal Service.
_FRENCH_TYPES = {
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "r": "rue",
    "pl": "place",
    "imp": "impasse",
    "all": "allee",
    "allees": "allee",
    "ch": "chemin",
    "che": "chemin",
    "chem": "chemin",
    "rte": "route",
    "sq": "square",
    "crs": "cours",
    "fg": "faubourg",
    "fbg": "faubourg",
    "qu": "quai",
    "res": "residence",
    "lot": "lotissement",
    "pass": "passage",
    "rpt": "rond point",
    "st": "saint",
    "ste": "sainte",
}
_AMERICAN_TYPES = {
    "street": "st",
    "avenue": "ave",
    "av": "ave",
    "boulevard": "blvd",
    "drive": "dr",
    "road": "rd",
    "lane": "ln",
    "court": "ct",
    "circle": "cir",
    "place": "pl",
    "terrace": "ter",
    "trail": "trl",
    "parkway": "pkwy",
    "highway": "hwy",
    "square": "sq",
    "saint": "st",
    "mount": "mt",
    "fort": "ft",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
}
_TYPES = {"FR": _FRENCH_TYPES, "US": _AMERICAN_TYPES}


@dataclass(frozen=True)
class Keys:
    """Folded addresses to match by."""

    street: Text
    city: Text
    address: Text


def address_lines(cells: Text, country: str) -> dict[str, Text]:
    """Whole address lines taken apart: an array for each of ADDRESS_PARTS. What holds no number is all street."""
    encoded = cells.dictionary_encode()
    line = clean(encoded.dictionary)
    style = _style(country)
    found: dict[str, Text] = {}
    tail = pc.extract_regex(line, _TAILS[style])
    for name in ("postcode", "city", "state"):
        found[name] = matched(tail, name)
    line = pc.coalesce(matched(tail, "line"), pc.if_else(pc.is_valid(tail), None, line))
    found["unit"], line = _take_unit(line, style)
    number = _FRENCH_NUMBER if style == "FR" else _NUMBER
    parts = pc.extract_regex(line, rf"(?i)^(?:n[°o]? ?)?(?P<number>{number})[\s,]+(?P<street>.*\pL.*)$")
    found["house_number"] = house_numbers(matched(parts, "number"))
    found["street"] = streets(pc.coalesce(matched(parts, "street"), line))
    found["postcode"] = postcodes(found["postcode"], country)
    found["city"] = cities(found["city"])
    found["state"] = pc.utf8_upper(found["state"])
    return {name: found[name].take(encoded.indices) for name in ADDRESS_PARTS}


def _take_unit(line: Text, style: str) -> tuple[Text, Text]:
    """The flat, stairs or building named after the street or before the number; and the line without it."""
    words = _UNIT_WORDS[style]
    unit = rf"(?:(?:{words})\b\.?|#)\s*(?:n[°o]\s*)?#?\s*[\w-]{{1,8}}"
    after = pc.extract_regex(line, rf"(?i)^(?P<line>.*?\pL.*?)[\s,]+(?P<unit>{unit}(?:[\s,]+{unit})*)$")
    before = pc.extract_regex(line, rf"(?i)^(?P<unit>{unit}(?:[\s,]+{unit})*)[\s,]+(?P<line>\d.*)$")
    found = pc.coalesce(matched(after, "unit"), matched(before, "unit"))
    return found, pc.coalesce(matched(after, "line"), matched(before, "line"), line)


def house_numbers(cells: Text) -> Text:
    """ "0012BIS" reads "12 bis", "7b" reads "7B"; a number of zero is none."""

    def read(distinct: Text) -> Reading:
        cells = pc.utf8_lower(clean(distinct))
        parts = pc.extract_regex(cells, r"^0*(?P<digits>[1-9]\d*) ?(?P<letter>[a-z])?$")
        lettered = pc.binary_join_element_wise(matched(parts, "digits"), pc.utf8_upper(parts.field(1)), "")
        worded = pc.extract_regex(cells, r"^0*(?P<digits>[1-9]\d*) ?(?P<word>bis|ter|quater|b|t|q)$")
        word = pc.binary_join_element_wise(matched(worded, "digits"), matched(worded, "word"), " ")
        full = pc.if_else(pc.match_substring_regex(cells, "(bis|ter|quater)$"), word, lettered)
        rest = pc.if_else(pc.match_substring_regex(cells, r"^[0. ]*$"), None, cells)
        return Reading(pc.coalesce(full, rest))

    return by_distinct(cells, read).values


def streets(cells: Text) -> Text:
    """Street names for display: "RUE DE L'EGLISE" reads "Rue de l'Eglise"."""
    return by_distinct(cells, lambda distinct: Reading(_capitals(clean(distinct)))).values


cities = streets


def postcodes(cells: Text, country: str) -> Text:
    """French: five digits, a lost leading zero given back. American: the first five of ZIP+4. Others in capitals."""

    def read(distinct: Text) -> Reading:
        codes = pc.utf8_upper(clean(distinct))
        if country not in ("FR", "US"):
            return Reading(codes)
        codes = pc.replace_substring_regex(codes, r"\.0$", "")
        if country == "US":
            codes = pc.replace_substring_regex(codes, r"^(\d{5})[- ]?\d{4}$", r"\1")
        else:
            codes = pc.replace_substring_regex(codes, r"^(?:F[- ]?)?(\d{2}) ?(\d{3})$", r"\1\2")
        digits = pc.match_substring_regex(codes, r"^\d{4}$" if country == "FR" else r"^\d{3,4}$")
        return Reading(pc.if_else(digits, pc.utf8_lpad(codes, 5, "0"), codes))

    return by_distinct(cells, read).values


def countries(cells: Text) -> Reading:
    """Countries as ISO 3166-1 alpha-2, from codes or English or French names; UNKNOWN_CODE for others."""

    def read(distinct: Text) -> Reading:
        values = each(clean(distinct), lambda cell: _countries().get(_fold_one(cell)))
        bad = pc.and_(pc.is_valid(clean(distinct)), pc.is_null(values))
        return Reading(values, pc.if_else(bad, Reason.UNKNOWN_CODE.value, pa.scalar(None, pa.string())))

    return by_distinct(cells, read)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    codes: dict[str, str] = {}
    for language in ("en", "fr"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                codes[_fold_one(name)] = code
                codes[code.lower()] = code
    codes |= {
        "usa": "US",
        "us": "US",
        "united states of america": "US",
        "etats unis d amerique": "US",
        "uk": "GB",
    }
    return codes | {"france metropolitaine": "FR", "fra": "FR", "england": "GB", "great britain": "GB"}


def _fold_one(text: str) -> str:
    return str(fold(pa.array([text]), digits=True)[0].as_py() or "")


def keys(house_number: Text, street: Text, postcode: Text, city: Text, country: str) -> Keys:
    """Folded street and town, and the whole address: null without a street."""
    street_key = by_distinct(street, lambda distinct: Reading(_street_keys(distinct, _style(country)))).values
    city_key = by_distinct(city, lambda distinct: Reading(_city_keys(distinct))).values
    number = by_distinct(house_number, lambda distinct: Reading(_number_keys(distinct))).values
    place = pc.coalesce(pc.utf8_lower(postcode), city_key)
    whole = pc.if_else(pc.is_valid(street_key), join([number, street_key, place]), None)
    return Keys(street_key, city_key, whole)


def _street_keys(streets: Text, style: str) -> Text:
    types = _TYPES[style]

    def rewrite(key: str) -> str:
        words = key.split(" ")
        if style == "FR":
            return " ".join([types.get(words[0], words[0]), *(_saint(word) for word in words[1:])])
        return " ".join([words[0], *(types.get(word, word) for word in words[1:])])

    return each(fold(streets, digits=True), rewrite)


def _saint(word: str) -> str:
    return {"st": "saint", "ste": "sainte"}.get(word, word)


def _city_keys(cities: Text) -> Text:
    folded = fold(cities, digits=True)
    folded = pc.replace_substring_regex(folded, r" cedex( \d+)?$", "")
    return pc.replace_substring_regex(folded, r"\bsaint(e?)\b", r"st\1")


def _number_keys(numbers: Text) -> Text:
    folded = fold(numbers, digits=True)
    return pc.replace_substring(folded, " ", "")


def _capitals(cells: Text) -> Text:
    shouted = is_shouted(cells)
    if not pc.any(shouted).as_py():
        return cells
    titled = pc.utf8_title(cells)
    odd = pc.match_substring_regex(titled, _ODD)
    if pc.any(odd).as_py():
        pairs = zip(titled.to_pylist(), odd.to_pylist(), strict=True)
        titled = pa.array([_mend(name) if name and strange else name for name, strange in pairs], pa.string())
    return pc.if_else(shouted, titled, cells)


def _mend(titled: str) -> str:
    small = _SMALL_WORD.sub(lambda found: found[0].lower(), titled)
    ordinals = _ORDINAL.sub(lambda found: found[0].lower(), small)
    return _DIRECTION.sub(lambda found: found[0].upper(), ordinals)


def _style(country: str) -> str:
    return country if country in _TAILS else "US" if country in ("CA", "AU", "GB", "NZ", "IE") else "FR"
