"""How well records were linked, where the truth is known: blocking recall, edges, pairwise, exact persons.

`truth` gives each record the code of the person that it is of, UNKNOWN where nobody knows. Records of unknown truth
are left out of all measures: a pair with one of them is neither right nor wrong, and a person counts by its other
records. Pairs inside persons are counted by contingency table, never listed: n records of a person are n(n-1)/2.

A share of nothing is 1: who finds no pair makes no mistake (precision), who had none to find misses none (recall).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ids = npt.NDArray[np.int64]

UNKNOWN = -1
_ENOUGH_IN_DOUBT = 500


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1: of what was found how much is right, of what is true how much was found, and their
    harmonic mean."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, right: int, found: int, true: int) -> Score:
        """The score of `found` things, `right` of them among the `true` ones."""
        return cls(_share(right, found), _share(right, true), _share(2 * right, found + true))


@dataclass(frozen=True)
class Measures:
    """What there is to say of a linking whose truth is known.

    `blocking_recall`: share of the true pairs that were compared at all; nothing later can be better.
    `edges`: pairs scored above the threshold, before clustering, against all true pairs.
    `pairwise`: pairs that ended in one person, against all true pairs.
    `exact`: found persons whose records are exactly those of a true person, against all found and all true persons.
    `calibration`: see `calibration_error`; None where hardly a pair is in doubt.
    """

    blocking_recall: float
    edges: Score
    pairwise: Score
    exact: Score
    calibration: float | None = None


def truth_codes(column: pa.Array | pa.ChunkedArray) -> Ids:
    """A column that names each row's true person (any type) as codes; UNKNOWN for null and blank."""
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    known = pc.if_else(pc.equal(text, ""), None, text)
    return np.asarray(known.dictionary_encode().indices.fill_null(UNKNOWN), dtype=np.int64)


def true_pairs(truth: Ids) -> int:
    """How many pairs of records are of one person."""
    return _pairs(_sizes(truth[truth != UNKNOWN]))


def right_pairs(left: Ids, right: Ids, truth: Ids) -> tuple[int, int]:
    """Of distinct pairs of records (indices into `truth`): how many can be judged, and how many of those are true.

    Pairs can be handed in by parts, and the numbers added.
    """
    of_left, of_right = truth[left], truth[right]
    judged = (of_left != UNKNOWN) & (of_right != UNKNOWN)
    return int(judged.sum()), int((judged & (of_left == of_right)).sum())


def blocking_recall(true_candidates: int, truth: Ids) -> float:
    """The share of the true pairs that were candidates; `true_candidates` is how many of them were."""
    return _share(true_candidates, true_pairs(truth))


def edges(left: Ids, right: Ids, truth: Ids) -> Score:
    """Distinct pairs taken for one person, each for itself, against all true pairs."""
    found, true = right_pairs(left, right, truth)
    return Score.of(true, found, true_pairs(truth))


def calibration_error(
    left: Ids, right: Ids, probability: npt.NDArray[np.float64], truth: Ids
) -> float | None:
    """By how much the probabilities of pairs are off, on average over ten bins of equally many pairs with one of .05
    to .95; None where there are fewer than `_ENOUGH_IN_DOUBT` such pairs."""
    of_left, of_right = truth[left], truth[right]
    judged = (of_left != UNKNOWN) & (of_right != UNKNOWN) & (probability >= 0.05) & (probability <= 0.95)
    if judged.sum() < _ENOUGH_IN_DOUBT:
        return None
    said, true = probability[judged], of_left[judged] == of_right[judged]
    bins = np.array_split(np.argsort(said, kind="stable"), 10)
    return float(np.mean([abs(said[each].mean() - true[each].mean()) for each in bins]))


def pairwise(person: Ids, truth: Ids) -> Score:
    """Pairs of records in one `person` (a label for each record), against all true pairs."""
    person, truth = _known(person, truth)
    _, _, both = _contingency(person, truth)
    return Score.of(_pairs(both), _pairs(_sizes(person)), _pairs(_sizes(truth)))


def exact(person: Ids, truth: Ids) -> Score:
    """Persons (a label for each record) whose records are exactly those of a true person."""
    person, truth = _known(person, truth)
    found, true = _sizes(person), _sizes(truth)
    one, other, both = _contingency(person, truth)
    right = (both == found[one]) & (both == true[other])
    return Score.of(int(right.sum()), found.size, true.size)


def _known(person: Ids, truth: Ids) -> tuple[Ids, Ids]:
    """The records of known truth, both labels renumbered from 0."""
    known = truth != UNKNOWN
    return _dense(person[known]), _dense(truth[known])


def _dense(labels: Ids) -> Ids:
    return np.asarray(pa.array(labels).dictionary_encode().indices, dtype=np.int64)


def _contingency(person: Ids, truth: Ids) -> tuple[Ids, Ids, Ids]:
    """The cells that aren't empty of the table of both labels: person, truth, records."""
    width = int(truth.max(initial=0)) + 1
    cell, records = np.unique(person * width + truth, return_counts=True)
    return cell // width, cell % width, records


def _sizes(labels: Ids) -> Ids:
    return np.bincount(_dense(labels)).astype(np.int64)


def _pairs(sizes: Ids) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
