"""What stands in the lake: every table's schema, declared in one place.

Later rooms read an earlier room's table by its name here, so that reading needs no import. A *kept* table
cannot be computed again and goes into the backup; a *derived* table can be dropped and rebuilt from its
inputs. A change of schema raises `version`. A column that is only added is null in the files of before (`LakeTable.added`); for any
other change a kept table needs an upgrader, and a derived one is rebuilt.

Types are those that DuckDB, Spark and PostgreSQL read alike: no unsigned integers, no enums, no decimals.
Identifiers are opaque signed 64-bit integers (see `commonweal.store.ids`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True)
class LakeTable:
    """One table of the lake. `partition` says what one partition's files hold; `added`: columns that came with a later
    `version` than the first, with that version: in files of an earlier one they are null.
    """

    name: str
    about: str
    schema: pa.Schema
    kept: bool = False
    version: int = 1
    added: Mapping[str, int] = field(default_factory=dict)
    partition: str = "whole"
    row_group: int = 122_880  # rows; small where single rows are looked up (see Lake.find)


_TEXT = pa.string()
_ID = pa.int64()

# The fields of a person that a list may give, with their type; a profile chooses one value for each.
PERSON_FIELDS: dict[str, pa.DataType] = {
    "title": _TEXT,
    "given_name": _TEXT,
    "middle_name": _TEXT,
    "surname": _TEXT,
    "birth_surname": _TEXT,
    "name_suffix": _TEXT,
    "sex": _TEXT,  # "f", "m", "x"
    "birth_date": pa.date32(),
    "birth_year": pa.int16(),
    "house_number": _TEXT,
    "street": _TEXT,
    "unit": _TEXT,
    "postcode": _TEXT,
    "city": _TEXT,
    "state": _TEXT,
    "country": _TEXT,  # ISO 3166-1 alpha-2
    "area_code": _TEXT,
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "email": _TEXT,
    "phone": _TEXT,  # E.164
    "registration_number": _TEXT,
    "household_key": _TEXT,  # a household named by the list itself
    "consent_door": _TEXT,  # "yes", "no" or null, as the list says
    "consent_phone": _TEXT,
    "consent_sms": _TEXT,
    "consent_email": _TEXT,
    "consent_post": _TEXT,
}

# Computed once at intake, so that no engine folds, strips or hashes text in its own way.
KEY_FIELDS: dict[str, pa.DataType] = {
    "given_key": _TEXT,  # folded: lower case, ASCII, letters and single spaces
    "surname_key": _TEXT,
    "birth_surname_key": _TEXT,
    "street_key": _TEXT,
    "city_key": _TEXT,
    "address_key": _TEXT,  # house number + street + postcode (or city), folded; null without a street
    "email_key": _TEXT,  # lower case, tags and Gmail dots removed
}

IDENTITY_KEYS = 40  # columns for the keys of identity.blocking.BLOCKS; those beyond are empty

_LIST = [
    LakeTable(
        "intake.raw",
        "Every input row as it came, as text, in the order of the batch's columns.",
        pa.schema([("batch_id", pa.int32()), ("line", pa.int64()), ("cells", pa.list_(_TEXT))]),
        kept=True,
        partition="batch",
    ),
    LakeTable(
        "intake.record",
        "One row a record: the mapped and normalised values of one input row. A record keeps its id while its "
        "list gives the same key again.",
        pa.schema(
            [
                ("record_id", _ID),
                ("batch_id", pa.int32()),
                ("source", _TEXT),
                ("line", pa.int64()),
                ("key", _TEXT),
                ("row_hash", _ID),
                *PERSON_FIELDS.items(),
                *KEY_FIELDS.items(),
                ("tags", pa.list_(_TEXT)),
            ]
        ),
        partition="batch",
    ),
    LakeTable(
        "intake.vote",
        "Who voted when, as a list says: long, one row a record and election with a known answer.",
        pa.schema([("batch_id", pa.int32()), ("record_id", _ID), ("election", _TEXT), ("voted", pa.bool_())]),
        partition="batch",
    ),
    LakeTable(
        "intake.attribute",
        "Any further attribute: long, one row a record and attribute; `number` where the mapping says number.",
        pa.schema(
            [
                ("batch_id", pa.int32()),
                ("record_id", _ID),
                ("name", _TEXT),
                ("text", _TEXT),
                ("number", pa.float64()),
            ]
        ),
        partition="batch",
    ),
    LakeTable(
        "intake.quarantine",
        "Rows that are no records, with their cells as they came, and single values that were set aside (cells null).",
        pa.schema(
            [
                ("batch_id", pa.int32()),
                ("line", pa.int64()),
                ("reason", _TEXT),
                ("column", _TEXT),
                ("value", _TEXT),
                ("cells", pa.list_(_TEXT)),
            ]
        ),
        kept=True,
        partition="batch",
    ),
    LakeTable(
        "identity.link",
        "Which person each living record belongs to, and by what evidence (sure_key, model, alone).",
        pa.schema(
            [
                ("record_id", _ID),
                ("person_id", _ID),
                ("evidence", _TEXT),
                ("probability", pa.float64()),  # of the record's strongest link; null when alone
            ]
        ),
    ),
    LakeTable(
        "identity.household",
        "Which household each person lives in, and by what evidence (list, address_surname, address, phone, alone).",
        pa.schema([("person_id", _ID), ("household_id", _ID), ("evidence", _TEXT)]),
    ),
    LakeTable(
        "identity.key",
        "What a record was blocked by at the last run (see identity.blocking), and fingerprints: of where it says that its "
        "person is, and of all that it was compared by. Rows in the partition `changes` stand for those in `base`; a record without a fingerprint is gone.",
        pa.schema(
            [("record_id", _ID), ("content", _ID)]
            + [(name, _ID) for name in ("door", "town", "phone", "named")]
            + [(f"key_{n}", pa.int32()) for n in range(IDENTITY_KEYS)]
        ),
        partition="base, and changes since",
    ),
    LakeTable(
        "identity.pair",
        "The pairs that were compared and may be one person: log2 odds that they are, and whether a number says so for "
        "sure. Rows in the partition `changes` stand for those in `base`; a pair without odds is no more.",
        pa.schema(
            [("record_id", _ID), ("other_record_id", _ID), ("weight", pa.float64()), ("sure", pa.bool_())]
        ),
        partition="base, and changes since",
    ),
    LakeTable(
        "identity.seen",
        "Each record as the last run saw it: the batch that gave it, whether it was on its list, its registration number "
        "(a fingerprint, -1: none), and the first of the records that it is joined with by anything that speaks for it.",
        pa.schema(
            [
                ("record_id", _ID),
                ("batch_id", pa.int32()),
                ("active", pa.bool_()),
                ("number", pa.int32()),
                ("component", _ID),
            ]
        ),
    ),
    LakeTable(
        "identity.frequency",
        "How many records shared a value of a column when a census was taken (identity.census), by its fingerprint.",
        pa.schema([("column", _TEXT), ("value", _ID), ("times", _ID)]),
    ),
    LakeTable(
        "people.profile",
        "One row a living person: for each field the chosen value and its origin (see people.origin).",
        pa.schema(
            [
                ("person_id", _ID),
                ("household_id", _ID),
                ("household_size", pa.int32()),
                *PERSON_FIELDS.items(),
                *((f"{name}_origin", pa.int32()) for name in PERSON_FIELDS),
                *KEY_FIELDS.items(),  # each from the record that gave its field
                ("tags", pa.list_(_TEXT)),
                ("records", pa.int32()),
                ("sources", pa.int32()),
                ("lists", pa.list_(_TEXT)),  # the names of those sources
            ]
        ),
    ),
    LakeTable(
        "people.origin",
        "What a small origin number stands for: the batch, list and column that gave a value.",
        pa.schema(
            [
                ("origin", pa.int32()),
                ("batch_id", pa.int32()),
                ("source", _TEXT),
                ("column", _TEXT),
                ("purpose", _TEXT),
                ("legal_basis", _TEXT),
            ]
        ),
    ),
    LakeTable(
        "people.vote",
        "Who voted when, one row a person and election with a known answer.",
        pa.schema([("person_id", _ID), ("election", _TEXT), ("voted", pa.bool_()), ("origin", pa.int32())]),
    ),
    LakeTable(
        "people.attribute",
        "Any further attribute of a person: one row a person and attribute.",
        pa.schema(
            [
                ("person_id", _ID),
                ("name", _TEXT),
                ("text", _TEXT),
                ("number", pa.float64()),
                ("origin", pa.int32()),
            ]
        ),
    ),
    LakeTable(
        "interactions.event",
        "Old interactions, as the ledger had them. A partition holds the persons of one 64th of all ids and one quarter of "
        "receipt (`07/2027-q1`), sorted by subject: one person's rows are found by the row groups' statistics.",
        pa.schema(
            [
                ("event_id", _TEXT),
                ("sender", _TEXT),
                ("kind", _TEXT),
                ("occurred_at", pa.timestamp("us", "UTC")),
                ("received_at", pa.timestamp("us", "UTC")),
                ("received_on", pa.date32()),
                ("subject", _ID),
                ("record_id", _ID),
                ("contact_point", _ID),
                ("household_id", _ID),
                ("channel", _TEXT),
                ("direction", _TEXT),
                ("claim_id", _ID),
                ("message_version", _TEXT),
                ("arm", _TEXT),
                ("source_code", _TEXT),
                ("actor", _TEXT),
                ("device", _TEXT),
                ("result", _TEXT),
                ("answers", _TEXT),  # JSON
                ("cost", pa.int64()),  # minor units of the campaign's money
                ("corrects", _TEXT),
            ]
        ),
        kept=True,
        partition="persons and quarter",
        row_group=4_096,
    ),
    LakeTable(
        "experiments.assignment",
        "Who was assigned to which arm of which experiment; the household is the unit that was drawn.",
        pa.schema([("experiment", _TEXT), ("person_id", _ID), ("household_id", _ID), ("arm", _TEXT)]),
        kept=True,
        partition="experiment",
    ),
    LakeTable(
        "experiments.exploration",
        "Whom a plan that explores drew: the arm (an option's, or the control: left alone), the chance of that by design, and by "
        "which options the person could have been reached. Which plan's draw counts stands in the ledger.",
        pa.schema(
            [
                ("plan_id", pa.int32()),
                ("person_id", _ID),
                ("household_id", _ID),
                ("arm", _TEXT),
                ("chance", pa.float64()),
                ("could", pa.list_(_TEXT)),
            ]
        ),
        kept=True,
        partition="plan",
    ),
    LakeTable(
        "scoring.score",
        "Scores of a person, 0-100, each with its 95% interval; null where no model could be trained.",
        pa.schema(
            [
                ("person_id", _ID),
                ("turnout", pa.float32()),
                ("turnout_low", pa.float32()),
                ("turnout_high", pa.float32()),
                ("support", pa.float32()),
                ("support_low", pa.float32()),
                ("support_high", pa.float32()),
            ]
        ),
    ),
    LakeTable(
        "scoring.area_support",
        "Support by area, 0-100, with its 95% interval, where the law forbids to guess it of persons; the area '' "
        "stands for all others. answers: how many it rests on.",
        pa.schema(
            [
                ("area_code", _TEXT),
                ("support", pa.float32()),
                ("low", pa.float32()),
                ("high", pa.float32()),
                ("answers", pa.int64()),
            ]
        ),
    ),
    LakeTable(
        "scoring.effect",
        "What one contact by an option adds to a person's turnout and support, as changes of probability, each "
        "with its standard error; `segment` joins scoring.effect_draw.",
        pa.schema(
            [
                ("person_id", _ID),
                ("option", _TEXT),
                ("segment", pa.int16()),
                ("d_turnout", pa.float32()),
                ("d_support", pa.float32()),
                ("se_turnout", pa.float32()),
                ("se_support", pa.float32()),
            ]
        ),
    ),
    LakeTable(
        "scoring.effect_draw",
        "Joint draws of the error of the effects, shared by all persons of a segment: a plan's interval adds them up.",
        pa.schema(
            [
                ("option", _TEXT),
                ("segment", pa.int16()),
                ("draw", pa.int16()),
                ("d_turnout", pa.float32()),
                ("d_support", pa.float32()),
            ]
        ),
    ),
    LakeTable(
        "planning.contact",
        "A plan, one row a contact and person, or one for a person without any: the chosen option or why none, its gain in "
        "votes, the day it is meant for where the plan has days, and what came second.",
        pa.schema(
            [
                ("plan_id", pa.int32()),
                ("person_id", _ID),
                ("household_id", _ID),
                ("area_code", _TEXT),
                ("option", _TEXT),
                ("reason", _TEXT),
                ("votes", pa.float32()),
                ("votes_error", pa.float32()),
                ("second", _TEXT),
                ("second_votes", pa.float32()),
                ("day", pa.date32()),
            ]
        ),
        version=2,
        added={"day": 2},
        partition="plan",
    ),
]

LAKE: dict[str, LakeTable] = {table.name: table for table in _LIST}
