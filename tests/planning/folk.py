"""A made-up population, as `read_population` gives one: no lake needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from commonweal.planning.options import CampaignOption
from commonweal.planning.population import Barrier, Population

DOOR = CampaignOption(code="door:housing", channel="door", message="housing", unit_cost=180, per="household")
POST = CampaignOption(code="post:climate", channel="post", message="climate", unit_cost=70, per="household")
CALL = CampaignOption(code="phone:housing", channel="phone", message="housing", unit_cost=90)
MAIL = CampaignOption(code="email:climate", channel="email", message="climate", unit_cost=1)
OPTIONS = (DOOR, POST, CALL, MAIL)


def folk(n: int = 600, options: tuple[CampaignOption, ...] = OPTIONS, seed: int = 1) -> Population:
    """n persons in households of one to four, in the areas a, b and none; one option in five is closed."""
    rng = np.random.default_rng(seed)
    shape = (n, len(options))
    household = np.sort(rng.integers(0, n // 2, n)) * 3 + 5
    reasons = np.full(256, "", object)
    for barrier in Barrier:
        reasons[barrier] = barrier.code
    areas = np.array(["b", "a", ""], object)[np.searchsorted([n * 3, n * 5], household * 4)]
    return Population(
        person=np.arange(n, dtype=np.int64) * 2 + 1,
        household=household,
        area=pa.array(areas, pa.string()),
        turnout=rng.uniform(0.2, 0.9, n).astype(np.float32),
        support=rng.uniform(0.2, 0.9, n).astype(np.float32),
        segment=rng.integers(0, 3, n).astype(np.int16),
        d_turnout=rng.normal(0.02, 0.02, shape).astype(np.float32),
        d_support=rng.normal(0.01, 0.01, shape).astype(np.float32),
        se_turnout=np.full(shape, 0.01, np.float32),
        se_support=np.full(shape, 0.01, np.float32),
        barrier=np.where(rng.random(shape) < 0.2, Barrier.SAID_NO, Barrier.OPEN).astype(np.uint8),
        reasons=reasons,
    )


def alike(n: int, options: tuple[CampaignOption, ...] = OPTIONS) -> Population:
    """n persons of n households in the area a, of whom each gains as much by everything, and to whom all is open."""
    made = folk(n, options)
    shape = (n, len(options))
    return replace(
        made,
        household=np.arange(n, dtype=np.int64),
        area=pa.array(["a"] * n, pa.string()),
        turnout=np.full(n, 0.5, np.float32),
        support=np.full(n, 0.8, np.float32),
        d_turnout=np.full(shape, 0.05, np.float32),
        d_support=np.zeros(shape, np.float32),
        barrier=np.zeros(shape, np.uint8),
    )
