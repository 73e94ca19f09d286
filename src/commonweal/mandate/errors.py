"""What can be wrong with promises, and with lists of them."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NotOfTheElectorate(CommonwealError):
    """A promise that serves people by what is no matter of who they are: a score, a list, a tag."""

    what = _("“{field}” does not say whom a promise serves.")
    remedy = _("Use age, sex, area, city, postcode, state, household_size, or an attribute such as the job.")


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

    what = _("{path}, promise {key!r}: {value!r} can’t be read as {column}.")
    remedy = _("Write it as: {example}.")


class KeyTwice(CommonwealError):
    """Two promises of one key."""

    what = _("{path}: two promises are called {key!r}.")
    remedy = _("Give each promise a key of its own, or leave the column out.")


class NotSaid(CommonwealError):
    """A promise without words."""

    what = _("The promise has no words.")
    remedy = _("Say in a sentence what is promised.")


class TooLong(CommonwealError):
    """A text that does not fit."""

    what = _("This text has {length} characters; {most} fit.")
    remedy = _("Make it shorter.")


class FieldUnreadable(CommonwealError):
    """A line of the form that does not say what it should."""

    what = _("“{value}” can't be read here.")
    remedy = _("Write it as: {example}.")


class LeverUnknown(CommonwealError):
    """A lever that nobody has named before."""

    what = _("Nobody has named the lever “{lever}” before.")
    remedy = _("Near names are: {near}. If it is a new lever, say so.")


class ServesNobody(CommonwealError):
    """A promise for nobody."""

    what = _("Nobody can be what it says of those whom the promise serves: {scope}.")
    remedy = _("Correct the condition.")


class NoSuchPromise(CommonwealError):
    """A promise that is nowhere, or not open to the asker."""

    what = _("There is no such promise.")


class ChangedMeanwhile(CommonwealError):
    """Somebody else changed the promise after it was shown."""

    what = _("Somebody changed this promise while you did.")
    remedy = _("Look at what it says now, then change it again.")


class ReasonMissing(CommonwealError):
    """Something that is decided with a reason only."""

    what = _("There is no reason given.")
    remedy = _("Say in a line why: it is kept with your name.")


class CircularOverride(CommonwealError):
    """An override that would close a circle."""

    what = _("That would close a circle: {chain}. None of these promises would stand.")
    remedy = _("Decide which one stands, and take the others back.")


class BreaksPromises(CommonwealError):
    """A message that breaks what was promised."""

    what = _("{name} breaks what is promised on the ledger: {broken}.")
    remedy = _("Change the message, or approve it with your name and a reason: both are kept.")


class SponsorMissing(CommonwealError):
    """A public page that does not say whose it is."""

    what = _("The public page has to say who the sponsor is, and an e-mail address of theirs.")
    remedy = _("Regulation (EU) 2024/900, article 12(1)(a), asks for both.")


class NoticeIncomplete(CommonwealError):
    """A transparency notice that lacks something."""

    what = _("The transparency notice lacks: {missing}.")
    remedy = _("Regulation (EU) 2024/900, article 12(1), asks for it.")


class PromiseWithdrawn(CommonwealError):
    """A message that makes a promise which was taken back."""

    what = _("{name} makes a promise that was withdrawn: {text}")
    remedy = _("Announce the promise again, or write the message without it.")
