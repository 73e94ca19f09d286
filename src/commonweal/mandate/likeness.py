"""The same thing promised in other words: pairs of promises that may be one, found by their texts, for a person to decide.

French and English are compared each among themselves. Nothing is learnt and nothing is downloaded: texts become vectors
of letter n-grams and of words, weighted by how rare they are (tf-idf), and near ones become candidates.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from commonweal.intake.rules import fold_header

LEAST = 0.2
"""The likeness from which a pair is a candidate. docs/mandate.md shows what is found and missed there."""

PER_TEXT = 5
"""Most candidates that one text brings."""

_LETTERS, _WORDS = 0.5, 0.5  # weights of the two likenesses
_MOST_SHARED = 6
_APOSTROPHE = re.compile(r"['’]")  # between an article and its noun in French

# Words that tell a language; those that stand in both are left out. And those that say nothing of what is promised.
_TELLING = {
    "en": frozenset(
        "the of and to for with by that is are be will we our from this an their including ensure".split()  # noqa: SIM905
    ),
    "fr": frozenset(
        "le la les des du de et un une dans pour qui que nous sera seront au aux sur avec par".split()  # noqa: SIM905
    ),
}
_EMPTY = {
    "en": _TELLING["en"]
    | frozenset("in on as at it its or all new more across canada canadian canadians".split()),  # noqa: SIM905
    "fr": _TELLING["fr"]
    | frozenset("l d en a ce ces cette ne pas plus nos notre ses son sa leur leurs se".split()),  # noqa: SIM905
}


@dataclass(frozen=True)
class Text:
    """A promise's words, in a language (ISO 639-1; "" if not known)."""

    key: str
    text: str
    language: str = ""


@dataclass(frozen=True)
class Likely:
    """Two promises that may be one: how alike they are (0 to 1), and the words that make them so, the weightiest first."""

    one: str
    other: str
    likeness: float
    shared: tuple[str, ...]


def language_of(text: str) -> str:
    """The language of a text, by its small words; "" where neither tells."""
    words = fold_header(_APOSTROPHE.sub(" ", text)).split()
    counts = {code: sum(word in telling for word in words) for code, telling in _TELLING.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > min(counts.values()) else ""


def candidates(texts: Sequence[Text], *, least: float = LEAST, per_text: int = PER_TEXT) -> list[Likely]:
    """Pairs that may promise the same, the likeliest first; each text brings its nearest, `per_text` at the most.

    A text whose language nobody can tell ("Introduce a Disability Benefit Act.") counts as of the list's usual one.
    """
    told = [text.language or language_of(text.text) for text in texts]
    usual = Counter(filter(None, told)).most_common(1)
    by_language: dict[str, list[Text]] = defaultdict(list)
    for text, language in zip(texts, told, strict=True):
        by_language[language or (usual[0][0] if usual else "")].append(text)
    found = [
        pair for language, those in by_language.items() for pair in _within(those, language, least, per_text)
    ]
    return sorted(found, key=lambda pair: (-pair.likeness, pair.one, pair.other))


def _within(texts: Sequence[Text], language: str, least: float, per_text: int) -> list[Likely]:
    """Those of one language."""
    folded = [_folded(text.text, language) for text in texts]
    if sum(map(bool, folded)) < 2:
        return []
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    words = TfidfVectorizer(analyzer=_words_and_pairs, sublinear_tf=True)
    by_letters, by_words = letters.fit_transform(folded), words.fit_transform(folded)
    likeness = _LETTERS * (by_letters @ by_letters.T) + _WORDS * (by_words @ by_words.T)
    vocabulary = words.get_feature_names_out()
    return [
        Likely(texts[row].key, texts[column].key, value, _shared(by_words, row, column, vocabulary))
        for row, column, value in _nearest(sparse.csr_array(likeness), least, per_text)
    ]


def _words_and_pairs(folded: str) -> list[str]:
    words = folded.split()
    return [*words, *map(" ".join, pairwise(words))]


def _nearest(likeness: sparse.csr_array, least: float, per_text: int) -> list[tuple[int, int, float]]:
    """(row, column, likeness) of each row's nearest others, each pair once."""
    found: dict[tuple[int, int], float] = {}
    for row in range(likeness.shape[0]):
        begin, end = likeness.indptr[row], likeness.indptr[row + 1]
        columns, values = likeness.indices[begin:end], likeness.data[begin:end].copy()
        values[columns == row] = 0.0
        for place in np.argsort(-values, kind="stable")[:per_text]:
            if values[place] >= least:
                column = int(columns[place])
                found[min(row, column), max(row, column)] = round(float(min(values[place], 1.0)), 6)
    return [(row, column, value) for (row, column), value in found.items()]


def _shared(words: sparse.csr_array, row: int, column: int, vocabulary: Sequence[str]) -> tuple[str, ...]:
    """The words that both texts have, the weightiest first."""
    both = sparse.csr_array(words[[row]]).multiply(sparse.csr_array(words[[column]])).tocoo()
    ranked = sorted(zip(both.data, both.coords[1], strict=True), reverse=True)
    alone = [str(vocabulary[place]) for _weight, place in ranked if " " not in vocabulary[place]]
    return tuple(alone[:_MOST_SHARED])


def _folded(text: str, language: str) -> str:
    """Small letters without accents, without the words that say nothing."""
    empty = _EMPTY.get(language, frozenset())
    return " ".join(word for word in fold_header(_APOSTROPHE.sub(" ", text)).split() if word not in empty)
