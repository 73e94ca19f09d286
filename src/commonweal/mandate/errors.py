"""What can be wrong with promises, and with lists of them."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NotOfTheElectorate(CommonwealError):
    """A promise that serves people by what is no matter of who they are: a score, a list, a tag."""

    what = _("Promise {key!r}: {field} does not say whom a promise serves.")
    remedy = _("Use age, sex, area, city, postcode, state, household_size, or an attribute such as the job.")


class ScopeUnreadable(CommonwealError):
    """An expression of who gains or pays that can't be read."""

    what = _("Promise {key!r}: {reason}")


class CannotBecome(CommonwealError):
    """A step that a promise can't take."""

    what = _("A promise that is {status} can't become {to}.")
    remedy = _("It can become: {steps}.")


class NoPromises(CommonwealError):
    """A file in which nothing says what is promised."""

    what = _("{path}: no column says what is promised. There are: {columns}.")
    remedy = _("Call the column with the promises' words 'text'.")


class ListUnreadable(CommonwealError):
    """A file of promises that can't be read."""

    what = _("{path} can't be read: {reason}.")
    remedy = _("Give a list of promises as CSV, Excel, JSON or TOML; docs/mandate.md shows one.")


class CellUnreadable(CommonwealError):
    """A cell of a list of promises that does not say what its column should."""

    what = _("{path}, promise {key!r}: {value!r} is no {column}.")
    remedy = _("Write it as: {example}.")


class KeyTwice(CommonwealError):
    """Two promises of one key."""

    what = _("{path}: two promises are called {key!r}.")
    remedy = _("Give each promise a key of its own, or leave the column out.")
