"""`python -m drills [NAME [SIZE]]`: each module of this folder that has a `main` is a drill; all of them without a name.

A drill breaks something for SIZE times (or however often it does by itself) and raises AssertionError when it was not
borne. Continuous integration runs the quick ones at a small size (tests/test_drills.py).
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main(name: str | None = None, size: str | None = None) -> None:
    """Run one drill, or all."""
    known = [
        module.name
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if module.name != "__main__"
    ]
    if name is not None and name not in known:
        raise SystemExit(f"no such drill: {name}; there are {', '.join(known)}")
    for each in [name] if name else known:
        print(f"== {each}", flush=True)
        drill = importlib.import_module(f"drills.{each}").main
        drill(int(size)) if size else drill()


if __name__ == "__main__":
    main(*sys.argv[1:])
