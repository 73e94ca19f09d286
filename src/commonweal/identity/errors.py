"""What can go wrong in identity."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NoRecords(CommonwealError):
    """There is nothing to resolve."""

    what = _("There are no records to resolve.")
    remedy = _("Load a list first: commonweal import FILE")


class ColumnNowhere(CommonwealError):
    """A column was named that no list has."""

    what = _("No list has a column {columns}.")
    remedy = _("There are: {known}.")


class CannotWriteAs(CommonwealError):
    """The name of the output says no format."""

    what = _("{path} does not say how to write the rows.")
    remedy = _("Give it a name that ends in .csv or .parquet.")


class RecordTwice(CommonwealError):
    """Two rows have one record id."""

    what = _("Record {record_id} stands {times} times in the table.")
    remedy = _("Give each row an id of its own.")
