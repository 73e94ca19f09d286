"""Linking without a campaign, on published data and on a made-up electorate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from benchmarks.identity import electorate

from commonweal.identity.alone import link_files
from commonweal.identity.comparisons import COMPARISONS, starting_model
from commonweal.identity.errors import RecordTwice
from commonweal.identity.link import Linked, link_records
from commonweal.identity.measures import Measures
from commonweal.identity.model import LinkModel, ModelOrigin, Overlap
from commonweal.intake.normalise.names import name_keys

_DATA = Path(__file__).parent.parent / "data"
_HISTORICAL = _DATA / "historical_figures_with_errors_50k.parquet"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None  # the data has months of 86 days


def _historical() -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """The records as intake would map them, and for each the number of its true person."""
    rows = pq.read_table(_HISTORICAL)
    born = rows["dob"].to_pylist()
    records = pa.table(
        {
            "record_id": np.arange(rows.num_rows),
            "given_key": name_keys(rows["first_name"].combine_chunks()),
            "surname_key": name_keys(rows["surname"].combine_chunks()),
            "sex": pc.utf8_slice_codeunits(rows["gender"], 0, 1),
            "birth_date": pa.array([_day(text) for text in born], pa.date32()),
            "birth_year": pa.array([int(text[:4]) if text else None for text in born], pa.int16()),
            "postcode": rows["postcode_fake"],
            "city_key": name_keys(rows["birth_place"].combine_chunks()),
        }
    )
    return records, np.unique(rows["cluster"].to_numpy(), return_inverse=True)[1]


@pytest.mark.slow
def test_historical_persons_are_found_without_labels() -> None:
    records, truth = _historical()
    linked = link_records(records, truth=truth)
    found = linked.measures
    assert linked.origin is ModelOrigin.TRAINED
    assert found is not None
    assert found.blocking_recall >= 0.85
    assert found.pairwise.f1 >= 0.88
    assert found.pairwise.precision >= 0.95


def _published(name: str) -> Measures:
    """A file of tests/data with its true persons in `cluster`, linked as `commonweal link` does."""
    found = link_files([_DATA / name], truth="cluster").measures
    assert found is not None
    return found


def test_mistyped_numbers_dates_and_swapped_names_are_seen_through() -> None:
    found = _published("febrl_dataset3.csv")
    assert found.blocking_recall >= 0.99
    assert found.pairwise.f1 >= 0.985


def test_a_thousand_records_are_enough_to_learn_from() -> None:
    found = _published("fake_1000.csv")
    assert found.pairwise.f1 >= 0.92
    assert found.pairwise.precision >= 0.95


@pytest.mark.slow
def test_an_electorate_is_linked_and_doubt_means_what_it_says() -> None:
    found, _seconds = electorate(30_000)
    assert found.pairwise.precision >= 0.98
    assert found.pairwise.recall >= 0.9
    assert found.calibration is not None
    assert found.calibration <= 0.035


_JEANNE = {
    "given_key": "jeanne",
    "surname_key": "abadie",
    "birth_date": date(1961, 3, 4),
    "house_number": "12",
    "street_key": "rue des lilas",
    "postcode": "31000",
}


def _link(*rows: dict[str, object], model: LinkModel | None = None) -> Linked:
    table = pa.Table.from_pylist(
        [{"record_id": number, "source": "a", **row} for number, row in enumerate(rows)]
    )
    names = sorted({name for row in rows for name in row})
    full = [[row.get(name) for row in rows] for name in names]
    return link_records(
        pa.table([table["record_id"], table["source"], *full], ["record_id", "source", *names]), model
    )


def _apart(*rows: dict[str, object]) -> bool:
    return len(set(_link(*rows).cluster.tolist())) == len(rows)


def test_a_slip_of_the_finger_does_not_part_a_person() -> None:
    assert not _apart(_JEANNE, {**_JEANNE, "given_key": "jeane", "surname_key": "abbadie"})


def test_swapped_names_are_one_person() -> None:
    assert not _apart(_JEANNE, {**_JEANNE, "given_key": "abadie", "surname_key": "jeanne"})


def test_a_married_name_is_known_by_the_surname_at_birth() -> None:
    married = {**_JEANNE, "surname_key": "roux", "birth_surname_key": "abadie", "house_number": "3"}
    assert not _apart(_JEANNE, married)


def test_twins_are_two_even_where_they_share_everything_else() -> None:
    shared = {"email_key": "famille.abadie@example.org", "phone": "+33561000000"}
    assert _apart({**_JEANNE, **shared}, {**_JEANNE, **shared, "given_key": "sophie"})


def test_junior_and_senior_are_two() -> None:
    assert _apart({**_JEANNE, "name_suffix": "Jr"}, {**_JEANNE, "name_suffix": "Sr"})


def test_father_and_son_of_one_name_are_two() -> None:
    assert _apart(_JEANNE, {**_JEANNE, "birth_date": date(1990, 5, 6)})


def test_couples_who_share_an_address_for_mail_are_two() -> None:
    mail = {"email_key": "abadie.family@example.org", "surname_key": "abadie"}
    assert _apart({**mail, "given_key": "jeanne"}, {**mail, "given_key": "omar"})


def test_records_with_only_a_first_name_stay_alone() -> None:
    assert _apart(*({"given_key": "jeanne"} for _ in range(5)))


def test_a_key_that_everybody_shares_ties_nobody() -> None:
    draw = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    names = ["".join(letters[draw.integers(0, 26, 9)]) for _ in range(600)]
    people = zip(names[::2], names[1::2], strict=True)
    assert _apart(*({"given_key": g, "surname_key": s, "email_key": "info@example.org"} for g, s in people))


def test_nothing_is_linked_of_nothing() -> None:
    assert link_records(pa.table({"record_id": pa.array([], pa.int64())})).cluster.size == 0


def test_a_record_id_must_be_unique() -> None:
    with pytest.raises(RecordTwice, match="7"):
        link_records(pa.table({"record_id": [7, 7], "given_key": ["jeanne", "jeanne"]}))


def test_a_model_survives_the_ledger() -> None:
    model = replace(starting_model(), overlaps={"canvass|roll": Overlap(2.5, -1.0)})
    assert LinkModel.from_json(model.as_json()) == model


def test_starting_weights_add_up() -> None:
    """All levels of a comparison together are all pairs: m and u each sum to 1, but for what rounding leaves."""
    for comparison in COMPARISONS:
        assert sum(weight.m for weight in comparison.weights) == pytest.approx(1, abs=0.02), comparison.name
        assert sum(weight.u for weight in comparison.weights) == pytest.approx(1, abs=0.05), comparison.name


def test_what_reviewers_decided_holds() -> None:
    omar = {**_JEANNE, "given_key": "omar"}
    rows = pa.Table.from_pylist(
        [{"record_id": number, **row} for number, row in ((3, _JEANNE), (5, _JEANNE), (8, omar))]
    )
    assert link_records(rows).cluster.tolist() == [0, 0, 1]
    must, cannot = np.array([(3, 8), (8, 99)]), np.array([(3, 5), (99, 100)])
    assert link_records(rows, must=must, cannot=cannot).cluster.tolist() == [0, 1, 0]


def test_a_doubt_is_explained_comparison_by_comparison() -> None:
    """Two of one name in one town, of whom one list gives no birth; and a pair beyond doubt."""
    some = {"given_key": "jeanne", "surname_key": "abadie", "city_key": "toulouse"}
    rows = [{**some, "birth_date": date(1961, 3, 4)}, some, _JEANNE, {**_JEANNE, "city_key": "toulouse"}]
    doubts = _link(*rows).doubts
    assert doubts.num_rows
    parts = ["beforehand", *(comparison.name for comparison in COMPARISONS), "household"]
    for doubt in doubts.to_pylist():
        assert doubt["weight"] == pytest.approx(sum(doubt[part] for part in parts))
        assert abs(doubt["weight"]) <= 3
    assert (2, 3) not in {(doubt["record_id_l"], doubt["record_id_r"]) for doubt in doubts.to_pylist()}
    told = np.stack([doubts["record_id_l"], doubts["record_id_r"]], axis=1)
    table = pa.Table.from_pylist([{"record_id": number, **row} for number, row in enumerate(rows)])
    assert not link_records(table, cannot=told).doubts.num_rows


def test_a_kept_model_gives_the_same_persons_whatever_the_order() -> None:
    rows = [_JEANNE, {**_JEANNE, "given_key": "jeane"}, {**_JEANNE, "given_key": "omar", "birth_date": None}]
    once = _link(*rows, model=starting_model())
    turned = _link(*reversed(rows), model=starting_model())
    assert once.origin is ModelOrigin.KEPT
    assert turned.cluster[::-1].tolist() == [1, 1, 0]
    assert once.cluster.tolist() == [0, 0, 1]


def test_further_evidence_tells_persons_that_nothing_else_tells() -> None:
    """One social security number ties two records whose surnames differ; two numbers don't."""
    surnames_and_numbers = [
        *(("smith", "804121933"), ("jones", "804121933")),
        *(("brown", "122004517"), ("clark", "660010293")),
    ]
    rows = [
        {
            "record_id": at,
            "given_key": "maria",
            "birth_year": 1961,
            "surname_key": surname,
            "extra_number": number,
        }
        for at, (surname, number) in enumerate(surnames_and_numbers)
    ]
    assert link_records(pa.Table.from_pylist(rows)).cluster.tolist() == [0, 0, 1, 2]


def test_a_birth_date_that_stands_for_an_unknown_one_is_no_evidence() -> None:
    """A list that puts 1 January 1900 wherever it knows no date: its people don't become one."""
    surnames = [f"{first}{second}{third}" for first in "bdfg" for second in "aeiou" for third in "lmnrst"]
    rows = [
        {"record_id": at, "given_key": given, "surname_key": surname, "birth_date": date(1900, 1, 1)}
        for at, (given, surname) in enumerate((g, s) for s in surnames for g in ("jeanne", "omar"))
    ]
    assert len(set(link_records(pa.Table.from_pylist(rows)).cluster.tolist())) == len(rows)
