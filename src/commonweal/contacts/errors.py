"""What can go wrong with contacts. A refusal is no error: it is an answer."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class RulesUnreadable(CommonwealError):
    """contact_rules.toml, or what was typed on the page, does not say what it should."""

    what = _("{where} can't be read: {reason}.")
    remedy = _("Correct it; docs/contacts.md lists what may stand there.")


class RulesMissing(CommonwealError):
    """There is no file to take the rules from."""

    what = _("{path} is missing.")
    remedy = _("Write the rules in force to it with: commonweal contact-rules > {path}")


class RulesOutdated(CommonwealError):
    """Somebody else changed the rules while this change was being made."""

    what = _("The contact rules were changed by somebody else in the meantime.")
    remedy = _("Look at the rules as they are now, and make your change again.")


class NoSuchClaim(CommonwealError):
    """A claim id that stands nowhere, or is another's."""

    what = _("There is no such claim.")


class ClaimClosed(CommonwealError):
    """A claim that is over can't be finished or handed back."""

    what = _("This claim is over: {state}.")
    remedy = _("Claim the contact anew if it is still to be made.")


class NothingToUndo(CommonwealError):
    """Only what is done can be undone."""

    what = _("This claim is not done: there is nothing to undo.")
    remedy = _("Hand a claim back that still holds.")


class NoSuchBatch(CommonwealError):
    """A batch id that stands nowhere."""

    what = _("There is no batch {batch_id}.")


class OtherBatch(CommonwealError):
    """The key of a batch was used for another channel."""

    what = _("The batch {key!r} was begun for the channel {channel}.")
    remedy = _("Give the new batch a key of its own.")


class DayPast(CommonwealError):
    """Lists are asked for up to a day that is over."""

    what = _("{day} is past.")
    remedy = _("Give today or a later day, or none: lists hold what is due by today.")


class NoDoorsLeft(CommonwealError):
    """The plan wants no further door there that is free."""

    what = _("No door of the plan is free there.")
    remedy = _("Others hold the rest, or they are done. Ask your field organiser for another area.")


class EnoughDoors(CommonwealError):
    """One holds as many doors as one can knock at in an evening."""

    what = _("You hold {doors} doors already.")
    remedy = _("Tell what came of them, or leave some to others, before you take more.")


class TooLateToUndo(CommonwealError):
    """A volunteer takes back what was told on the same day; later it is for those who see the person."""

    what = _("This was told more than {hours} hours ago.")
    remedy = _("Ask your field organiser to take it back.")


class NothingApproved(CommonwealError):
    """A plan all of whose messages may be told to nobody."""

    what = _("Nobody may be told what these options say: {options}.")
    remedy = _("Have their messages approved: on the pages, Promises, then Messages.")


class ContactRefused(CommonwealError):
    """For a page: the answer to a claim was no."""

    what = _("This contact may not be made. {why}")
