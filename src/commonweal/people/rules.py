"""Which list wins, for each field of a person: declared as data, decided per batch.

Fields fall into groups that follow one rule. A rule puts the batches into an order, best first; a person's value
is the one of the best batch that gives any, and within a batch of its first line. Because the order is of
batches, a profile needs no sort of its millions of records.

Consent follows no list's rank: the strictest word counts. A "no" from any list holds until the person says
"yes" on a later day; a "yes" that the person did not give themself never outweighs a "no".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from commonweal.intake.model import Kind, Origin
from commonweal.people.errors import BadSourcesRank, near
from commonweal.people.model import ListBatch, ListColumn

MOST_BATCHES = 1 << 16
MOST_LINES = 1 << 30  # a line number beyond shares the last place of its batch

# How far a kind of list can be trusted with what an office checks: names, births, where someone votes.
_OFFICIAL_ORDER = (
    Kind.ROLL,
    Kind.CANVASS,
    Kind.SIGNUPS,
    Kind.DONORS,
    Kind.EXPERIMENT,
    Kind.OTHER,
    Kind.APPEND,
)

# Origins that stand behind the others, because nobody asked the person or looked.
_SECOND_HAND = (Origin.BOUGHT,)

SortKey = tuple[int, ...]
Rule = Callable[[ListBatch], SortKey]


def official_first(batch: ListBatch) -> SortKey:
    """Roll, canvass, sign-ups, donors, then what was bought; of one kind the newest."""
    return (_OFFICIAL_ORDER.index(batch.kind), -batch.as_of.toordinal(), -batch.batch_id)


def own_word_first(batch: ListBatch) -> SortKey:
    """What the person gave; then what an office or a canvasser knows; bought last. Then the newest."""
    return (batch.origin is not Origin.GIVEN, *newest_first(batch))


def newest_first(batch: ListBatch) -> SortKey:
    """The newest date that a list is true for, what was bought behind the rest; then by kind of list."""
    second_hand = batch.origin in _SECOND_HAND or batch.kind is Kind.APPEND
    return (second_hand, -batch.as_of.toordinal(), _OFFICIAL_ORDER.index(batch.kind), -batch.batch_id)


@dataclass(frozen=True)
class Group:
    """Fields under one rule. Each is chosen by itself, but an address, a place and a birth come as one."""

    fields: tuple[str, ...]
    rule: Rule


GROUPS: dict[str, Group] = {
    "name": Group(
        ("title", "given_name", "middle_name", "surname", "birth_surname", "name_suffix"), official_first
    ),
    "birth": Group(("birth_date", "birth_year"), official_first),
    "sex": Group(("sex",), official_first),
    "registration": Group(("registration_number",), official_first),
    "area": Group(("area_code",), official_first),
    "address": Group(
        ("house_number", "street", "unit", "postcode", "city", "state", "country"),
        newest_first,
    ),
    "location": Group(("latitude", "longitude"), newest_first),
    "email": Group(("email",), own_word_first),
    "phone": Group(("phone",), own_word_first),
    "household": Group(("household_key",), official_first),
    "votes": Group((), official_first),
    "attributes": Group((), own_word_first),
}

# A key travels with the field it was computed from.
KEY_OF: dict[str, str] = {
    "given_key": "given_name",
    "surname_key": "surname",
    "birth_surname_key": "birth_surname",
    "street_key": "street",
    "city_key": "city",
    "address_key": "street",
    "email_key": "email",
}

CONSENTS = ("consent_door", "consent_phone", "consent_sms", "consent_email", "consent_post")

# Columns of a list that stand for several fields.
COMPOSITES: dict[str, tuple[str, ...]] = {
    "full_name": ("title", "given_name", "middle_name", "surname", "name_suffix"),
    "given_names": ("given_name", "middle_name"),
    "address_line": ("house_number", "street", "unit", "postcode", "city", "state", "country"),
    "birth_date": ("birth_year",),
    "age": ("birth_year",),
}


def ranks(batches: Sequence[ListBatch], group: str, preferred: Sequence[str] = ()) -> dict[int, int]:
    """The place of each batch (0 = wins) in a group; `preferred` names lists or kinds that go first, in order."""

    def order(batch: ListBatch) -> tuple[int, SortKey]:
        return _preference(batch, preferred), GROUPS[group].rule(batch)

    return {batch.batch_id: place for place, batch in enumerate(sorted(batches, key=order))}


def _preference(batch: ListBatch, preferred: Sequence[str]) -> int:
    places = [preferred.index(name) for name in (batch.source, batch.kind.value) if name in preferred]
    return min(places, default=len(preferred))


def consent_ranks(batches: Sequence[ListBatch]) -> dict[tuple[int, str], int]:
    """The place of each (batch, "yes" | "no") for consent: the answer with the lowest place holds.

    First all "no" and all "yes" that the person gave, newest day first, on one day "no" before "yes"; behind
    them every "yes" that somebody else claims.
    """
    answers = [(batch, answer) for batch in batches for answer in ("no", "yes")]

    def order(pair: tuple[ListBatch, str]) -> SortKey:
        batch, answer = pair
        claimed = answer == "yes" and batch.origin is not Origin.GIVEN
        return (claimed, -batch.as_of.toordinal(), answer == "yes", -batch.batch_id)

    return {
        (batch.batch_id, answer): place for place, (batch, answer) in enumerate(sorted(answers, key=order))
    }


def check_preferences(preferences: Mapping[str, Iterable[str]]) -> None:
    """Raise BadSourcesRank unless every name in [sources_rank] is a group of fields."""
    for name in preferences:
        if name not in GROUPS:
            raise BadSourcesRank(**near(name, GROUPS))


def column_of(columns: Mapping[str, ListColumn], target: str) -> ListColumn | None:
    """The column behind a target, also where one column stands for several fields."""
    if target in columns:
        return columns[target]
    return next(
        (columns[name] for name, parts in COMPOSITES.items() if target in parts and name in columns), None
    )
