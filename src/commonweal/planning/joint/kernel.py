"""How kernels are compiled: once, kept beside the source, without the interpreter's lock.

Kernels run in threads of `both`, not under numba's `parallel=True`: its default threading layer ends the whole process
when two requests of a server call it at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Result = TypeVar("_Result")

THREADS = min(2, os.cpu_count() or 1)
_FEW = 20_000  # persons that are looked at before a thread has begun


def kernel(function: _Function) -> _Function:
    """Compile on the first call; keep the result on disk, where there is a place for it."""
    with _kept_apart():
        try:
            compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
        except RuntimeError:  # numba finds no folder that it may write to
            compiled = numba.njit(nogil=True, error_model="numpy")(function)
    return cast("_Function", compiled)


@contextmanager
def _kept_apart() -> Iterator[None]:
    """Kernels of each version of these sources are kept in a folder of their own, in the user's cache.

    numba sees that a kernel's own file has changed, but not those that it calls; and what it kept of an earlier version it
    can't even read once a type of the arguments is gone.
    """
    settings: Any = numba.config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = before or _folder()
    try:
        yield
    finally:
        settings.CACHE_DIR = before


@lru_cache(maxsize=1)
def _folder() -> str:
    sources = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(path.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(home, "commonweal", f"kernels-{sources.hexdigest()[:16]}"))


def both(work: Callable[[int, int], _Result], weights: Sequence[int] | Any) -> list[_Result]:
    """work(first, last) on parts of about equal weight that together are 0 … len(weights), one a thread."""
    total = np.concatenate([[0], np.cumsum(weights)])
    if total[-1] < _FEW:
        return [work(0, len(weights))]
    cuts = np.searchsorted(total, total[-1] * np.arange(1, THREADS) / THREADS)
    ends = [0, *(int(cut) for cut in cuts), len(weights)]
    parts = [(first, last) for first, last in pairwise(ends) if last > first]
    if len(parts) == 1:
        return [work(*parts[0])]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: work(*part), parts))
