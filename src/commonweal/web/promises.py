"""What was found of promises, in words."""

from __future__ import annotations

from collections.abc import Callable

from commonweal.errors import _
from commonweal.mandate.levers import Levers
from commonweal.mandate.model import Finding
from commonweal.web import words
from commonweal.web.language import Language
from commonweal.web.vocabulary import mandate

_MONEY = frozenset({"drawn", "holds", "cost", "paid"})
_SHORT = 90


def told(finding: Finding, levers: Levers, language: Language) -> str:
    """What was found, in one or two sentences."""
    say = language.gettext
    given = {name: _given(name, value, levers, language) for name, value in finding.params.items()}
    if "one" in given:
        given["one_way"], given["other_way"] = (
            words.word("direction", given[name], say) for name in ("one", "other")
        )
    near = finding.params.get("near")
    further = say(_("; ")).join(near) if near else ""
    sentence = say(mandate.FINDING[finding.code.value]).format(**given)
    return f"{sentence} {say(mandate.NEAR).format(near=further)}" if further else sentence


def to_do(finding: Finding, say: Callable[[str], str]) -> str:
    """What to do about it."""
    return say(mandate.FINDING_DO[finding.code.value])


def short(text: str) -> str:
    """The beginning of a promise, cut at a word."""
    return text if len(text) <= _SHORT else text[:_SHORT].rsplit(" ", 1)[0] + " …"


def _given(name: str, value: object, levers: Levers, language: Language) -> str:
    if name == "lever":
        return levers.name(str(value), language.code)
    if name in _MONEY and isinstance(value, int):
        return language.money(value)
    return str(value)
