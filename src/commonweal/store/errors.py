"""What can go wrong with the ledger: its server, its folder, its migrations, its locks."""

from __future__ import annotations

import errno

from commonweal.errors import CommonwealError, _


class NoWriteAccess(CommonwealError):
    """A folder that the ledger needs can't be written."""

    what = _("{path} can't be written: {reason}.")
    remedy = _("Give your user the right to write there, or choose another folder.")


class DiskFull(CommonwealError):
    """The disk under the ledger or the lake has no room left."""

    what = _("No room is left on the disk for {path}.")
    remedy = _("Free some space and run the command again: nothing is half-written.")


class NoServerUser(CommonwealError):
    """PostgreSQL refuses to run as root, and there is no other user to run it as."""

    what = _("PostgreSQL doesn't run as root, and none of these users can be used: {users} ({reason}).")
    remedy = _("Create one (useradd --system commonweal), or run the command as an ordinary user.")


class NoPlaceForLedger(CommonwealError):
    """Neither the campaign folder nor the state folder is open to the user PostgreSQL runs as."""

    what = _("User {user} can't reach {path}, so PostgreSQL can't keep its data there.")
    remedy = _("Set COMMONWEAL_STATE to a folder whose parents that user may enter.")


class NoPlaceForSocket(CommonwealError):
    """No temporary folder can hold the server's socket: unwritable, or its path is too long for one."""

    what = _("None of {folders} can hold the ledger's socket.")
    remedy = _("Set TMPDIR to a writable folder with a short path (under 75 characters).")


class LedgerMissing(CommonwealError):
    """The campaign folder names a data folder that is gone."""

    what = _("The ledger of {folder} should be in {data}, but nothing is there.")
    remedy = _("Bring that folder back or restore a backup. To start anew, delete {note}.")


class LedgerCopied(CommonwealError):
    """The campaign folder is a copy of another one whose ledger lies outside of it."""

    what = _("{folder} is a copy of {original}, and both point to the one ledger in {data}.")
    remedy = _("Use the original, or make a campaign from a backup instead of a copied folder.")


class LedgerStartFailed(CommonwealError):
    """PostgreSQL, its initialisation or its supervisor ended before it was ready."""

    what = _("The ledger's server in {folder} doesn't start: {reason}")
    remedy = _("The last lines of {log} say more.")


class LedgerUnreachable(CommonwealError):
    """No connection to the ledger, or it was lost; a transaction under way may or may not have been kept."""

    what = _("The ledger at {where} can't be reached: {reason}.")
    remedy = _("Check that the server runs, then do the same again: what is already done is not done twice.")
    transient = True


class LedgerTooOld(CommonwealError):
    """The server is older than what the ledger's SQL needs."""

    what = _("The server at {where} runs PostgreSQL {version}; Commonweal needs {needed} or newer.")
    remedy = _('Upgrade the server, or use the embedded one (ledger = "embedded").')


class BadLedgerUrl(CommonwealError):
    """The ledger setting is neither "embedded" nor a PostgreSQL URL with a database."""

    what = _("ledger = {url!r} is not understood: {reason}.")
    remedy = _('Write "embedded", or "postgresql://user@host/database".')


class LedgerRights(CommonwealError):
    """The ledger's user may not create the roles that its migrations need."""

    what = _("The user {user} may not set up the ledger's roles: {reason}.")
    remedy = _("Ask the server's administrator for: ALTER ROLE {user} CREATEROLE BYPASSRLS.")


class LedgerLocked(CommonwealError):
    """Another process holds the lock that this step needs."""

    what = _("Another command is at work here (lock {name!r}).")
    remedy = _("Wait until it has ended, then run this one again.")
    transient = True


class LockLost(CommonwealError):
    """The server was restarted while this process held a lock; another may hold it by now."""

    what = _("The lock {name!r} was lost when the ledger's server was restarted.")
    remedy = _("Run the command again: what it was about to publish was not published.")
    transient = True


class MigrationChanged(CommonwealError):
    """A migration that was already applied has a different text now."""

    what = _("Migration {number} ({name}) was changed after it had been applied to {where}.")
    remedy = _("Put its text back and make the change in a new migration.")


class MigrationFailed(CommonwealError):
    """The server refused a migration; its transaction was rolled back."""

    what = _("Migration {number} ({name}), line {line}: {reason}.")
    remedy = _("Nothing of it was kept. Correct it, then run the command again.")


class MigrationNumberTaken(CommonwealError):
    """Two migration files have one number, or a file's name has none."""

    what = _("Migration file {name!r}: {reason}.")
    remedy = _("Name it NNNN_room.sql with the next free number.")


class LedgerNewer(CommonwealError):
    """The database was written by a newer Commonweal than this one."""

    what = _("The ledger at {where} is at migration {found}; this Commonweal knows only up to {known}.")
    remedy = _("Install the newer Commonweal again: an older one could harm the ledger.")


class UnknownEngine(CommonwealError):
    """campaign.toml names an engine that is none."""

    what = _("There is no engine {engine!r}.")
    remedy = _("Choose one of: {known}.")


class EngineMissing(CommonwealError):
    """An engine's packages are not installed."""

    what = _("The engine {engine!r} is not installed.")
    remedy = _("Install it with the extra: pip install 'commonweal[{extra}]'.")


class LakeFileMissing(CommonwealError):
    """The ledger lists a file that the lake has not."""

    what = _("The lake's file {path} (table {table}) is gone.")
    remedy = _("Bring the lake's folder back, or take the last backup.")


class LakeNotWritable(CommonwealError):
    """The lake's folder can't be written."""

    what = _("The lake can't write {path}: {reason}.")
    remedy = _("Check the folder's owner and rights.")


class LedgerTaken(CommonwealError):
    """A restore met a database, or roles, that are in use."""

    what = _("The ledger at {where} is not empty: {reason}.")
    remedy = _(
        "Restore into an empty database of another server, or into an embedded one (--ledger embedded)."
    )


class RestoreTargetTaken(CommonwealError):
    """A restore would write into a folder that holds something."""

    what = _("{folder} is not empty.")
    remedy = _(
        "Name a new folder. What a restore left behind that was stopped is no campaign; it can be deleted."
    )


class BackupIncomplete(CommonwealError):
    """A folder is no backup, or one that was never finished."""

    what = _("{folder} is no whole backup: {reason}.")
    remedy = _("Take another one; a backup's folder has its manifest.json.")


class BackupNewer(CommonwealError):
    """A backup was written by a newer Commonweal."""

    what = _("{folder} was written by Commonweal {version}, which this one can't read.")
    remedy = _("Install that version, or a newer one.")


class BackupDamaged(CommonwealError):
    """A file is not what the manifest, or the ledger, says."""

    what = _("{path} was changed or damaged: its SHA-256 is {found}, not {told}.")
    remedy = _("Don't use it. Take an older backup, and have the disk checked.")


class DumpFailed(CommonwealError):
    """One of PostgreSQL's programs ended with an error."""

    what = _("{program} failed: {reason}.")
    remedy = _(
        "Nothing half-done is taken for a backup or a campaign. Put right what it says, and start again."
    )


def out_of_room(error: OSError, path: object) -> DiskFull | None:
    """`DiskFull` when that is what the error says, else None."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return DiskFull(path=path) if full else None
