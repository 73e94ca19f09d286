"""Errors that a person can act on: what happened, where, and what to do about it.

An error is a code (the class) with parameters; it is worded late, in the reader's language.
A subclass gives two templates::

    class UnknownTarget(CommonwealError):
        what = _("{source}: column {column!r} is mapped to {target!r}, which is no target.")
        remedy = _("Choose one of: {known}.")

    raise UnknownTarget(source="roll.csv", column="Nom", target="sirname", known="surname, …")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar


def _(text: str) -> str:
    """Mark `text` for translation; it is translated when shown, not here."""
    return text


class Phrase:
    """A part of an error's words (a reason, say): a template with parameters, translated together with the error."""

    def __init__(self, template: str, **parameters: object) -> None:
        self.template = template
        self.parameters = parameters

    def worded(self, translate: Callable[[str], str] = _) -> str:
        """The phrase in the language that `translate` gives."""
        return translate(self.template).format(**self.parameters)

    def __str__(self) -> str:
        return self.worded()


class CommonwealError(Exception):
    """Base of all errors meant for a user. `transient` ones may pass when tried again later."""

    what: ClassVar[str] = ""
    remedy: ClassVar[str] = ""
    transient: ClassVar[bool] = False

    def __init__(self, **parameters: object) -> None:
        self.parameters = parameters
        super().__init__(self.worded())

    @property
    def code(self) -> str:
        """The class name: stable, for machines."""
        return type(self).__name__

    def worded(self, translate: Callable[[str], str] = _) -> str:
        """What happened and what to do, in the language that `translate` gives (gettext)."""
        words = {
            name: value.worded(translate) if isinstance(value, Phrase) else value
            for name, value in self.parameters.items()
        }
        parts = [translate(template).format(**words) for template in (self.what, self.remedy) if template]
        return " ".join(parts)

    def __reduce__(
        self,
    ) -> tuple[Callable[..., CommonwealError], tuple[type[CommonwealError], dict[str, object]]]:
        return _rebuild, (type(self), self.parameters)


def _rebuild(kind: type[CommonwealError], parameters: dict[str, object]) -> CommonwealError:
    return kind(**parameters)
