"""Words of lists and of their files."""

from __future__ import annotations

from commonweal.errors import _

LIST_KIND = {
    "roll": _("Electoral roll"),
    "signups": _("Sign-ups"),
    "donors": _("Donors"),
    "canvass": _("Canvass"),
    "append": _("Bought data"),
    "experiment": _("Experiment"),
    "other": _("Other list"),
}

LIST_ORIGIN = {
    "official": _("from an office"),
    "given": _("given by the people themselves"),
    "observed": _("noted by the campaign"),
    "bought": _("bought"),
    "synthetic": _("made up"),
    "research": _("from research"),
}

LIST_MODE = {
    "snapshot": _("the whole list each time"),
    "delta": _("additions each time"),
}

BATCH_STATUS = {
    "loaded": _("loaded"),
    "superseded": _("replaced"),
    "withdrawn": _("taken back"),
}
