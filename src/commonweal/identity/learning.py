"""Weights learnt without labels, from the pairs worth comparing.

A pair is of one person, of two of one household, or of two strangers. Which it is nobody says; expectation
maximisation (Dempster, Laird and Rubin 1977) takes each pair for all three, by the odds that the weights give, and
learns the weights from that, in turns. Two of a household agree on the household's evidence as one person does, and
on the person's as strangers do.

What few pairs say is drawn towards the starting weights, so that a list of a hundred records is no worse off than
one without training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.identity.comparisons import HOUSEHOLD, UNLEARNT
from commonweal.identity.model import LinkModel, Weight

Floats = npt.NDArray[np.float64]

_ROUNDS = 30
_SETTLED = 0.001
_AS_IF_PAIRS = 40.0  # as many pairs of one person the starting weights count
_AS_IF_STRANGERS = 2_000.0  # as many pairs of strangers
_LEAST_SHARE = 1e-7
# Fewer pairs of one person than this teach nothing.
ENOUGH_MATCHES = 30.0


@dataclass(frozen=True)
class Sample:
    """Pairs to learn from.

    `levels`: for each comparison the level of each pair (0 for the first), -1 where a value is unknown; `rarity`:
    bits that rare values add in each pair, and of them `own_rarity` those of the person's evidence; `veto`: pairs
    that are not of one person; `share`: these are so large a share of the pairs worth comparing.
    """

    levels: Mapping[str, npt.NDArray[np.int8]]
    rarity: Floats
    own_rarity: Floats
    veto: npt.NDArray[np.bool_]
    share: float


@dataclass(frozen=True)
class Strangers:
    """How often two records drawn at random agree: for each comparison the share of each level among `pairs` pairs."""

    shares: Mapping[str, Floats]
    pairs: float


def learn(start: LinkModel, sample: Sample, drawn: Strangers, records: int) -> LinkModel | None:
    """A model learnt from pairs among so many `records`; None when too few pairs are of one person."""
    model = start
    for _ in range(_ROUNDS):
        before = model
        same, mates = _responsibilities(model, sample, records)
        matches = float(same.sum()) / sample.share
        partners, housemates = 2 * matches / records, 2 * float(mates.sum()) / sample.share / records
        weights = {
            name: each
            if name in UNLEARNT
            else _relearnt(name, start, sample, same, drawn, partners / max(records - 1, 1))
            for name, each in start.weights.items()
        }
        model = LinkModel(start.definition, partners, housemates, start.repeats, weights)
        if abs(partners - before.partners) <= _SETTLED * partners:
            break
    return _rounded(model, start) if matches >= ENOUGH_MATCHES else None


def _responsibilities(model: LinkModel, sample: Sample, records: int) -> tuple[Floats, Floats]:
    """For each pair how likely it is of one person, and how likely of two of one household."""
    household, own = sample.rarity - sample.own_rarity, sample.own_rarity.copy()
    for name, levels in sample.levels.items():
        if name in UNLEARNT:
            continue
        bits = np.array([*(np.log2(each.m / each.u) for each in model.weights[name]), 0.0])
        side = household if name in HOUSEHOLD else own
        side += bits[levels]
    same = np.where(sample.veto, -np.inf, np.log2(model.prior(records)) + household + own)
    mates = np.log2(model.mates_prior(records)) + household
    whole = np.logaddexp2(np.logaddexp2(same, mates), 0.0)
    return np.exp2(same - whole), np.exp2(mates - whole)


def _relearnt(
    name: str, start: LinkModel, sample: Sample, same: Floats, drawn: Strangers, prior: float
) -> tuple[Weight, ...]:
    first = start.weights[name]
    levels = sample.levels[name]
    known = levels >= 0
    seen = np.bincount(levels[known], weights=same[known], minlength=len(first)) / sample.share
    m = (seen + _AS_IF_PAIRS * np.array([each.m for each in first])) / (seen.sum() + _AS_IF_PAIRS)
    # Pairs at random are of one person now and then; what these add is taken off.
    strangers = np.maximum(drawn.shares[name] - prior * m, 0.02 * drawn.shares[name])
    usual = np.array([each.u for each in first])
    u = (drawn.pairs * strangers + _AS_IF_STRANGERS * usual) / (drawn.pairs + _AS_IF_STRANGERS)
    return tuple(Weight(*pair) for pair in zip(m.tolist(), np.maximum(u, _LEAST_SHARE).tolist(), strict=True))


def _rounded(model: LinkModel, start: LinkModel) -> LinkModel:
    """Rounded so that the order of summing does not show; comparisons that came out upside down as they began."""
    weights = {
        name: tuple(Weight(_few(each.m), _few(each.u)) for each in levels)
        if levels[0].m > levels[0].u and levels[-1].m < levels[-1].u
        else start.weights[name]
        for name, levels in model.weights.items()
    }
    partners = _few(model.partners)
    return LinkModel(model.definition, partners, _few(model.mates), partners, weights)


def _few(number: float) -> float:
    return float(f"{number:.4g}")
