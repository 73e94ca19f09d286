"""How benchmarks measure: a command or a call several times, the median, the machine it ran on; a server's port."""

from __future__ import annotations

import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Medians over the runs: wall and CPU seconds, and the largest peak memory in GB."""

    seconds: float
    cpu_seconds: float
    peak_gb: float
    runs: int


def machine() -> str:
    """The machine in one line."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = next(
        (int(line.split()[1]) / 2**20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def command(*words: str, runs: int = 1, prepare: Callable[[], object] = lambda: None) -> Measured:
    """Run `commonweal WORDS…` several times. Raises CalledProcessError when it fails."""
    program = str(Path(sys.executable).with_name("commonweal"))
    return _median([_run_once((program, *words), prepare) for _ in range(runs)])


def call(work: Callable[[], object], runs: int = 5) -> float:
    """Median wall seconds of a call, after one that isn't counted."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 60) -> None:
    """Wait until somebody listens on a port. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not come up")


def _run_once(words: Sequence[str], prepare: Callable[[], object]) -> Measured:
    prepare()
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(words))
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, 1)


def _median(runs: Sequence[Measured]) -> Measured:
    return Measured(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        max(run.peak_gb for run in runs),
        len(runs),
    )


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []
