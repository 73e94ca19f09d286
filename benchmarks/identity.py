"""How well records are linked, without labels and at our own threshold, beside Splink as its authors show it.

    python -m benchmarks.identity [--voters 1000000]

historical_50k: Splink's published demo model, at the threshold that is best by the labels, in the same run. The synthetic
electorate: our engine on all its lists as they are; Splink's tutorial set-up is measured by `identity_difficulty`.
Seconds and memory are those of the linking, records in memory. Last the same lists in a campaign: a run over all records,
and one after 10,000 more have come, with the persons that a run over all records then finds.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.ground import new_campaign
from commonweal.campaign import Campaign, utc_now
from commonweal.electorate import Electorate, WrittenLists
from commonweal.identity import lists, measures
from commonweal.identity.actions import resolve
from commonweal.identity.alone import link_files
from commonweal.identity.link import link_records
from commonweal.identity.measures import Ids, Measures
from commonweal.identity.tables import EXTRA
from commonweal.intake import mapping as mappings
from commonweal.intake.actions import import_file, preview
from commonweal.intake.mapping import Corrections
from commonweal.intake.model import Origin
from commonweal.intake.readers import open_file
from commonweal.jobs.model import silent
from commonweal.store.ledger import LedgerRole

_DATA = Path(__file__).parents[1] / "tests/data"
HISTORICAL = _DATA / "historical_figures_with_errors_50k.parquet"
_THRESHOLDS = range(-4, 13)
_DEMO = SettingsCreator(
    link_type="dedupe_only",
    blocking_rules_to_generate_predictions=[
        block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
        block_on("surname", "dob"),
        block_on("first_name", "dob"),
        block_on("postcode_fake", "first_name"),
        block_on("postcode_fake", "surname"),
        block_on("dob", "birth_place"),
        block_on("substr(postcode_fake,1,3)", "dob"),
        block_on("substr(postcode_fake,1,3)", "first_name"),
        block_on("substr(postcode_fake,1,3)", "surname"),
        block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
    ],
    comparisons=[
        cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="both_names"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode_fake"),
        cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
    ],
)


def main(voters: int = 1_000_000) -> None:
    print("historical_50k")
    _row("Splink's demo model", *demo())
    _row("ours", *published(HISTORICAL))
    for name in ("febrl_dataset3", "fake_1000"):
        print(name)
        _row("ours", *published(_DATA / f"{name}.csv"))
    print(f"synthetic electorate, {voters:,} voters")
    _row("ours", *electorate(voters))
    delta(voters)
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB, made-up lists in memory"
    )


def _row(who: str, found: Measures, seconds: float) -> None:
    calibration = "" if found.calibration is None else f", calibration error {found.calibration:.3f}"
    parts = (
        f"{name} {score.precision:.3f} {score.recall:.3f} {score.f1:.3f}" for name, score in _scores(found)
    )
    print(
        f"  {who}: blocking {found.blocking_recall:.3f}, {', '.join(parts)} (P R F1){calibration}, {seconds:.0f} s"
    )


def _scores(found: Measures) -> tuple[tuple[str, measures.Score], ...]:
    return ("edges", found.edges), ("pairwise", found.pairwise), ("exact", found.exact)


def published(path: Path) -> tuple[Measures, float]:
    """A published file with a column `cluster`, linked as `commonweal link FILE --truth cluster` does."""
    found = link_files([path], truth="cluster")
    assert found.measures is not None
    return found.measures, found.seconds


def demo() -> tuple[Measures, float]:
    """Splink on historical_50k as in its published demo; the threshold that is best by the labels."""
    began = time.monotonic()
    database, linker, truth = _trained_demo()
    edges = linker.inference.predict()
    weights = database.sql(
        f"SELECT unique_id_l, unique_id_r, match_weight FROM {edges.physical_name}"
    ).fetchnumpy()
    left, right = (weights[f"unique_id_{side}"].astype(np.int64) for side in "lr")
    found = []
    for threshold in _THRESHOLDS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            edges, threshold_match_weight=threshold
        )
        person = database.sql(
            f"SELECT cluster_id FROM {clusters.physical_name} ORDER BY unique_id"
        ).fetchnumpy()
        over = weights["match_weight"] >= threshold
        codes = np.unique(person["cluster_id"], return_inverse=True)[1]
        found.append(
            Measures(
                measures.blocking_recall(measures.right_pairs(left, right, truth)[1], truth),
                measures.edges(left[over], right[over], truth),
                measures.pairwise(codes, truth),
                measures.exact(codes, truth),
            )
        )
    return max(found, key=lambda each: each.pairwise.f1), time.monotonic() - began


def _trained_demo() -> tuple[duckdb.DuckDBPyConnection, Linker, Ids]:
    rows = pq.read_table(HISTORICAL)
    truth = measures.truth_codes(rows["cluster"])
    rows = rows.set_column(0, "unique_id", pa.array(np.arange(rows.num_rows)))
    database = duckdb.connect()
    database.register("rows", rows)
    records = database.sql("SELECT *, first_name || ' ' || surname AS both_names FROM rows").to_arrow_table()
    database.register("records", records)
    linker = Linker(DuckDBAPI(connection=database).register(records), _DEMO)
    sure = [
        "l.first_name = r.first_name AND levenshtein(r.dob, l.dob) <= 1",
        "l.surname = r.surname AND levenshtein(r.dob, l.dob) <= 1",
        "l.first_name = r.first_name AND levenshtein(r.surname, l.surname) <= 2",
    ]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
    return database, linker, truth


def electorate(voters: int, seed: int = 1) -> tuple[Measures, float]:
    """Our engine on the five lists of a synthetic electorate."""
    records, truth = made_up(voters, seed)
    began = time.monotonic()
    found = link_records(records, truth=truth).measures
    assert found is not None
    return found, time.monotonic() - began


def made_up(voters: int, seed: int = 1) -> tuple[pa.Table, Ids]:
    """The records of the five lists of a synthetic electorate, and the person that each is of: unknown for rows spoilt on
    purpose, which are linked, but not judged."""
    with tempfile.TemporaryDirectory() as folder:
        written = Electorate(voters, seed).write(Path(folder) / "lists", Path(folder) / "truth")
        return _as_records(written)


def delta(voters: int, seed: int = 1) -> None:
    """The five lists in a campaign; then the last 10,000 rows of the sign-ups, which were held back, as a list that comes
    later. Prints what the run after it takes, against one over all records; and whether both find the same."""
    with new_campaign("Delta") as campaign, tempfile.TemporaryDirectory() as folder:
        written = Electorate(voters, seed).write(Path(folder) / "lists", Path(folder) / "truth")
        late = _held_back(next(each.path for each in written.lists if each.path.stem == "signups"))
        for each in written.lists:
            _load(campaign, each.path)
        resolve(campaign)
        persons = _persons(campaign)
        import_file(campaign, late, source="signups")
        began, cpu = time.monotonic(), time.process_time()
        few = resolve(campaign)
        few_seconds, few_cpu = time.monotonic() - began, time.process_time() - cpu
        after = _persons(campaign)
        began, cpu = time.monotonic(), time.process_time()
        every = resolve(campaign, full=True)
        all_seconds, all_cpu = time.monotonic() - began, time.process_time() - cpu
        told = _told_of(campaign)
    untouched = [record for record, person in persons.items() if person not in told]
    kept = sum(after.get(record) == persons[record] for record in untouched)
    print(
        f"a campaign of {every.records:,} records, {few.new:,} of them new: {few_seconds:.1f} s ({few_cpu:.1f} CPU s),"
        f" over all records {all_seconds:.1f} s ({all_cpu:.1f} CPU s): {few_seconds / all_seconds:.1%} (reach 3%);"
        f" {few.looked_at:,} persons looked at; persons, households and doubts are"
        f" {'other' if every.changed or every.doubts != few.doubts else 'the same'}; of the records of persons that no event"
        f" names {kept / len(untouched):.2%} keep their id"
    )


def _load(campaign: Campaign, path: Path) -> None:
    """A list of made-up people, its columns guessed."""
    guessed = mappings.from_data(preview(campaign, path, source=path.stem).mapping)
    mapping = msgspec.structs.replace(guessed, origin=Origin.SYNTHETIC)
    import_file(campaign, path, source=path.stem, mapping=mapping)


def _held_back(path: Path, rows: int = 10_000) -> Path:
    """The last rows of a JSON lines file, moved to a file of their own."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-rows]))
    late = path.with_name("late.jsonl")
    late.write_bytes(b"".join(lines[-rows:]))
    return late


def _persons(campaign: Campaign) -> dict[int, int]:
    """The person of each record."""
    links = campaign.lake.read(campaign.lake.table("identity.link"))
    return dict(zip(links["record_id"].to_pylist(), links["person_id"].to_pylist(), strict=True))


def _told_of(campaign: Campaign) -> set[int]:
    """The persons that anything happened to after the first run."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        rows = connection.execute(
            "SELECT person_id, other_id FROM identity.event WHERE run_id > (SELECT min(run_id) FROM identity.run)"
        ).fetchall()
    return {person for row in rows for person in row}


def _as_records(written: WrittenLists) -> tuple[pa.Table, Ids]:
    """All lists as records, and the person that each is of."""
    facts = pq.read_table(written.truth / "records.parquet").to_pandas()
    facts["list"] = facts["list"].astype(str)
    tables, truths = {}, []
    for each in written.lists:
        chunks = list(open_file(each.path).reader.chunks())
        rows = pa.concat_tables([pa.Table.from_batches([chunk.columns]) for chunk in chunks])
        line = np.concatenate([np.asarray(chunk.lines) for chunk in chunks])
        known = facts[facts["list"] == each.path.stem].set_index("row")
        person = known["person"].where(known["broken"].isna(), measures.UNKNOWN)
        tables[each.path.stem] = rows
        truths.append(person.reindex(line - line.min() + 1, fill_value=measures.UNKNOWN).to_numpy())
    understood = lists.understood(tables, Corrections())
    records = lists.records(understood, utc_now().date(), silent)
    return _of_a_campaign(records), np.concatenate(truths).astype(np.int64)


def _of_a_campaign(records: pa.Table) -> pa.Table:
    """Records as an import would have them: the register's number is one, and nothing is further evidence."""
    number = records[f"{EXTRA}registration_number"]
    known = [name for name in records.column_names if not name.startswith(EXTRA)]
    return records.select(known).append_column("registration_number", number)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="How well records are linked.")
    arguments.add_argument("--voters", type=int, default=1_000_000)
    main(**vars(arguments.parse_args()))
