"""Why there is no price, and why a rule can't be kept."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NoBudget(CommonwealError):
    """Nobody said how much money, and no plan did before."""

    what = _("How much money is there? No plan has said so yet.")
    remedy = _("Make a plan first, or give the budget: commonweal price --budget 12000")


class NoMessages(CommonwealError):
    """Options that can't be compared by what they say."""

    what = _("All options that a plan may use say the same: {message}.")
    remedy = _("There is nothing to compare before options.toml names another message.")


class CurveOutdated(CommonwealError):
    """Somebody chose a point of a curve that was computed anew since."""

    what = _("The curve was computed anew since you looked.")
    remedy = _("Look at it again, then choose.")


class NothingAllowed(CommonwealError):
    """A rule that leaves no option."""

    what = _("By a rule of the plan only these messages may be used: {messages}. No option says any of them.")
    remedy = _("Take the rule back on the page of the plan, or put such an option into options.toml.")
