"""Why one can't come in or do a thing."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class WrongSignIn(CommonwealError):
    """Address and password don't go together, or there were too many tries; which of them is not said."""

    what = _("This e-mail address and password don't go together, or wrong ones came before.")
    remedy = _(
        "Try again: after {free} wrong passwords in a row wait a minute, then longer. Or ask your data director for a"
        " sign-in link."
    )


class LinkSpent(CommonwealError):
    """A sign-in link that was used, has expired or never was."""

    what = _("This sign-in link is not good any more: each works once, for two days.")
    remedy = _("Ask whoever sent it for a new one.")


class WeakPassword(CommonwealError):
    """A password that is too easy."""

    what = _("This password is too easy to guess, or too long.")
    remedy = _("Take {least} to {most} characters: four or five words that only you would put together.")


class AddressTaken(CommonwealError):
    """Two accounts can't have one e-mail address."""

    what = _("There is an account for {email} already.")
    remedy = _("Make a new sign-in link for it instead.")


class NotAnAddress(CommonwealError):
    """An e-mail address that is none."""

    what = _("“{email}” is no e-mail address.")
    remedy = _("Leave it empty, or correct it.")


class NameMissing(CommonwealError):
    """An invitation without a name."""

    what = _("The name is empty.")
    remedy = _("Say who is invited.")


class AreasMissing(CommonwealError):
    """An organiser without an area would see nobody."""

    what = _("An organiser needs at least one area.")
    remedy = _("Give the codes of the areas, with commas between them.")


class NoSuchAccount(CommonwealError):
    """No open account has this number."""

    what = _("There is no such account, or it is closed.")


class NameNotFound(CommonwealError):
    """A way in for somebody whose name or address goes with no account, or with several."""

    what = _("“{name}” is the name or e-mail address of {count} accounts.")
    remedy = _("Name one of them by its e-mail address: {known}.")


class LastDirector(CommonwealError):
    """Closing the last director's account would lock everybody out."""

    what = _("This is the only data director left.")
    remedy = _("Invite another one first.")


class NotADemo(CommonwealError):
    """Roles are switched in a demo only."""

    what = _("Roles can be switched in the demo only.")


class BadSender(CommonwealError):
    """A token whose sender has no name that can stand in the ledger."""

    what = _("“{sender}” can't be a sender's name.")
    remedy = _("Take small letters, digits, points and hyphens: mailer.north")


class ScopesMissing(CommonwealError):
    """A token that could do nothing."""

    what = _("A token needs something that it may do.")
    remedy = _("Choose at least one.")


class NoSuchToken(CommonwealError):
    """No token has this number, or it was revoked before."""

    what = _("There is no such token, or it is revoked already.")


class TokenRevoked(CommonwealError):
    """A token that was taken back while it was being used."""

    what = _("This token is revoked.")
    remedy = _("Ask the campaign's data director for a new one.")
