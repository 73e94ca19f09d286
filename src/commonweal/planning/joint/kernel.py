"""How kernels are compiled: once, kept beside the source, without the interpreter's lock.

Kernels run in threads of `both`, not under numba's `parallel=True`: its default threading layer ends the whole process
when two requests of a server call it at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar, cast

import numba
import numpy as np

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Result = TypeVar("_Result")

THREADS = min(2, os.cpu_count() or 1)


def kernel(function: _Function) -> _Function:
    """Compile on the first call; keep the result on disk, where there is a place for it."""
    try:
        compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba finds no folder that it may write to
        compiled = numba.njit(nogil=True, error_model="numpy")(function)
    return cast("_Function", compiled)


def both(work: Callable[[int, int], _Result], weights: Sequence[int] | Any) -> list[_Result]:
    """work(first, last) on parts of about equal weight that together are 0 … len(weights), one a thread."""
    total = np.concatenate([[0], np.cumsum(weights)])
    cuts = np.searchsorted(total, total[-1] * np.arange(1, THREADS) / THREADS)
    ends = [0, *(int(cut) for cut in cuts), len(weights)]
    parts = [(first, last) for first, last in pairwise(ends) if last > first]
    if len(parts) == 1:
        return [work(*parts[0])]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: work(*part), parts))
