"""Words of promises."""

from __future__ import annotations

from commonweal.errors import _

FINDING = {
    "pulled_both_ways": _("They pull one lever different ways: {lever}, {one_way} and {other_way}."),
    "pulls_itself": _("It pulls one lever different ways: {lever}."),
    "circular": _(
        "Each stands in the place of the next, and the last in that of the first: none of them stands."
    ),
    "overdrawn": _("Together they take {drawn} a year from “{budget}”, which holds {holds}."),
    "drawn_twice": _("They draw on one budget: “{budget}”. Nobody says how much it holds."),
    "empty": _("It serves no one ({scope}) and costs nothing, and says so."),
    "serves_no_one": _("Nobody can be what it says of those whom it serves: {scope}."),
    "private_only": _("It was promised, but not in public."),
    "unpaid": _("It costs {cost} a year; what is named pays for {paid}."),
    "unknown_lever": _("Nobody has named this lever before: {lever}."),
    "overrides_nothing": _("It stands in the place of a promise that is not there: {other}."),
}

NEAR = _("Near names are known: {near}.")

FINDING_DO = {
    "pulled_both_ways": _("Give one of them up, or say for whom each is meant so that nobody is both."),
    "pulls_itself": _("Keep one way, or make two promises for two groups."),
    "circular": _("Decide which one stands."),
    "overdrawn": _("Promise less, or name what else pays."),
    "drawn_twice": _("Say how much it holds, and how much each promise takes."),
    "empty": _("Leave it out, or say whom it serves and at what cost."),
    "serves_no_one": _("Correct the condition."),
    "private_only": _("Say it to everyone, or take it back."),
    "unpaid": _("Name what pays for the rest."),
    "unknown_lever": _("Correct the name, or add the lever."),
    "overrides_nothing": _("Correct the key."),
}

DIRECTION = {"up": _("up"), "down": _("down"), "hold": _("untouched")}

PROMISE_STATUS = {
    "draft": _("draft"),
    "announced": _("announced"),
    "under_way": _("begun"),
    "stalled": _("stalled"),
    "kept": _("kept"),
    "kept_in_part": _("kept in part"),
    "broken": _("broken"),
    "withdrawn": _("withdrawn"),
}

ANSWER = {
    "same": _("said that they are one promise"),
    "different": _("said that they are two promises"),
    "compatible": _("said that they don’t contradict each other"),
}

NARROWNESS = {
    "narrow": _("share of the talk that serves few"),
    "messages": _("effective number of messages"),
    "specificity": _("how far the cell tells the message"),
}

HEARD = {
    "after_vote": _("after the vote"),
    "now": _("at once"),
    "never": _("never"),
}

MONEY_ORIGIN = {
    "private": _("private"),
    "public": _("public"),
    "both": _("private and public"),
}
