"""Names that the demo gives. What a campaign itself calls a thing is shown as it wrote it."""

from __future__ import annotations

from commonweal.errors import _

GIVEN = frozenset(
    {
        _("Electoral roll"),
        _("E-mail sign-ups"),
        _("Donors"),
        _("Canvass sheets"),
        _("Commercial append"),
        _("Results of the pilot"),
        _("electoral communication"),
        _("news of the campaign, as asked for"),
        _("receipts and thanks"),
        _("talks at the door"),
        _("to know households better"),
        _("learning what moves whom"),
        _("made-up people"),
        _("To the first round"),
        _("Tonight"),
        _("Toulouse, a demo"),
        _("Find a room for Thursday's talk near the school"),
        _("Ask the printer for a better price of the letters"),
    }
)

ATTRIBUTE = {
    "income": _("Income"),
    "housing": _("Housing"),
    "household_size": _("Size of the household"),
    "occupation": _("Occupation"),
    "reading": _("Magazines"),
    "date": _("Date"),
    "result": _("Result"),
    "support_level": _("Support, 1 to 5"),
    "topic": _("Topic"),
    "amount": _("Amount"),
    "registered_on": _("Registered on"),
    "signed_up_on": _("Signed up on"),
}
