"""Words of long work."""

from __future__ import annotations

from commonweal.errors import _

COMMAND = {
    "night": _("The whole loop"),
    "demo": _("The demo"),
    "import": _("Load a list"),
    "resolve": _("Find who is who"),
    "score": _("Score everybody"),
    "plan": _("Make a plan"),
    "publish": _("Put the approved plan into everybody’s hands"),
    "forecast": _("Draw elections"),
    "price": _("Compute the price of governing big"),
    "take_back": _("Take a list back"),
    "undo": _("Take a merge back"),
    "forget": _("Rewrite files without the erased"),
    "count_promises": _("Count who heard which promise"),
    "backup": _("A backup"),
    "study": _("A study"),
}

RUN_STATUS = {
    "queued": _("waiting"),
    "running": _("under way"),
    "done": _("done"),
    "failed": _("failed"),
    "stopped": _("stopped"),
}

STEP = {
    "reading": _("reading {name}"),
    "training": _("training: {name}"),
}

GONE = {
    "ProcessGone": _("The process that did this is gone. Nothing half-done was kept."),
    "Interrupted": _("Stopped from the keyboard."),
}
