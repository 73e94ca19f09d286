"""Words of the audit's details: what each number or name of an entry is. What is not listed is not shown."""

from __future__ import annotations

from commonweal.errors import _

COUNTED = {
    "rows": _("Rows in"),
    "records": _("Records"),
    "quarantined": _("Quarantine"),
    "persons": _("People"),
    "households": _("Households"),
    "scored": _("With a score"),
    "merged": _("Merged"),
    "split": _("Split"),
    "asked": _("Asked for"),
    "claimed": _("People reserved"),
    "claims": _("Contacts"),
    "contacts": _("Contacts"),
    "sessions": _("Sessions"),
    "areas": _("Areas"),
    "accepted": _("Taken in"),
    "repeated": _("Told before"),
    "refused": _("Refused"),
    "pending": _("Waiting"),
    "found": _("Found"),
    "files": _("Files"),
    "fields": _("Values shown"),
}
"""A number, or a list of which the length counts."""

NAMED = {
    "channel": (_("Channel"), "channel"),
    "purpose": (_("Purpose"), "purpose"),
    "role": (_("Role"), "role"),
    "kind": (_("Request"), "request"),
    "result": (_("Result"), "result"),
    "to": (_("State"), "action_state"),
    "by": (_("How"), "way_in"),
}
"""A code, with the table of words that has it."""

WAY_IN = {
    "link": _("with a link"),
    "password": _("with a password"),
}

PAGE = {
    "person": "/people/",
    "batch": "/lists/",
    "plan": "/plan/",
    "request": "/privacy/requests/",
    "action": "/board/",
}
"""Where the page of a subject is; a token of its kind follows."""
