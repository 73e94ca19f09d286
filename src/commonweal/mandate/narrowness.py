"""How narrow the talk is: plain arrays in, measures out. docs/mandate.md explains each for an analyst.

One contact that was delivered is one unit. A table of counts is (groups, cells, messages): contacts by the random group
of their household (for the error), by the cell of the person (age band x sex x area), and by message. Entropies are in
nats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy
from scipy.stats import t as student
from sklearn.metrics.cluster import expected_mutual_information

from commonweal.mandate.model import Measure

Counts = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

FEW = 0.2
"""A promise that serves a smaller share of the electorate is narrow: fewer than one voter in five."""

GROUPS = 20
"""Random groups of households; one is left out at a time."""

_LEVEL = 0.95
_ZERO = 1e-12  # nats


def entropy(counts: npt.NDArray[np.integer]) -> float:
    """H = -sum p ln p of counts of any shape, by their shares; 0 where nothing was counted."""
    total = counts.sum()
    if total <= 0:
        return 0.0
    return float(np.log(total) - xlogy(counts, counts).sum() / total)


def corrected_entropy(counts: npt.NDArray[np.integer]) -> float:
    """Entropy with the bias of small samples taken off to first order: H + (K - 1) / 2n, K the kinds that were met.

    G. A. Miller (1955), "Note on the bias of information estimates"; the correction that is called Miller-Madow.
    """
    total = counts.sum()
    return entropy(counts) + (np.count_nonzero(counts) - 1) / (2 * total) if total > 0 else 0.0


def effective_number(counts: npt.NDArray[np.integer]) -> float:
    """How many messages, all used alike, would be as mixed as these (m,): exp(H). Never more than the kinds that were met.

    The Hill number of order 1: M. O. Hill (1973), "Diversity and evenness", Ecology 54; L. Jost (2006), Oikos 113.
    """
    return float(min(np.exp(corrected_entropy(counts)), np.count_nonzero(counts)))


def mutual_information(table: npt.NDArray[np.integer]) -> float:
    """I = H(cell) + H(message) - H(cell, message) of a table (cells, messages), by its shares: never below 0."""
    return max(entropy(table.sum(axis=1)) + entropy(table.sum(axis=0)) - entropy(table), 0.0)


def chance_information(table: npt.NDArray[np.integer]) -> float:
    """The mutual information to be expected if the same messages were dealt to the same cells at random.

    Exact, over all ways to deal them (the hypergeometric model): N. X. Vinh, J. Epps and J. Bailey (2010),
    "Information theoretic measures for clusterings comparison", JMLR 11, equation 24a.
    """
    met = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.int64)
    if min(met.shape) < 2:
        return 0.0
    return float(expected_mutual_information(met, int(met.sum())))


def specificity(table: npt.NDArray[np.integer]) -> float:
    """How far the cell of a person tells which message they got: I(cell; message) / H(message), corrected for chance.

    (I - E) / (H - E), E being `chance_information`: 0 on average where messages are dealt blindly, 1 where each cell
    gets one message of its own. The uncorrected ratio is Theil's uncertainty coefficient (H. Theil 1970, American Journal
    of Sociology 76); with few contacts in many cells it is near 1 whatever was done. 0 where there is one message only.
    """
    expected = chance_information(table)
    room = entropy(table.sum(axis=0)) - expected
    return (mutual_information(table) - expected) / room if room > _ZERO else 0.0


def narrow_share(counts: npt.NDArray[np.integer], carries: npt.NDArray[np.bool_], serves: Doubles) -> float:
    """The share of the talk that serves fewer than one voter in five.

    counts (m,): contacts by message; carries (m, p): which promises a message carries; serves (p,): the share of the
    electorate that each serves, NaN where not known. A contact weighs 1, shared alike among the promises whose reach
    is known; contacts that carry none of those are left out. 0 where none is left.
    """
    parts = narrow_parts(carries, serves)
    told = np.isfinite(parts)
    talk = counts[told].sum()
    return float((counts[told] * parts[told]).sum() / talk) if talk > 0 else 0.0


def narrow_parts(carries: npt.NDArray[np.bool_], serves: Doubles) -> Doubles:
    """(m,): the part of a message's promises that serves fewer than one voter in five, among those whose reach is known;
    NaN where there is none. Arrays as in `narrow_share`."""
    known = carries & np.isfinite(serves)
    promises = known.sum(axis=1)
    narrow = (known & (np.nan_to_num(serves) < FEW)).sum(axis=1)
    return np.where(promises > 0, narrow / np.maximum(promises, 1), np.nan)


def measured(statistic: Callable[[Counts], float], table: Counts, low: float, high: float) -> Measure:
    """A statistic of a table (groups, …) summed over its groups, with its 95% interval, all within low and high.

    The delete-a-group jackknife over random groups of households, for who lives together gets the same message: J. Shao
    and D. Tu (1995), "The Jackknife and Bootstrap", chapter 6. No interval where fewer than half of the groups have
    contacts.
    """
    whole = table.sum(axis=0)
    value = statistic(whole)
    used = [group for group in table if group.any()]
    if len(used) < max(len(table) // 2, 2):
        return Measure(min(max(value, low), high))
    without = np.array([statistic(whole - group) for group in used])
    count = len(without)
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    reach = student.ppf((1 + _LEVEL) / 2, count - 1) * error
    ends = np.clip((value, value - reach, value + reach), low, high)
    return Measure(*map(float, ends))


def served(shares: Sequence[float | None]) -> Doubles:
    """Shares as the measures take them: what is not known is NaN."""
    return np.array([np.nan if share is None else share for share in shares], dtype=np.float64)
