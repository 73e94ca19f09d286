"""What can go wrong with people, areas and universes. None of it passes by waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import ClassVar

from commonweal.errors import CommonwealError, _

_MOST_NAMES = 12  # names listed in an error, before "…"


class ExpressionError(CommonwealError):
    """An expression that can't be read; `column` counts from 1 and a caret points at it."""

    what = _("{expression}\n{pointer}\nColumn {column}: this expression can't be read.")
    guess: ClassVar[str] = _("Did you mean {suggestion!r}?")
    worded_parameters: ClassVar[frozenset[str]] = frozenset({"expected", "found", "carries"})

    @property
    def column(self) -> int:
        """Where in the expression, counted from 1."""
        return int(str(self.parameters["column"]))

    def worded(self, translate: Callable[[str], str] = _) -> str:
        """As of any error; parameters that are words are translated too, and a near name is suggested."""
        parameters = {
            name: translate(str(value)) if name in self.worded_parameters and value else value
            for name, value in self.parameters.items()
        }
        guess = self.guess if parameters.get("suggestion") else ""
        parts = [translate(part) for part in (self.what, guess, self.remedy) if part]
        return " ".join(part.format(**parameters) for part in parts)


def place(expression: str, position: int) -> dict[str, object]:
    """The parameters that every `ExpressionError` takes: the text on one line, the column, the caret under it."""
    one_line = "".join(" " if letter.isspace() else letter for letter in expression)
    return {"expression": one_line, "column": position + 1, "pointer": " " * position + "^"}


def near(name: str, known: Iterable[str]) -> dict[str, object]:
    """The parameters `name`, `suggestion` (the nearest known name, or "") and `known` (a few of them)."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    return {"name": name, "suggestion": close[0] if close else "", "known": shown or "-"}


class EmptyExpression(ExpressionError):
    """Nothing but spaces."""

    what = _("The expression is empty: it doesn't say who is meant.")
    remedy = _("Write a condition, such as: age < 30 and has phone")


class ExpressionTooLong(ExpressionError):
    """More text than anyone writes by hand."""

    what = _("The expression has {length} characters; {limit} is the most.")
    remedy = _("Split it into two universes, or choose larger areas.")


class ExpressionTooDeep(ExpressionError):
    """Brackets in brackets in brackets."""

    what = _("{expression}\n{pointer}\nColumn {column}: more than {limit} brackets or nots are nested here.")
    remedy = _("Write it with fewer brackets.")


class UnknownSign(ExpressionError):
    """A sign that the language doesn't have."""

    what = _("{expression}\n{pointer}\nColumn {column}: {sign!r} has no meaning here.")
    remedy = _('Texts stand in double quotes, as in: area = "0113"')


class UnclosedText(ExpressionError):
    """A quote that is never closed."""

    what = _("{expression}\n{pointer}\nColumn {column}: the text that begins here has no closing quote.")
    remedy = _("Close it with {quote}")


class NumberTooLarge(ExpressionError):
    """A number that not every engine holds exactly."""

    what = _("{expression}\n{pointer}\nColumn {column}: {number} is too large or too small a number.")
    remedy = _("Numbers lie between -{limit} and {limit}.")


class Unexpected(ExpressionError):
    """The expression goes on in another way than the language does."""

    what = _("{expression}\n{pointer}\nColumn {column}: {expected} belongs here, not {found}.")


class UnexpectedEnd(ExpressionError):
    """The expression ends too early."""

    what = _("{expression}\n{pointer}\nThe expression ends here, but {expected} should follow.")


class UnknownField(ExpressionError):
    """A word that is no field."""

    what = _("{expression}\n{pointer}\nColumn {column}: there is no field {name!r}.")
    remedy = _("Fields are: {known}.")


class UnknownName(ExpressionError):
    """A tag, list, area, election or attribute that nobody here has: a slip of the pen, most likely."""

    what = _("{expression}\n{pointer}\nColumn {column}: nobody here has {carries} {name!r}.")
    remedy = _("Known are: {known}.")


class WrongValue(ExpressionError):
    """A number where a text belongs, and the like."""

    what = _(
        "{expression}\n{pointer}\nColumn {column}: {subject} is compared with {expected}, not with {found}."
    )


class NotOrdered(ExpressionError):
    """`sex < "m"`."""

    what = _("{expression}\n{pointer}\nColumn {column}: {subject} has no order, so {operator} says nothing.")
    remedy = _("Use =, != or in.")


class EmptyRange(ExpressionError):
    """`age between 40 and 30`."""

    what = _("{expression}\n{pointer}\nColumn {column}: nothing lies between {low} and {high}.")
    remedy = _("Put the smaller number first.")


class UniverseNameTaken(CommonwealError):
    """Two universes of one name."""

    what = _("There is a universe named {name!r} already.")
    remedy = _("Choose another name, or change the one that is there.")


class BadUniverseName(CommonwealError):
    """An empty, long or broken name."""

    what = _("{name!r} can't be the name of a universe.")
    remedy = _("Use 1 to {limit} characters, on one line.")


class NoSuchUniverse(CommonwealError):
    """A universe that is not there (any more)."""

    what = _("There is no universe {universe!r}.")
    remedy = _("Open the list of universes: it may have been deleted.")


class NoSuchPerson(CommonwealError):
    """A person who is not there (any more)."""

    what = _("There is no person {person_id}.")
    remedy = _("Search by name: the person may have been merged with another.")


class NoAreaFile(CommonwealError):
    """A file of areas that can't be opened."""

    what = _("The file of areas {path} can't be read: {problem}.")
    remedy = _("Give the path of a GeoJSON file that you may read.")


class NoGeoJson(CommonwealError):
    """A file that holds no areas."""

    what = _("{path} is no GeoJSON file of areas: {problem}.")
    remedy = _("Give a FeatureCollection of polygons in longitude and latitude (WGS 84, RFC 7946).")


class BadArea(CommonwealError):
    """One area of the file that can't be used."""

    what = _("{path}: area {position} ({code}) can't be used: {problem}.")
    remedy = _("Correct the file and load it again; no area was changed.")


class BadSourcesRank(CommonwealError):
    """[sources_rank] names a group of fields that is none."""

    what = _("campaign.toml, [sources_rank]: {name!r} is no group of fields.")
    remedy = _("Groups are: {known}.")


class TooManyBatches(CommonwealError):
    """More living batches than a profile's key can number."""

    what = _("{batches} batches hold living records; profiles are made from at most {limit}.")
    remedy = _("Load the full list anew as a snapshot: it replaces its older batches.")
