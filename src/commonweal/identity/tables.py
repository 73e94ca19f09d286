"""Lake-side work of identity, as Ibis expressions: they run on DuckDB and on Spark alike.

Text comes folded from intake (`KEY_FIELDS`), so that nothing here depends on an engine's own idea of case,
accents, dates or hashes.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from commonweal.identity import nicknames
from commonweal.identity.comparisons import HOUSEHOLD, UNLEARNT
from commonweal.identity.model import Crowds

# The columns that two records are compared by, besides record_id.
COMPARED = (
    "given_key",
    "given_forms",
    "surname_key",
    "birth_surname_key",
    "name_suffix",
    "sex",
    "birth_date",
    "birth_year",
    "birth_month",
    "birth_day",
    "email_key",
    "phone",
    "door",
    "street_key",
    "postcode",
    "city_key",
    "area_code",
    "registration_number",
)


# The columns of `intake.record` that this is made from.
READ = (
    *(
        "record_id",
        "source",
        "given_key",
        "surname_key",
        "birth_surname_key",
        "name_suffix",
        "sex",
        "birth_date",
    ),
    *(
        "birth_year",
        "email_key",
        "phone",
        "house_number",
        "street_key",
        "unit",
        "postcode",
        "city_key",
        "area_code",
    ),
    *("registration_number", "household_key"),
)

# Further evidence about the person is in columns called so: extra_ and a name. Folded text, null where unknown.
EXTRA = "extra_"
_SAYS_IT = 8.0  # bits of further evidence that no veto stands against


_SWAPPED_SAYS = 12.0  # bits, at least, of a given name and a surname swapped; the surname is silent then

_ASSUMED = 200.0
# More records than this share no birth date, e-mail address or telephone of a person: the value stands for an unknown
# one, or is an office's. Of birth dates it must be this share of all, too; where it is a greater share, the year is
# no year of birth either.
MOST_SHARING = 100
CROWD = 0.002
NO_YEAR = 0.2
FEW = 20  # records that must share a value before its share says anything

# The least number of years between a parent and a child on the rolls.
GENERATION = 14


def extras(table: ir.Table) -> list[str]:
    """The table's columns of further evidence about the person."""
    return [name for name in table.columns if name.startswith(EXTRA)]


_HASH_BITS = 2**62 - 1
_KEY_BITS = 2**31 - 1


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _hash(value) -> int:  # type: ignore[no-untyped-def, empty-body]
    """The engine's own hash of a value of any type; each engine has another."""


def fingerprint(value: ir.Value, bits: int = _HASH_BITS) -> ir.IntegerValue:
    """A number for a value, the same for equal values as long as the engine is the same; null has one too."""
    number: ir.IntegerValue = _hash(value) & bits
    return number


def number_code(value: ir.Value) -> ir.IntegerValue:
    """A fingerprint of 31 bits: what keys are told by, and registration numbers."""
    return fingerprint(value, _KEY_BITS).cast("int32")


def comparable(records: ir.Table, crowds: Crowds) -> ir.Table:
    """Records (columns of `intake.record`, and `extras`) to what they are compared by: record_id, `COMPARED`, extras;
    and to fingerprints of where they say that their person is, called at_….

    Each record by itself: what other records say of its values is in `crowds` (`crowded`).
    """
    short = ibis.memtable(nicknames.table())
    placed = records.left_join(short, records.given_key == short.name)
    dated = fingerprint(placed.birth_date)
    day = ibis.ifelse(dated.isin(crowds.stopgaps), ibis.null("date"), placed.birth_date)
    year = ibis.coalesce(placed.birth_date.year().cast("int32"), placed.birth_year.cast("int32"))
    yearless = placed.birth_date.notnull() & dated.isin(crowds.yearless)
    told = {
        "given_forms",
        "email_key",
        "phone",
        "birth_date",
        "birth_year",
        "birth_month",
        "birth_day",
        "door",
    }
    return placed.select(
        "record_id",
        *extras(records),
        *(name for name in COMPARED if name not in told),
        given_forms=placed.forms,
        email_key=_own_value(placed.email_key, crowds.emails),
        phone=_own_value(placed.phone, crowds.phones),
        door=door(placed),
        given_sound=_sound(placed.given_key),
        surname_sound=_sound(placed.surname_key),
        birth_date=day,
        birth_year=ibis.ifelse(yearless, ibis.null("int32"), year),
        birth_month=day.month().cast("int32"),
        birth_day=day.day().cast("int32"),
        **{f"at_{name}": _told(value) for name, value in _places(placed).items()},
    )


def _places(records: ir.Table) -> dict[str, ir.Value]:
    """Where a record says that its person is: nobody is compared by it (a list's own household is not the person's), but
    who lives together hangs on it."""
    return {
        "door": door(records),
        "town": ibis.coalesce(records.postcode, records.city_key),
        "phone": records.phone,
        "named": records.source.fill_null("") + "|" + records.household_key,
        "unit": records.unit,
    }


def _told(value: ir.Value) -> ir.Value:
    return ibis.ifelse(value.isnull(), ibis.null("int64"), fingerprint(value).cast("int64"))


def _own_value(value: ir.StringValue, crowd: Sequence[int]) -> ir.Value:
    return ibis.ifelse(fingerprint(value).isin(crowd), ibis.null("string"), value)


def crowded(records: ir.Table, column: str) -> ir.Table:
    """Values that more records have than a person or a household may: column (its name), value (a fingerprint), share
    (of the records that have one).

    A birth date of these stands for an unknown one, as 1 January 1900 does; an e-mail address or a telephone is an
    office's, or stands for none.
    """
    known = records.filter(records[column].notnull())
    counted = known.group_by(value=fingerprint(known[column])).aggregate(times=known.count())
    share = counted.times / counted.times.sum().over(ibis.window())
    shared = counted.select("value", "times", share=share)
    crowd = shared.times > MOST_SHARING
    if column == "birth_date":
        crowd &= shared.share > CROWD
    few = (shared.times >= FEW) & (shared.share > NO_YEAR)
    return shared.filter(crowd | few).select("value", "share", column=ibis.literal(column))


def door(records: ir.Table) -> ir.Value:
    """House number and street, without the town, which many a list leaves out; null without a number."""
    return records.house_number.lower() + " " + records.street_key


def counted(comparable: ir.Table, columns: Sequence[str]) -> ir.Table:
    """How many records share each value of some columns: column (its name), value (a fingerprint), times, where it is
    more than one."""
    return ibis.union(*(_counted(comparable, name) for name in columns))


def _counted(comparable: ir.Table, column: str) -> ir.Table:
    known = comparable.filter(comparable[column].notnull())
    times = known.group_by(value=fingerprint(known[column])).aggregate(times=known.count())
    return times.filter(times.times > 1).select("value", "times", column=ibis.literal(column))


def frequencies(
    comparable: ir.Table, column: str, counted: ir.Table, known: int, usual: float, own: float
) -> ir.Table:
    """How often a stranger has each value of a column: the column, and tf_… as a share of the `known` records that had
    one when values were `counted`.

    Of the records that share a value `own` (1 or more) are taken for one person's: a name that ten records give is no
    frequent one where people have ten records each. The counts are drawn towards `usual`, as if `_ASSUMED` more
    records had been seen: of three records, two that share a name don't make it a name of two thirds of mankind.
    """
    values = comparable.filter(comparable[column].notnull()).select(column).distinct()
    told = counted.filter(counted.column == column).select("value", "times")
    found = values.left_join(told, fingerprint(values[column]) == told.value)
    others = ibis.greatest(found.times.fill_null(1) - own, ibis.literal(0.0))
    share = (others + _ASSUMED * usual) / (known + _ASSUMED)
    return found.select(column, **{f"tf_{column}": share})


def _sound(name: ir.StringValue) -> ir.StringValue:
    """How a name begins and which kinds of consonants follow, somewhat as in Soundex: "philippe", "phillip"."""
    classes = name.substr(1).translate("bfpvcgjkqsxzdtlmnraeiouyhw ", "11112222222233455" + "6")
    for kind in "123456":
        classes = classes.replace(kind * 2, kind)
    return name.substr(0, 1) + classes.substr(0, 3)


def judged(scored: ir.Table, before: float) -> ir.Table:
    """Splink's scored pairs to: record_id_l, record_id_r, and what speaks for one person (bits, see `rules.weigh`).

    `person`: by the evidence about the person alone (given name, birth, sex, extras). `all_evidence`: by everything but
    registration numbers. `before` is what Splink added as the log2 odds beforehand; both columns are without it.

    `veto`: where a household may be the explanation (one door, one e-mail address or telephone), given names that
    differ (twins, couples), or birth years a generation apart (father and son of one name); also given names and
    surnames that both differ, and suffixes that do (junior, senior). `sure`: a shared registration number, unless
    given names and one of surname and birth speak against it.
    """
    one_number = (scored.registration_number_l == scored.registration_number_r).fill_null(False)
    given_differ, surnames_differ = scored.mw_given < 0, scored.mw_surname < 0
    return scored.select(
        "record_id_l",
        "record_id_r",
        person=_own(scored, "mw") + _own(scored, "mw_tf_adj"),
        all_evidence=scored.match_weight - scored.mw_number - before,
        veto=_vetoed(scored),
        sure=one_number & ~(given_differ & (surnames_differ | (scored.mw_birth < 0))),
    )


def observed(scored: ir.Table, names: Sequence[str]) -> ir.Table:
    """Splink's scored pairs to what `learning.Sample` holds: gamma_… of the named comparisons, rarity, own_rarity, veto."""
    rare = [scored[name] for name in scored.columns if name.startswith("mw_tf_adj_")]
    return scored.select(
        *(f"gamma_{name}" for name in names),
        rarity=functools.reduce(operator.add, rare),
        own_rarity=_own(scored, "mw_tf_adj"),
        veto=_vetoed(scored),
    )


def _vetoed(scored: ir.Table) -> ir.BooleanValue:
    given_differ, surnames_differ = scored.mw_given < 0, scored.mw_surname < 0
    one_household = (
        (scored.door_l == scored.door_r).fill_null(False) | (scored.mw_email > 0) | (scored.mw_phone > 0)
    )
    years_apart = (scored.birth_year_l - scored.birth_year_r).abs().fill_null(0)
    relatives = (given_differ & (one_household | surnames_differ)) | (
        (years_apart >= GENERATION) & one_household
    )
    suffixes_differ = (scored.name_suffix_l != scored.name_suffix_r).fill_null(False)
    return (relatives & (_further(scored) < _SAYS_IT)) | suffixes_differ | _one_name_only(scored)


def _one_name_only(scored: ir.Table) -> ir.BooleanValue:
    """Do the records share a given name or a surname, and tell nothing else that could be compared?"""
    said = [name for name in scored.columns if name.startswith("mw_") and not name.startswith("mw_tf_adj_")]
    silent = {name: scored[name] == 0 for name in said if name not in ("mw_given", "mw_surname", "mw_sex")}
    rest = functools.reduce(operator.and_, silent.values(), ibis.literal(True))
    given_only = (scored.mw_surname == 0) & (scored.mw_given < _SWAPPED_SAYS)
    return rest & (given_only | (scored.mw_given == 0))


def _own(scored: ir.Table, kind: str) -> ir.NumericValue:
    """What the person's own evidence adds: of a kind (mw, or mw_tf_adj for rare and frequent values), in bits."""
    household = {f"{kind}_{name}" for name in (*HOUSEHOLD, *UNLEARNT)}
    own = [name for name in scored.columns if name.startswith(f"{kind}_") and name not in household]
    if kind == "mw":
        own = [name for name in own if not name.startswith("mw_tf_adj_")]
    return functools.reduce(operator.add, (scored[name] for name in own), ibis.literal(0.0))


def explained(scored: ir.Table, names: Sequence[str]) -> ir.Table:
    """Splink's scored pairs to: record_id_l, record_id_r, and the bits that each of the named comparisons adds, with
    what it adds or takes for a rare or a frequent value."""
    return scored.select(
        "record_id_l",
        "record_id_r",
        **{
            name: functools.reduce(
                operator.add,
                (
                    scored[f"{kind}_{name}"]
                    for kind in ("mw", "mw_tf_adj")
                    if f"{kind}_{name}" in scored.columns
                ),
            )
            for name in names
        },
    )


def _further(scored: ir.Table) -> ir.NumericValue:
    """What further evidence about the person says for one person, in bits."""
    said = [name for name in scored.columns if name.startswith((f"mw_{EXTRA}", f"mw_tf_adj_{EXTRA}"))]
    return functools.reduce(operator.add, (scored[name] for name in said), ibis.literal(0.0))


def numbered(records: ir.Table) -> ir.Table:
    """Records with a registration number: record_id, source, registration_number."""
    return records.filter(records.registration_number.notnull()).select(
        "record_id", "source", "registration_number"
    )


def lists_sharing_numbers(numbered: ir.Table) -> ir.Table:
    """Pairs of lists (left, right; a list with itself too) that have a registration number in common."""
    lists = numbered.select("source", "registration_number").distinct()
    left = lists.select(left="source", number="registration_number")
    right = lists.select(right="source", number="registration_number")
    return (
        left.join(right, "number")
        .select("left", "right")
        .distinct()
        .filter(lambda pair: pair.left <= pair.right)
    )


def with_content(keys: ir.Table, comparable: ir.Table) -> ir.Table:
    """Keys of records with door, town, phone and named (a household that a list names), by their fingerprints, and
    `content`: a fingerprint of these and of all that records are compared by, in this order."""
    number: ir.IntegerValue = ibis.literal(0)
    for name in comparable.columns:
        if name != "record_id":
            number = fingerprint(number ^ fingerprint(comparable[name]))
    places = {name: comparable[f"at_{name}"] for name in ("door", "town", "phone", "named")}
    return keys.join(comparable.select("record_id", content=number, **places), "record_id")
