"""What can go wrong with the audit."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class AnchorUnreadable(CommonwealError):
    """A noted seal is not written as one."""

    what = _("{text!r} is no seal.")
    remedy = _(
        "Write its number, a colon, and its hash of 64 characters, as “commonweal audit verify” shows the last one."
    )
