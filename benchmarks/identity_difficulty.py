"""How hard the synthetic electorate is to resolve: Splink as in its tutorial, measured against the truth.

    python -m benchmarks.identity_difficulty [--voters 30000] [--seed 1]

Five comparisons from Splink's comparison library, two loose blocking rules, u from random pairs, m by
expectation maximisation without labels, connected components at a threshold. Nothing is tuned to the data: the
names are lower-cased and stripped of accents, the address is one text, the year of birth stands for the
date (three of five lists know no more), registration numbers and telephones are not used.

Printed for each threshold: pairwise precision, recall and F1, where a pair is two records that end in one
person (predicted) or are about one person (true); rows spoilt on purpose are left out. The room is
calibrated so that the best F1 over the thresholds is .79 +- .03 at 30,000 voters.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from commonweal.electorate import REFERENCE_DAY, Electorate, WrittenLists
from commonweal.electorate.names import unaccented

FIELDS = ("first_name", "surname", "birth_year", "address", "postcode", "email")
THRESHOLDS = (0, 2, 4, 5, 6, 7, 8, 9, 10, 12)
SETTINGS = SettingsCreator(
    link_type="dedupe_only",
    comparisons=[
        cl.NameComparison("first_name"),
        cl.NameComparison("surname"),
        cl.LevenshteinAtThresholds("birth_year", 1),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("address", [0.95, 0.88]),
        cl.EmailComparison("email"),
    ],
    blocking_rules_to_generate_predictions=[block_on("first_name", "postcode"), block_on("surname")],
)

Record = tuple[str | None, ...]


def main(voters: int = 30_000, seed: int = 1) -> None:
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        written = Electorate(voters, seed).write(Path(folder) / "lists", Path(folder) / "truth")
        records = table_of(written)
        print(f"{voters:,} voters, {written.persons:,} persons, {records.num_rows:,} sound records")
        start = time.perf_counter()
        database, linker = train(records)
        for row in measure(database, linker):
            print(row, flush=True)
        print(f"{time.perf_counter() - start:.0f} s")


def table_of(written: WrittenLists) -> pa.Table:
    """The sound records of all lists: unique_id, FIELDS, person."""
    truth = pq.read_table(written.truth / "records.parquet").to_pandas()
    truth["list"] = truth["list"].astype(str)
    rows: list[tuple[str, Record, int]] = []
    for name, reader in READERS.items():
        facts = truth[truth["list"] == name].sort_values("row")
        known = zip(reader(written[name].path), facts["person"], facts["broken"].isna(), strict=True)
        rows += [
            (f"{name}-{at}", record, person) for at, (record, person, sound) in enumerate(known) if sound
        ]
    columns = {"unique_id": [row[0] for row in rows]}
    columns |= {field: [row[1][at] for row in rows] for at, field in enumerate(FIELDS)}
    return pa.table(columns | {"person": [row[2] for row in rows]})


def read_roll(path: Path) -> Iterator[Record]:
    with path.open(encoding="cp1252", errors="replace", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            yield record(
                (row["prenoms"] or "").split(",")[0],
                row["nom_d_usage"] or row["nom_de_naissance"],
                (row["date_de_naissance"] or "")[-4:],
                f"{row['numero_voie']} {row['voie']}",
                row["code_postal"],
                None,
            )


def read_signups(path: Path) -> Iterator[Record]:
    for line in path.open(encoding="utf-8", errors="replace"):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            row = {}
        born = (row.get("date_naissance") or "")[:4]
        yield record(row.get("prenom"), row.get("nom"), born, None, row.get("code_postal"), row.get("email"))


def read_donors(path: Path) -> Iterator[Record]:
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    for row in sheet.iter_rows(min_row=2, values_only=True):
        words = str(row[1] or "").split(" ")
        surname = [word for word in words if len(word) > 1 and word.isupper()]
        yield record(" ".join(words[len(surname) :]), " ".join(surname), None, row[2], row[3], row[5])


def read_canvass(path: Path) -> Iterator[Record]:
    now = int(str(REFERENCE_DAY)[:4])
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.DictReader(file):
            told = row["age_ou_annee"] or ""
            born = told if len(told) == 4 else str(now - int(told)) if told.isdigit() else None
            yield record(row["prenom"], row["nom"], born, row["adresse"], None, None)


def read_append(path: Path) -> Iterator[Record]:
    for row in pq.read_table(path).to_pylist():
        born = row["annee_naissance"]
        yield record(
            row["prenom"], row["nom"], str(born) if born else None, row["adresse"], row["code_postal"], None
        )


READERS = {
    "roll": read_roll,
    "signups": read_signups,
    "donors": read_donors,
    "canvass": read_canvass,
    "append": read_append,
}


def record(*values: object) -> Record:
    """Lower case, no accents, single spaces; nothing for an empty text."""
    texts = (
        re.sub(r"[\s,.]+", " ", unaccented(str(value)).lower()).strip() if value else None for value in values
    )
    return tuple(text or None for text in texts)


def train(records: pa.Table) -> tuple[duckdb.DuckDBPyConnection, Linker]:
    """Splink's tutorial: the prior from deterministic rules, u from random pairs, m by two passes of EM."""
    database = duckdb.connect()
    database.register("records", records)
    api = DuckDBAPI(connection=database)
    linker = Linker(api.register(records), SETTINGS)
    rules = [
        block_on("first_name", "surname", "birth_year"),
        "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2 and l.address = r.address",
        block_on("email"),
    ]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_year", "postcode"))
    return database, linker


def measure(database: duckdb.DuckDBPyConnection, linker: Linker) -> Iterator[str]:
    """One line a threshold (match weight, base 2), then the best."""
    edges = linker.inference.predict()
    found = database.sql(
        f"""select count(*) filter (l.person = r.person), count(*)
        from {edges.physical_name} e join records l on l.unique_id = e.unique_id_l
        join records r on r.unique_id = e.unique_id_r"""
    ).fetchone()
    true = _pairs(database, "select count(*) n from records group by person")
    yield f"blocking recall {found[0] / true:.3f} of {true:,} true pairs" if found else "no pairs"
    best = (0.0, "")
    for threshold in THRESHOLDS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            edges, threshold_match_weight=threshold
        )
        said = f"select cluster_id, r.person, count(*) n from {clusters.physical_name} join records r using (unique_id)"
        both = _pairs(database, f"{said} group by cluster_id, r.person")
        all_ = _pairs(
            database, f"select sum(n) n from ({said} group by cluster_id, r.person) group by cluster_id"
        )
        precision, recall = both / max(all_, 1), both / true
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        line = f"weight {threshold:>4}: precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}"
        best = max(best, (f1, line))
        yield line
    yield f"best: {best[1]}"


def _pairs(database: duckdb.DuckDBPyConnection, sizes: str) -> int:
    """Pairs within groups whose sizes are column n of a query."""
    answer = database.sql(f"select sum(n * (n - 1) / 2) from ({sizes})").fetchone()
    return int(answer[0]) if answer else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="How hard the synthetic electorate is to resolve.")
    arguments.add_argument("--voters", type=int, default=30_000)
    arguments.add_argument("--seed", type=int, default=1)
    main(**vars(arguments.parse_args()))
