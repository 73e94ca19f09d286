"""What can't be forecast, and why."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class BadAreas(CommonwealError):
    """An expectation that is none."""

    what = _("No forecast can be made: {problem}.")
    remedy = _("Correct it; docs/forecast.md says what each area needs.")
    too_few = _("it takes an area and two choices")
    shapes = _("turnout is one number an area, shares one an area and choice")
    not_finite = _("{name} has a number that is missing or infinite")
    nobody = _("nobody is registered in area {area}")
    turnout_off = _("turnout in area {area} is {value:.3g}, which is not between 0 and 1")
    shares_off = _("the shares in area {area} do not sum to 1, or one is below 0")
    places_off = _("{name} is a number from 0 on for each area, with none left out")


class BadErrors(CommonwealError):
    """Errors that can't be drawn from."""

    what = _(
        "How far an expectation may be off is three numbers from 0 to 10 on the scale of log odds, not {found}."
    )
    remedy = _("0.14 is about 3.5 points near one half.")


class NotAChoice(CommonwealError):
    """Ours is not among the choices."""

    what = _("“{name}” is none of the choices: {known}.")
    remedy = _("Say which one is ours.")


class BadSystem(CommonwealError):
    """Rules of counting that don't fit."""

    what = _("These rules can't count this election: {problem}.")
    remedy = _("docs/forecast.md shows the rules there are.")
    weights_off = _("{found} weights are given for {expected} constituencies")
    seats_off = _("there are no seats")
    share_off = _("{name} is {value:g}, not a share from 0 to 1")


class UnreadablePast(CommonwealError):
    """A file of results that can't be used."""

    what = _("{path}: {problem}.")
    remedy = _(
        "One row an area: area, registered, then a column of votes for each choice. docs/forecast.md shows one."
    )
    no_column = _("there is no column {name!r}; it has {known}")
    no_choices = _("fewer than two columns hold votes")
    not_a_number = _("row {row}, column {name!r}: {value!r} is no number of 0 or more")
    too_many = _("row {row}: {votes:g} votes, but {registered:g} are registered")
    empty = _("it has no rows")


class NothingScored(CommonwealError):
    """A campaign whose areas nobody knows anything of."""

    what = _("There is no area with scores to make a forecast from.")
    remedy = _("Run commonweal score, or give a file: commonweal forecast FILE.")
