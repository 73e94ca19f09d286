"""What can be wrong with messages."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NothingSaid(CommonwealError):
    """A version without words, or a message without a name."""

    what = _("The message has no name, or no words in any language.")
    remedy = _("Give it the name that options.toml calls it, and its words in one language at least.")


class TooLongToSay(CommonwealError):
    """Words or a name that don't fit."""

    what = _("This text has {length} characters; {most} fit.")
    remedy = _("Make it shorter.")


class NoSuchVersion(CommonwealError):
    """A version that is nowhere, or not open to the asker."""

    what = _("There is no such version of a message.")


class ApprovedAlready(CommonwealError):
    """A version that was approved before."""

    what = _("{name} is approved already.")
    remedy = _("Write a new version to say it differently.")


class NotApproved(CommonwealError):
    """A version whose approval can't be taken back: it has none, or none any more."""

    what = _("{name} is not approved.")
