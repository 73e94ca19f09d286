"""What can go wrong with a run."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class Stopped(CommonwealError):
    """Somebody asked the run to stop; what it had begun was not published."""

    what = _("Stopped, as asked, at “{step}”.")
    remedy = _("Nothing of this step was kept. Start it again when you like.")


class NoSuchRun(CommonwealError):
    """A run id that stands nowhere."""

    what = _("There is no run {run_id}.")


class UnknownCommand(CommonwealError):
    """A run asks for a command that no handler knows."""

    what = _("No work is called {command!r}.")
    remedy = _("Known: {known}.")
