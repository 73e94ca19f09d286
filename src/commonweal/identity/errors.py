"""What can go wrong in identity."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NoRecords(CommonwealError):
    """There is nothing to resolve."""

    what = _("There are no records to resolve.")
    remedy = _("Load a list first: commonweal import FILE")


class RecordTwice(CommonwealError):
    """Two rows have one record id."""

    what = _("Record {record_id} stands {times} times in the table.")
    remedy = _("Give each row an id of its own.")
