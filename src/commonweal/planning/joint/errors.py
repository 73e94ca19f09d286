"""What can't be planned jointly, and why. None of it passes by waiting."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class BadGain(CommonwealError):
    """A gain that is missing or infinite, where the option is open."""

    what = _("The gain of option {option!r} for person {person} (counted from 0) is {value}.")
    remedy = _("Give a finite number of votes, or close the option to that person.")


class TooManyOptions(CommonwealError):
    """More options than are told apart."""

    what = _("There are {count} options; a plan can choose among {most} at most.")
    remedy = _("Leave out those that differ least from others.")


class CostsNothing(CommonwealError):
    """An option that could be given to everyone for nothing."""

    what = _("Option {option!r} costs {cost}.")
    remedy = _("Give what one contact costs: above 0, be it a thousandth.")


class BadMost(CommonwealError):
    """A number of contacts that a person can't have."""

    what = _("The most contacts of person {person} (counted from 0) is {most}.")
    remedy = _("Give a whole number from 0 to 127.")


class BadLimit(CommonwealError):
    """A limit that can't stand."""

    what = _("Limit {limit!r}: {problem}.")
    remedy = _("Correct the limit.")
    contradiction = _("at least {low:g} is above at most {high:g}")
    uses_nothing = _("no option uses any of it")
    negative_use = _("option {option!r} uses {use:g} of it: not a number of 0 or more")
    negative_end = _("at most {high:g} is not a number of 0 or more")
    unknown_group = _("its minimum can't be met: there is nobody in group {number}")
    unknown_region = _("its minimum can't be met: there is no area in region {number}")
    repeated = _("its name stands twice")


class BadShare(CommonwealError):
    """A share that is none."""

    what = _("{name}: {share:g} is no share.")
    remedy = _("Give a number from 0 to 1: 0.2 is one in five.")


class BadHours(CommonwealError):
    """Hours that can't be: of a contact, 0 or less; of an area, below 0."""

    what = _("{name} {position} (counted from 0): {value} hours.")
    remedy = _("A contact takes more than 0 hours, an area has 0 or more.")
    contact = _("A contact with person")
    area = _("Area")


class UnknownChannel(CommonwealError):
    """Hours for a channel that no option uses."""

    what = _("Hours are given for the channel {channel!r}, but no option uses it.")
    remedy = _("Options use {known}.")


class EmptyArea(CommonwealError):
    """An area without people."""

    what = _("Nobody lives in area {area} (counted from 0) of {areas}.")
    remedy = _("Leave it out, and number the others without gaps.")


class AreasOutOfOrder(CommonwealError):
    """Persons that do not stand area by area."""

    what = _("Person {person} (counted from 0) is of area {area}, the one before of area {before}.")
    remedy = _("Sort the persons by area: each area is read as one block.")


class FloorsOutOfReach(CommonwealError):
    """Lower ends that can't all be met, whatever is chosen: this is proven."""

    what = _("Not all minimums can be met together. {floors}")
    remedy = _("Lower them by as much, raise what stands against them, or open an option to more people.")
    floor = _("{limit}: {low:g} are asked, {used:g} can be had.")


class NoAreaKnown(CommonwealError):
    """An area of a block that the terms don't know."""

    what = _("Some persons are of area {area}, but the terms tell of {areas} areas, counted from 0.")
    remedy = _("Give the hours and the region of every area, or number the areas anew.")


class AreaInTwoBlocks(CommonwealError):
    """Hours of an area can't be shared out if two blocks don't know of each other."""

    what = _("Area {area} stands in block {one} and in block {other}.")
    remedy = _("Put all persons of an area into one block.")


class PlanFolderTaken(CommonwealError):
    """A plan would be written where something is."""

    what = _("{folder} is there already.")
    remedy = _("Name a new folder for the plan's contacts.")
