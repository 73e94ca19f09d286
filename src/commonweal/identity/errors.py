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


class WouldReplaceList(CommonwealError):
    """The output is one of the lists."""

    what = _("{path} is one of the lists: it would be lost.")
    remedy = _("Give the output a name of its own.")


class RecordTwice(CommonwealError):
    """Two rows have one record id."""

    what = _("Record {record_id} stands {times} times in the table.")
    remedy = _("Give each row an id of its own.")


class OneRecord(CommonwealError):
    """A record was compared with itself."""

    what = _("That is one record, not two.")
    remedy = _("Name two records.")


class ReasonTooLong(CommonwealError):
    """A reason that is a story."""

    what = _("A reason may have {limit} characters.")
    remedy = _("Say it shorter.")


class NoSuchMerge(CommonwealError):
    """An event that is no merge."""

    what = _("There is no merge number {event}.")
    remedy = _("The person's page lists the merges behind an id.")


class UndoneAlready(CommonwealError):
    """A merge that was taken back before."""

    what = _("Merge {event} was taken back already.")
    remedy = _("There is nothing more to do.")


class NothingToPart(CommonwealError):
    """One side of the merge has no record left."""

    what = _("Merge {event} can't be taken back: one of the two has no record in any list now.")
    remedy = _("Load the list that named them again, then take the merge back.")


class MergeNotNoted(CommonwealError):
    """A merge from before migration 0019: nobody knows which records were whose."""

    what = _("Merge {event} is too old to be taken back: it was not noted then which records came with it.")
    remedy = _("Correct in the lists what ties the two, then: commonweal resolve")


class NothingCounted(CommonwealError):
    """What blocking misses is asked before a run has learnt weights."""

    what = _("No run has learnt from these lists yet: what it misses can't be told.")
    remedy = _("Run: commonweal resolve. Lists in which hardly anybody stands twice teach nothing.")
