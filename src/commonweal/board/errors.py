"""Why an action can't be written or changed."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NothingToDo(CommonwealError):
    """An action without a text."""

    what = _("The action is empty.")
    remedy = _("Say in one line what is to be done.")


class TooMuchText(CommonwealError):
    """A text that does not fit."""

    what = _("This text has {length} characters; {most} fit.")
    remedy = _("Make it shorter. What else there is to say can be a comment.")


class NobodyDoesIt(CommonwealError):
    """An action that nobody owns."""

    what = _("Nobody is named who does it.")
    remedy = _("Choose one or more people, at most {most}.")


class NotYours(CommonwealError):
    """Somebody who may read an action but not change it."""

    what = _("This action is for others to change.")
    remedy = _("Write a comment: all whom it concerns read it.")


class NoSuchAction(CommonwealError):
    """An action that is nowhere, or that does not concern the asker."""

    what = _("There is no such action, or it does not concern you.")


class NoSuchThing(CommonwealError):
    """An action about something that is nowhere, or that the writer may not see."""

    what = _("What the action is about is not there, or not open to you.")
    remedy = _("Write it without, or choose something else.")


class ChangedMeanwhile(CommonwealError):
    """Somebody else changed the action after it was shown."""

    what = _("Somebody changed this action while you did.")
    remedy = _("Look at what it says now, then change it again.")


class CannotMove(CommonwealError):
    """A step that an action can't take."""

    what = _("The action has ended already, or stands there.")
    remedy = _("Look at what it says now; an ended action can be opened again.")


class EndUnsaid(CommonwealError):
    """An action ended without a line on what came of it."""

    what = _("It is not said what came of it.")
    remedy = _("Write in one line what came of it, or why it is dropped.")
