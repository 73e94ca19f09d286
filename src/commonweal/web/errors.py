"""Why the pages can't be served."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class PortTaken(CommonwealError):
    """Something else listens there already, or listening there is not allowed."""

    what = _("Nothing can listen on {host}:{port}: {reason}.")
    remedy = _("Choose another port: commonweal serve --port {other}")


class NoProxy(CommonwealError):
    """A trusted proxy that is neither an address nor a network."""

    what = _("“{name}” is no address of a proxy: {reason}.")
    remedy = _("Give an IP address or a network: --proxy 10.0.0.2, --proxy 10.0.0.0/24")


class PartsMissing(CommonwealError):
    """The browser's parts were never installed."""

    what = _("The pages' parts for the browser are missing ({path}).")
    remedy = _("Run: make setup")


class BudgetNotUnderstood(CommonwealError):
    """A budget that is no amount of money."""

    what = _("A budget of “{budget}” can't be spent.")
    remedy = _("Give an amount above 0, or leave it empty to make no new plan.")


class NotADay(CommonwealError):
    """A day that is none."""

    what = _("“{day}” is no day.")
    remedy = _("Write it as year-month-day (2027-04-11), or leave it empty.")
