"""An expectation brought to what polls say today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from commonweal.planning.forecast.errors import NotAChoice
from commonweal.planning.forecast.model import Areas

_TURNS = 200


def levelled(areas: Areas, polls: Mapping[str, float]) -> Areas:
    """The same areas, where all votes together come to the shares of `polls` (each choice above 0; they are made to sum to 1).

    Every area moves by the same log odds: what sets areas apart stays. Raises NotAChoice.
    """
    for name in polls:
        if name not in areas.choices:
            raise NotAChoice(name=name, known=", ".join(areas.choices))
    missing = [name for name in areas.choices if not polls.get(name)]
    if missing:
        raise NotAChoice(name=missing[0], known=", ".join(polls))
    wanted = np.array([polls[name] for name in areas.choices], np.float64)
    wanted /= wanted.sum()
    voters, shares = areas.registered * areas.turnout, areas.shares
    for _turn in range(_TURNS):
        now = voters @ shares / voters.sum()
        if np.abs(now - wanted).max() < 1e-9:
            break
        shares = shares * (wanted / now)
        shares = shares / shares.sum(axis=1, keepdims=True)
    return replace(areas, shares=shares)
