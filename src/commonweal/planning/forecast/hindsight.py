"""What two past elections teach of how regions and areas err."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonweal.planning.forecast.errors import NotAChoice
from commonweal.planning.forecast.model import Areas, Doubles, Errors, Places, Spread


def learnt(before: Areas, after: Areas, otherwise: Errors | None = None) -> Errors:
    """How regions and areas erred when the earlier of two elections was the expectation of the later one.

    Areas are matched by their names, choices by theirs. What all areas share can't be learnt from one pair of elections:
    it stays as in `otherwise`. From what is left when all areas' common change is taken off, an analysis of variance tells
    regions from areas; from the latter the chance that voters are so many and not more is taken off.
    Raises NotAChoice where fewer than two choices or areas are in both.
    """
    errors = otherwise or Errors()
    here = {name: place for place, name in enumerate(after.names)}
    pairs = [(place, here[name]) for place, name in enumerate(before.names) if name in here]
    both = [name for name in before.choices if name in after.choices]
    if len(both) < 2 or len(pairs) < 2:
        raise NotAChoice(name=", ".join(before.choices), known=", ".join(after.choices))
    old, new = (np.array(places, np.intp) for places in zip(*pairs, strict=True))
    regions = after.regions[new]
    turnout = [_log_odds(each.turnout[at]) for each, at in ((before, old), (after, new))]
    noise = [_noise(each.registered[at], each.turnout[at]) for each, at in ((before, old), (after, new))]
    by_region, by_area = _components((turnout[1] - turnout[0])[:, None], np.add(*noise)[:, None], regions)
    shares = [_centred(each, at, both) for each, at in ((before, old), (after, new))]
    few = [_vote_noise(each, at, both) for each, at in ((before, old), (after, new))]
    # Centred log shares of c choices vary (1 - 1/c) as much as each by itself; the odds of two choices twice as much.
    scale = 2 / (1 - 1 / len(both))
    support_region, support_area = _components(shares[1] - shares[0], np.add(*few) / scale, regions)
    return Errors(
        Spread(errors.turnout.everywhere, float(np.sqrt(by_region)), float(np.sqrt(by_area))),
        Spread(
            errors.support.everywhere,
            float(np.sqrt(scale * support_region)),
            float(np.sqrt(scale * support_area)),
        ),
        errors.transfer,
    )


def _log_odds(share: Doubles) -> Doubles:
    return np.asarray(np.log(share / (1 - share)), np.float64)


def _noise(n: Doubles, share: Doubles) -> Doubles:
    return np.asarray(1 / (n * share * (1 - share)), np.float64)


def _centred(areas: Areas, at: Places, names: Sequence[str]) -> Doubles:
    """(n, c): log shares of these choices, less their mean in each area."""
    shares = np.log(np.maximum(_shares(areas, at, names), 1e-6))
    return np.asarray(shares - shares.mean(axis=1, keepdims=True), np.float64)


def _shares(areas: Areas, at: Places, names: Sequence[str]) -> Doubles:
    columns = [areas.choices.index(name) for name in names]
    return np.asarray(areas.shares[at][:, columns], np.float64)


def _vote_noise(areas: Areas, at: Places, names: Sequence[str]) -> Doubles:
    """(n, c): the variance that the log odds of a share have because voters are few."""
    shares = _shares(areas, at, names)
    voters = (areas.registered * areas.turnout)[at, None]
    return np.asarray(1 / np.maximum(voters * shares * (1 - shares), 1.0), np.float64)


def _components(change: Doubles, noise: Doubles, regions: Places) -> tuple[float, float]:
    """The variances of `change` (n, c) between regions and within, the latter less `noise`; by one-way analysis of variance
    (Searle, Casella and McCulloch 1992, Variance Components, chapter 3), averaged over the columns.
    """
    off = change - change.mean(axis=0)
    sizes = np.bincount(regions)
    sizes = sizes[sizes > 0]
    groups, n = len(sizes), len(off)
    places = np.unique(regions, return_inverse=True)[1]
    means = np.stack([np.bincount(places, column) / sizes for column in off.T], axis=1)
    within = float(np.square(off - means[places]).sum() / max(1, n - groups) / off.shape[1])
    own = max(0.0, within - float(noise.mean()))
    if groups < 2:
        return 0.0, own
    between = float((sizes[:, None] * np.square(means)).sum() / (groups - 1) / off.shape[1])
    each = (n - float(np.square(sizes).sum()) / n) / (groups - 1)
    return max(0.0, (between - within) / each), own
