"""Backups, and whether the audit is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commonweal.audit.model import Fault, Verdict
from commonweal.terminal import OUT

if TYPE_CHECKING:
    from commonweal.privacy.restoring import Restored
    from commonweal.store.backup import Backup


def show_backup(made: Backup) -> None:
    """Where the backup is, and what has to be kept besides."""
    OUT.print(
        f"[green]✓[/] {len(made.manifest.files):,} files, {made.bytes / 1e6:,.1f} MB: {made.folder}",
        soft_wrap=True,
    )
    if seal := made.manifest.extra.get("audit"):
        OUT.print(f"Last seal of the audit: {seal['seal']}:{seal['hash']}", soft_wrap=True)
    OUT.print("The key of tombstones is not in it: keep that apart (docs/backup.md).")


def show_restored(told: Restored) -> None:
    """What came back."""
    OUT.print(f"[green]✓[/] {told.files:,} files, {told.bytes / 1e6:,.1f} MB: {told.folder}", soft_wrap=True)
    OUT.print(f"Erased again: {told.erased_again:,}.")
    show_verdict(told.audit)


_FAULTS = {
    Fault.SEAL_MISSING: "a seal is missing before it, or it is itself",
    Fault.SEAL_ALTERED: "does not follow from the seal before it",
    Fault.ENTRY_MISSING: "entries were taken out",
    Fault.ENTRY_ALTERED: "an entry, or the seal, was changed",
    Fault.ENTRY_INSERTED: "entries were put in",
    Fault.OTHER_CHAIN: "its hash is not the one that was noted",
}


def show_verdict(verdict: Verdict) -> None:
    """Whether the audit is whole; if not, where it is broken."""
    for each in verdict.breaks:
        OUT.print(f"[bold red]✗[/] Seal {each.seal_id} (entries {each.entries}): {_FAULTS[each.fault]}.")
    if verdict.inserted:
        OUT.print(f"[bold red]✗[/] Entries that no seal knows: {', '.join(map(str, verdict.inserted))}.")
    state = "[green]✓ Intact[/]" if verdict.intact else "[bold red]✗ Broken[/]"
    OUT.print(
        f"{state}: {verdict.entries:,} entries in {verdict.seals:,} seals; {verdict.unsealed:,} not sealed yet."
    )
    if verdict.last:
        OUT.print(f"Last seal: {verdict.last.seal_id}:{verdict.last.hash}", soft_wrap=True)
