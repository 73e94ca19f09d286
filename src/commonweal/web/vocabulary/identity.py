"""Words of who is who."""

from __future__ import annotations

from commonweal.errors import _

# What two records are compared by, and what else their odds are made of.
COMPARISON = {
    "beforehand": _("Before looking: any two records"),
    "given": _("Given name"),
    "surname": _("Surname"),
    "birth": _("Date of birth"),
    "sex": _("Sex"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "address": _("Address"),
    "household": _("Two of one household would agree so, too"),
}

STANDING = {
    "counts": _("Noted. It counts from the next run on."),
    "moot": _("Noted. A run has made them one person meanwhile, as you say."),
    "parts": _("Noted. A run has made them one person meanwhile; what you said counts from the next run on."),
    "answered": _("Somebody else was sure meanwhile: their answer counts."),
    "gone": _("Noted. One of the two is on no list any more; it counts if it comes back."),
}

ANSWER = {
    "same": _("Said to be one person"),
    "different": _("Said to be two persons"),
    "unsure": _("Said not to be sure"),
}

TURN = {
    "create": _("Became known"),
    "attach": _("Records were added"),
    "detach": _("Records left the lists"),
    "merge": _("Was merged"),
    "split": _("Was parted"),
    "undo": _("A merge was taken back"),
}

RECORD_EVIDENCE = {
    "sure_key": _("the same registration number"),
    "model": _("alike in name, birth, contact or address"),
    "alone": _("the only record"),
}

HOUSEHOLD_EVIDENCE = {
    "list": _("a list says who lives together"),
    "address_surname": _("one address and a surname in common"),
    "address": _("one flat"),
    "phone": _("one telephone"),
    "alone": _("lives alone, as far as we know"),
}
