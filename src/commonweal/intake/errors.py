"""What can be wrong with a file, a mapping or a batch. Each says what, where, and what to do."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NoSuchFile(CommonwealError):
    """The file to import is not there."""

    what = _("There is no file {path}.")
    remedy = _("Check the name and the folder.")


class FileUnreadable(CommonwealError):
    """The file is there but can't be read."""

    what = _("{path} can't be read: {reason}.")
    remedy = _("Check that it is a file and that you may read it.")


class EmptyFile(CommonwealError):
    """The file has no rows."""

    what = _("{path} is empty: it has no row under its column names.")
    remedy = _("Export the list again. Nothing was loaded.")


class NotATable(CommonwealError):
    """The content is no table that intake reads."""

    what = _("{path} is no table: it looks like {found}.")
    remedy = _(
        "Give a CSV, TSV, Excel, Parquet or JSON-lines file (text may be gzipped). Nothing was loaded."
    )


class FileCut(CommonwealError):
    """The file ends too early."""

    what = _("{path} is cut: {reason}.")
    remedy = _("Fetch or export it again, whole. Nothing was loaded.")


class FileDamaged(CommonwealError):
    """The compression or container of the file is broken."""

    what = _("{path} is damaged: {reason}.")
    remedy = _("Fetch or export it again. Nothing was loaded.")


class FileTooLarge(CommonwealError):
    """The file expands beyond what an honest list does."""

    what = _("{path} swells to more than {limit} when unpacked, {ratio} times its size: that is no list.")
    remedy = _("If it is one, unpack it first and import the unpacked file. Nothing was loaded.")


class WrongEncoding(CommonwealError):
    """The encoding that the mapping names does not fit the bytes."""

    what = _("{path} is not in {encoding}, as its mapping says: {reason}.")
    remedy = _(
        "Take `encoding` out of [format] in sources/{source}.toml, or name the right one. Nothing was loaded."
    )


class UnknownEncoding(CommonwealError):
    """No encoding has this name."""

    what = _("No encoding is called {encoding!r}.")
    remedy = _("Use utf-8, utf-16, cp1252, latin-1 or another name that Python knows.")


class NoSuchSheet(CommonwealError):
    """The workbook lacks the sheet that the mapping names."""

    what = _("{path} has no sheet {sheet!r}.")
    remedy = _("It has: {known}.")


class TooManyColumns(CommonwealError):
    """More columns than any list has."""

    what = _("{path} has more than {limit} columns.")
    remedy = _("Leave out what the campaign does not need. Nothing was loaded.")


class NothingReadable(CommonwealError):
    """Every row went to quarantine."""

    what = _("Not one of the {rows} rows of {path} could be read: {reasons}.")
    remedy = _("Correct the mapping {mapping}, or the file. Nothing was loaded.")


class MappingUnreadable(CommonwealError):
    """A mapping file does not say what it should."""

    what = _("The mapping {path} can't be read: {reason}.")
    remedy = _("Correct it in an editor; docs/mappings.md lists what may stand there.")


class UnknownTarget(CommonwealError):
    """A column is mapped to something that is no target."""

    what = _("{source}: column {column!r} is mapped to {target!r}, which is no target.")
    remedy = _("Did you mean {nearest!r}? Known: {known}.")


class TwoColumnsOneTarget(CommonwealError):
    """Two columns claim one target."""

    what = _("{source}: columns {columns} are all mapped to {target!r}.")
    remedy = _(
        'Keep one; ignore the others (""), make them attributes, or number them (part = 1, 2, …) to join them.'
    )


class OptionMisplaced(CommonwealError):
    """An option has no meaning for the column's target."""

    what = _("{source}: column {column!r}: the option {option!r} means nothing for {target!r}.")
    remedy = _("Options there: {known}.")


class BadOption(CommonwealError):
    """An option's value can't be used."""

    what = _("{source}: column {column!r}: {option} = {value!r} is not understood.")
    remedy = _("Use {known}.")


class ColumnMissing(CommonwealError):
    """The mapping names columns that the file lacks."""

    what = _("{path} lacks these columns of the mapping {source}: {columns}.")
    remedy = _("The file has: {known}. Correct the mapping, or export the list with all its columns.")


class KeyNotMapped(CommonwealError):
    """The key names a column that the mapping does not list."""

    what = _("{source}: the key names column {column!r}, which the mapping does not list.")
    remedy = _("Use a header of [columns] in the key, or leave the key empty.")


class NothingMapped(CommonwealError):
    """No column means anything."""

    what = _("{source}: no column is mapped, so no row would say anything about anybody.")
    remedy = _("Give at least one column a target in [columns] of {mapping}.")


class BadSourceName(CommonwealError):
    """A source's name can't be a file name."""

    what = _("{name!r} can't name a list.")
    remedy = _("Use small letters, digits, - and _, beginning with a letter; at most 60.")


class NoSuchBatch(CommonwealError):
    """No batch has this number."""

    what = _("There is no batch {batch_id}.")
    remedy = _("See the batches: commonweal status")


class BatchSuperseded(CommonwealError):
    """A batch that another replaced can't be taken back."""

    what = _("Batch {batch_id} was replaced by the same file under a corrected mapping.")
    remedy = _("Take back the batch that replaced it.")


class FileChanged(CommonwealError):
    """The file was written while it was being read."""

    what = _("{path} changed while it was being read.")
    remedy = _("Wait until it is complete and import it again. Nothing was loaded.")
    transient = True
