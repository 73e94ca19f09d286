"""`python -m benchmarks [NAME…]`: each module of this folder that has a `main` is a benchmark."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from benchmarks.measure import machine

_HELPERS = {"__main__", "measure"}


def main(names: list[str]) -> None:
    known = [
        module.name
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if module.name not in _HELPERS
    ]
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    print(f"Machine: {machine()}\n")
    for name in names or known:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
