"""What can go wrong with interactions."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class BatchTooLarge(CommonwealError):
    """More events than one transaction should hold."""

    what = _("The batch has {events} events; at most {most} are taken at once.")
    remedy = _("Send it in parts: what was sent already does no harm.")


class BadSender(CommonwealError):
    """A sender's name that can't stand in the ledger."""

    what = _("“{sender}” can't be a sender's name.")
    remedy = _("Take small letters, digits, points and hyphens: mailer.north")


class NoSuchEvent(CommonwealError):
    """An event that is to be undone, and is not there."""

    what = _("There is no such event, or it is undone already.")
