"""What can go wrong with a request or an erasure."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NoSuchRequest(CommonwealError):
    """A request that stands nowhere, or not for this account."""

    what = _("There is no request {request_id}.")
    remedy = _("Look at the list of requests.")


class RequestClosed(CommonwealError):
    """A request was answered before."""

    what = _("Request {request_id} is closed.")
    remedy = _("Open a new one if they ask again.")


class ExtendedAlready(CommonwealError):
    """The time of a request was made longer once."""

    what = _("The time for request {request_id} was made longer before.")
    remedy = _("It can be done once, by two months (GDPR 12(3)).")


class ReasonMissing(CommonwealError):
    """Something that needs a reason got none."""

    what = _("The reason is missing.")
    remedy = _("Write it in a few words: the person has to be told it (GDPR 12(3) and 12(4)).")


class ReceivedInFuture(CommonwealError):
    """A request that would come tomorrow."""

    what = _("{day} lies in the future.")
    remedy = _("Give the day on which the request came in.")


class NobodyLinked(CommonwealError):
    """A request whose person was not found yet."""

    what = _("It is not known yet whom this request is about.")
    remedy = _("Look for the person and link them first.")


class NothingHeld(CommonwealError):
    """Nobody of this id is in the serving copy, or they are erased."""

    what = _("Nothing is held of this person.")
    remedy = _("They may be erased already; the receipts tell.")


class BadCorrection(CommonwealError):
    """A corrected value that can't stand."""

    what = _("{value!r} can't be a value of “{field}”.")
    remedy = _(
        "Write a date as 1984-05-03, a telephone number with its +, and nothing longer than 200 characters."
    )


class TombstonesUnreadable(CommonwealError):
    """The file of tombstones is damaged."""

    what = _("{path}, line {line}, is no tombstone.")
    remedy = _("Take a copy of it that is whole: without it, a backup would bring erased people back.")


class TombstonesMissing(CommonwealError):
    """A backup knows of erasures, and the file that goes on from there is not found."""

    what = _("{path} is missing: people who were erased since the backup was made would come back.")
    remedy = _("Name the file with --tombstones, or say --without-tombstones if there is none.")


class BackupElsewhere(CommonwealError):
    """A backup of a ledger on a server, and no word on where to restore to."""

    what = _("The backup is of a ledger on a PostgreSQL server.")
    remedy = _("Say where it shall be now: --ledger embedded, or --ledger URL of an empty database.")
