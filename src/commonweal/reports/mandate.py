"""A list of promises, looked through: a block for each thing found."""

from __future__ import annotations

from commonweal.mandate.checking import Checked
from commonweal.terminal import OUT, show_block, show_table
from commonweal.web import promises
from commonweal.web.language import Language

_MOST_LIKELY = 20
_MOST_LINES = 12
_MOST_SERVED = 30


def show_checked(checked: Checked, language: Language, *, whole: bool = False) -> None:
    """What was found, what may be one promise twice, the bill, and whom each serves."""
    listed = checked.listed
    columns = ", ".join(f"{header} → {meaning}" for header, meaning in listed.columns.items())
    OUT.print(f"[bold]{len(listed.promises):,}[/] promises. Columns: {columns}.", soft_wrap=True)
    if listed.unread:
        lines = ", ".join(map(str, listed.unread[:_MOST_LINES])) + (
            ", …" if len(listed.unread) > _MOST_LINES else ""
        )
        show_block(f"{len(listed.unread):,} lines are no rows of the table and were left out: {lines}")
    for fault in listed.faults:
        show_block(f"Not understood: {fault.key}", str(fault.error))
    texts = {promise.key: promise.text for promise in listed.promises}
    for finding in checked.findings:
        show_block(
            promises.told(finding, listed.levers, language),
            *(f"{key}: {promises.short(texts[key])}" for key in finding.keys),
            f"Do: {promises.to_do(finding, language.gettext)}",
        )
    if not any(promise.pulls for promise in listed.promises):
        OUT.print("No promise names a lever, so none can be seen to contradict another.")
    elif not checked.findings:
        OUT.print("Nothing was found against these promises.")
    _show_likely(checked, texts, whole)
    _show_bill(checked, language)
    _show_served(checked, texts, language, whole)


def _show_likely(checked: Checked, texts: dict[str, str], whole: bool) -> None:
    shown = checked.likely if whole else checked.likely[:_MOST_LIKELY]
    if not shown:
        return
    rows = [
        (f"{each.likeness:.2f}", *(f"{key}: {promises.short(texts[key])}" for key in (each.one, each.other)))
        for each in shown
    ]
    left = len(checked.likely) - len(shown)
    note = f"and {left:,} more (--all)" if left else ""
    show_table("May be one promise in other words: you decide", ("likeness", "one", "other"), rows, note)


def _show_bill(checked: Checked, language: Language) -> None:
    bill = checked.bill
    if bill.unsaid < len(checked.listed.promises):
        OUT.print(
            f"The bill: {language.money(bill.cost)} a year, {language.money(bill.unpaid)} of it without anything that"
            f" pays; {language.money(bill.saved)} is saved. {bill.unsaid:,} promises name no cost.",
            soft_wrap=True,
        )
    else:
        OUT.print("No promise names its cost.")


def _show_served(checked: Checked, texts: dict[str, str], language: Language, whole: bool) -> None:
    ranked = sorted(checked.served.items(), key=lambda each: each[1])
    shown = ranked if whole else ranked[:_MOST_SERVED]
    if shown:
        rows = [(f"{key}: {promises.short(texts[key])}", language.percent(share, 1)) for key, share in shown]
        left = len(ranked) - len(shown)
        show_table("Whom it serves", ("promise", "share"), rows, f"and {left:,} more (--all)" if left else "")
