"""Words of models and of plans: what one looks at, why the other chose."""

from __future__ import annotations

from commonweal.errors import _

MODEL = {
    "turnout": _("Turnout"),
    "support": _("Support"),
    "effects": _("What contacts do"),
}

FEATURE = {
    "age": _("Age"),
    "sex": _("Sex"),
    "latitude": _("Where they live, north to south"),
    "longitude": _("Where they live, west to east"),
    "has_email": _("Has an e-mail address"),
    "has_phone": _("Has a phone number"),
    "votes_known": _("How many past votes are known"),
    "share_voted": _("Share of past votes cast"),
    "household_size": _("Size of the household"),
    "area_size": _("Size of the area"),
    "area_share": _("How much the area votes"),
    "area_latest": _("How much the area voted last"),
    "area_age": _("Age of the area"),
    "lists": _("Number of lists"),
    "area": _("Area"),
    "turnout": _("Turnout score"),
    "support": _("Support score"),
}

FEATURE_OF = {
    "voted": _("Vote number {name} back"),
    "alike": _("Vote of this kind, number {name} back"),
    "list": _("On the list {name}"),
    "attribute": _("{name}, as a list says"),
}

PLAN_REASON = {
    "chosen": _("Chosen"),
    "outbid": _("The money does more elsewhere"),
    "ran_out": _("The money ends before them"),
    "full": _("What would gain most with them has no room left"),
    "no_day": _("No day is left: the days are full, or too near to another contact"),
    "never_useful": _("No contact would gain anything"),
    "held_out": _("Left alone, to learn from"),
    "drawn": _("Drawn, to learn from"),
    "drawn_before": _("Drawn before, to learn from: the contact was made, or waits until there is room"),
    "no_address": _("No address is known"),
    "no_phone": _("No phone number is known"),
    "no_email": _("No e-mail address is known"),
    "said_no": _("They said no"),
    "knocked": _("Somebody spoke with them at their door before"),
    "no_consent": _("They did not agree to be written to"),
    "no_estimate": _("Nobody knows what a contact would do to them"),
    "other_member": _("Somebody else of the household is contacted"),
    "other_member_no_address": _("Somebody else of the household is contacted; of them no address is known"),
    "other_member_no_phone": _(
        "Somebody else of the household is contacted; of them no phone number is known"
    ),
    "other_member_no_email": _(
        "Somebody else of the household is contacted; of them no e-mail address is known"
    ),
    "other_member_said_no": _("Somebody else of the household is contacted; they said no"),
    "other_member_knocked": _(
        "Somebody else of the household is contacted; somebody spoke with them at their door before"
    ),
    "other_member_no_consent": _("Somebody else of the household is contacted; they did not agree"),
    "other_member_no_estimate": _(
        "Somebody else of the household is contacted; nobody knows what it would do to them"
    ),
}

PLAN_STATUS = {
    "draft": _("draft"),
    "approved": _("in force"),
    "replaced": _("replaced"),
}
