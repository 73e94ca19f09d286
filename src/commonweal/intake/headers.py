"""What a column is called: by the words of headers.toml, and where none fits, by what the header seems to mean.

Lists dress their headers up: "patient_first_name", "Provider Business Practice Location Address City Name",
"date_naiss", "postcode_fake". A meaning read from such a header is a guess, which the values have to bear out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from commonweal.intake.model import Column
from commonweal.intake.rules import fold_header


@dataclass(frozen=True)
class Words:
    """headers.toml: which column each folded header stands for."""

    columns: dict[str, Column]
    closed_up: dict[str, Column]  # without the spaces: "givenname"
    keys: tuple[str, ...]
    kinds: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def known() -> Words:
    """The words, read once."""
    text = (resources.files("commonweal.intake") / "headers.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    columns: dict[str, Column] = {}

    def note(headers: Iterable[str], column: Column) -> None:
        for header in headers:
            columns.setdefault(fold_header(header), column)

    for target, headers in data["fields"].items():
        note(headers, Column(target=target))
    for target, headers in data["refusals"].items():
        note(headers, Column(target=target, refusal=True))
    for name, headers in data["attributes"].items():
        note(headers, Column(target=f"attribute:{name}"))
    for name, headers in data["numbers"].items():
        note(headers, Column(target=f"attribute:{name}", type="number"))
    for name, headers in data["dates"].items():
        note(headers, Column(target=f"attribute:{name}", type="date"))
    for category, members in data["sensitive"].items():
        for name, headers in members.items():
            note(headers, Column(target=f"attribute:{name}", sensitive=category))
    kinds = {kind: tuple(targets) for kind, targets in data["kinds"].items()}
    closed_up: dict[str, Column] = {}
    for header, column in columns.items():
        if len(header.replace(" ", "")) > 3:
            closed_up.setdefault(header.replace(" ", ""), column)
    return Words(columns, closed_up, tuple(map(fold_header, data["keys"]["names"])), kinds)


# What a header may say of whose column it is, or in which state: it adds nothing.
_DRESS = re.compile(
    r"\b(provider|person|patient|customer|client|voter|contact|donor|applicant|owner|employee|student|individual|"
    r"res|residential|resident|residence|primary|principal|principale|main|current|actuel|actuelle|legal|business|"
    r"practice|location|std|norm|normalised|normalized|clean|cleaned|raw|orig|original|fake|new|value|txt|text|str|"
    r"field|col|desc|lbl|the|of|left|right|usuel|usuelle|c\d|d|du|de|des|la|le|l|s|e|es|x|\d+)\b"
)
_BIRTH = (
    r"\b(dob|ddn|dnaiss\w*|b ?day|b ?date|bdt|bd|birth\w*|born|naiss\w*|nais|datenaiss\w*|ne|nee|geb\w*)\b"
)
_PLACE = r"place|lieu|commune|city|town|ville|country|pays|state|dep|departement|county|province|ort|comm\w*"

# Meanings in the order in which they are tried: target ("" for a column that is none of a person's fields), the
# pattern that tells it, and the pattern that tells against it.
_MEANINGS: tuple[tuple[str, re.Pattern[str], re.Pattern[str] | None], ...] = tuple(
    (target, re.compile(pattern), re.compile(against) if against else None)
    for target, pattern, against in (
        ("", r"\b(fax|deces|death|died|deceased|dod|spouse|conjoint|mother|father|mere|pere|parent|ip|web|url)\b", ""),
        ("", r"\b(created|updated|modified|registered|inscription|signup|status|statut|type|flag|indicator)\b", ""),
        ("email", r"\b(e ?mails?|courriels?|eml|mel)\b", ""),
        ("phone", r"\b(phones?|telephones?|tel|mobiles?|cell\w*|portable|gsm|telno|phoneno|phn\w*|ph|tlf|tph)\b", ""),
        ("", rf"({_BIRTH}).*\b({_PLACE}|month|mois|day|jour)\b|\b({_PLACE})\b.*({_BIRTH})|\b(lieu|comm|pays)naiss", ""),
        ("full_name", r"\b(full|complete|whole)\b.*\bname|\bnoms?\b.*\bprenoms?\b|\bprenoms?\b.*\bnoms?\b|nomprenoms?", ""),
        ("full_name", r"\b(first|given)( name)? and (sur|last|family) ?name\b", ""),
        ("middle_name", r"\b(middle|mid|midl|mname|second name|(2e|deuxieme|autres?|second) prenoms?|prenoms? [2-9])\b", ""),
        ("birth_surname", r"\b(maiden|jeune fille|patronym\w*|nom naissance|birth (sur|last|family) ?name|birth name)\b", ""),
        ("birth_year", rf"({_BIRTH}).*\b(year|annee|an|yr|yyyy)\b|\b(year|annee|an|yr)\b.*({_BIRTH})|\byob\b", ""),
        ("birth_date", _BIRTH, r"\b(order|rank|rang|weight|poids|name|nom)\b"),
        ("name_suffix", r"\b(suffix\w*|jr sr)\b", ""),
        ("given_names", r"\bprenoms\b|\b(given|fore|first) ?names\b", ""),
        ("given_name", r"\b(first|given|fore|christian) ?(name|nm)\b|\b(fname|gname|firstn|givenn|prenom|fn|fst|vorname)\b", ""),
        ("surname", r"\b(last|sur|family) ?(name|nm)s?\b|\b(lname|sname|surname|nom|ln|lst|nachname|familyname)\b", r"\bnom (rue|voie|commune|ville|pays|liste)\b"),
        ("title", r"\b(civilite|salutation|honorific|name prefix)\b", ""),
        ("sex", r"\b(sexe?|gender|genre|gen|gndr)\b", ""),
        ("postcode", r"\b(zip\w*|post ?codes?|postal|codpost\w*|code post\w*|cp|c p|plz|pcode)\b", r"\b(adresse|address)\b(?!.*\b(zip|post\w*|code)\b)"),
        ("house_number", r"\b(house|street|str|building|voie|rue|hse) ?(no|num\w*|nbr|nr|n)\b|\b(n|no|num|numero|nr)\b.*\b(voie|rue)\b", ""),
        ("unit", r"\b(apt|apartment|unit|flat|suite|complement|batiment|appartement|appt)\b|\b(line|address|addr|adresse|adr) ?[2-9]\b|\bsecond line\b", ""),
        ("city", r"\b(city|cty|town|ville|commune|suburb|locality|localite|municipality|wohnort)\b", r"\b(id|code|insee)\b"),
        ("state", r"\b(state|province)\b", r"\b(id|license|licence)\b"),
        ("country", r"\b(country|pays)\b", ""),
        ("address_line", r"\b(address\w*|addr\w*|adresses?|adr|domicile|first line)\b", r"\b(id|code)\b"),
        ("street", r"\b(streets?|road|voie|rue|str|strasse)\b", r"\b(id|code|type)\b"),
        ("area_code", r"\b(precinct|bureau)\b", ""),
        ("full_name", r"\bnames?\b", r"\b(user|file|list|company|organi[sz]ation|school|nick|business|middle)\b"),
    )
)  # fmt: skip


def exactly(header: str) -> Column | None:
    """What a folded header of headers.toml stands for, with or without its spaces."""
    words = known()
    return words.columns.get(header) or words.closed_up.get(header.replace(" ", ""))


def nearly(header: str) -> Column | None:
    """What a folded header seems to mean."""
    bare = " ".join(_DRESS.sub(" ", header).split())
    found = exactly(bare) if bare and bare != header else None
    if found:
        return found
    for words_ in (header, bare):
        for target, pattern, against in _MEANINGS:
            if pattern.search(words_) and not (against and against.search(words_)):
                return Column(target=target) if target else None
    return None
