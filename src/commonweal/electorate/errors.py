"""What can go wrong with the synthetic electorate."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class ElectorateError(CommonwealError):
    """Base of this room's errors."""


class BadSize(ElectorateError):
    """Fewer or more voters than can be made."""

    what = _("An electorate of {voters} voters can't be made.")
    remedy = _("Choose between {least} and {most} voters.")


class TruthNotApart(ElectorateError):
    """Lists and truth in one folder, or one inside the other."""

    what = _("The hidden truth would be written to {truth}, which is not apart from the lists in {lists}.")
    remedy = _("Give a folder for the truth that neither holds the lists nor lies among them.")


class CannotWrite(ElectorateError):
    """A full disk, or no right to write."""

    what = _("Writing the electorate to {path} failed: {reason}. Nothing was left half written.")
    remedy = _("Make room or get the right to write there, then run the same command again.")


class NoTruth(ElectorateError):
    """A folder without the truth, or with an unfinished one."""

    what = _("There is no hidden truth of a synthetic electorate in {path}.")
    remedy = _("Give the folder that was named as `truth` when the electorate was written.")


class UnknownVoters(ElectorateError):
    """Registration numbers that are not on the roll."""

    what = _("{count} registration numbers belong to no voter of this electorate, among them {example!r}.")
    remedy = _("Use the numbers in the column numero_electeur of this electorate's own roll.")


class UnknownOption(ElectorateError):
    """An option that the world does not know."""

    what = _("{option!r} is no option of this electorate.")
    remedy = _("Choose one of: {known}.")


class ArmsDontFit(ElectorateError):
    """Voters and arms of different number."""

    what = _("{voters} registration numbers were given, but {arms} arms.")
    remedy = _("Give one arm for each registration number.")
