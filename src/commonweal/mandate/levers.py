"""Levers under the names by which people call them: "TVA", "value added tax" and "VAT" are one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources

from commonweal.intake.rules import fold_header

_MOST_NEAR = 3


@dataclass(frozen=True)
class Levers:
    """The levers that are known: `names` by code and language, the first one shown; `of` from each folded name to its code."""

    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    of: Mapping[str, str]

    @property
    def codes(self) -> frozenset[str]:
        """All codes."""
        return frozenset(self.names)

    def code(self, name: str) -> str:
        """The code of a lever that is called so; for one that nobody knows, its name folded."""
        folded = fold_header(name)
        return self.of.get(folded, folded.replace(" ", "_"))

    def near(self, code: str) -> tuple[str, ...]:
        """Names of known levers that are written nearly so, the nearest first."""
        found = get_close_matches(code.replace("_", " "), self.of, n=_MOST_NEAR * 2, cutoff=0.6)
        return tuple(dict.fromkeys(found))[:_MOST_NEAR]

    def name(self, code: str, language: str) -> str:
        """What a lever is called in a language; the code made readable where nobody says."""
        names = self.names.get(code, {})
        told = names.get(language) or names.get("en") or next(iter(names.values()), ())
        return told[0] if told else code.replace("_", " ")

    def also(self, names: Iterable[str]) -> Levers:
        """These and further ones, each by its one name."""
        further = {self.code(name): {"en": (name,)} for name in names if self.code(name) not in self.names}
        return _levers({**self.names, **further})


def _levers(names: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Levers:
    of = {
        fold_header(name): code
        for code, by_language in names.items()
        for name in (code, *(each for told in by_language.values() for each in told))
    }
    return Levers(names, of)


@lru_cache(maxsize=1)
def shipped() -> Levers:
    """The levers that come with Commonweal."""
    text = (resources.files("commonweal.mandate") / "levers.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return _levers(
        {
            code: {language: tuple(names) for language, names in by_language.items()}
            for code, by_language in data.items()
        }
    )
