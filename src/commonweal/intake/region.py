"""The country whose way of writing addresses, dates and telephone numbers a list follows, judged from its values."""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.intake.normalise.text import clean
from commonweal.intake.rules import fold_header

_STATES = {
    "US": "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh "
    "ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr vi gu as mp",
    "AU": "nsw vic qld sa wa tas nt act",
    "CA": "on qc bc ab mb sk ns nb nl pe nt nu yt",
}
_POSTCODES = {
    "GB": r"(?i)^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$",
    "CA": r"(?i)^[a-z]\d[a-z][ -]?\d[a-z]\d$",
    "US": r"^\d{5}-\d{4}$",
}
_FRENCH = re.compile(
    r"\b(nom|prenoms?|naissance|naiss|adresse|commune|ville|cp|postal|voie|rue|telephone|courriel|sexe|civilite|ne le)\b"
)
_FRENCH_STREETS = (
    r"(?i)\b(rue|avenue de|chemin|impasse|allée|allee|boulevard d|place d|route de|quai|cours)\b"
)
_SHARE = 0.5  # of the distinct filled cells
_LOOKED_AT = 5_000  # rows


def guess(sample: pa.RecordBatch) -> str:
    """ISO 3166-1 alpha-2: FR, US, AU, CA or GB; US where nothing tells."""
    rows = sample.slice(0, _LOOKED_AT)
    columns = {fold_header(name): clean(rows.column(name)).drop_null() for name in rows.schema.names}
    for words, cells in columns.items():
        if re.search(r"\b(state|province|st)\b", words):
            found = _by_state(cells)
            if found:
                return found
    for country, pattern in _POSTCODES.items():
        if any(_share(cells, pattern) >= _SHARE for cells in columns.values()):
            return country
    french = sum(bool(_FRENCH.search(words)) for words in columns)
    streets = any(_share(cells, _FRENCH_STREETS) >= _SHARE for cells in columns.values())
    return "FR" if french >= 2 or streets else "US"


def _by_state(cells: pa.Array) -> str | None:
    """The country most of whose states' abbreviations these are."""
    if not len(cells):
        return None
    lower = pc.utf8_lower(cells)
    shares = {country: pc.mean(pc.is_in(lower, pa.array(_codes(country)))).as_py() for country in _STATES}
    best = max(shares, key=lambda country: shares[country])
    return best if shares[best] >= _SHARE else None


@lru_cache
def _codes(country: str) -> list[str]:
    return _STATES[country].split()


def _share(cells: pa.Array, pattern: str) -> float:
    distinct = cells.unique()
    return float(pc.mean(pc.match_substring_regex(distinct, pattern)).as_py()) if len(distinct) else 0.0
