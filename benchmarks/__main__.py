"""`python -m benchmarks [NAME…]`: each module of this folder that has a `main` is a benchmark; all of them without a name.

Each runs in a process of its own and with a folder of its own for the ledgers' data, so that its peak of memory is its
own, and nothing is left behind. The sizes are such that all of them end within half an hour on two cores.
"""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import machine

_HELPERS = {"__main__", "ground", "measure", "plan_instances"}


def main(names: list[str]) -> None:
    known = [
        module.name
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if module.name not in _HELPERS
    ]
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    print(f"Machine: {machine()}\n", flush=True)
    failed = [name for name in names or known if not _alone(name)]
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _alone(name: str) -> bool:
    print(f"== {name}", flush=True)
    # A server ends a moment after its last client: it may still be writing there.
    with tempfile.TemporaryDirectory(prefix="commonweal-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        words = [sys.executable, "-c", f"from benchmarks.{name} import main; main()"]
        done = subprocess.run(words, env=os.environ | {"COMMONWEAL_STATE": folder}, check=False)
    print(flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main(sys.argv[1:])
