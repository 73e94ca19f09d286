"""What blocking misses, in words."""

from __future__ import annotations

from commonweal.identity.missed import Missed
from commonweal.terminal import OUT, show_table

_SHOWN = 8


def show_missed(missed: Missed, whole: bool = False) -> None:
    """The range of what is missed; of each block (`whole`), or of those that bring most alone, what it brings."""
    if not missed.pairs:
        OUT.print("Nobody has two records: what blocking misses can't be told.")
        return
    OUT.print(
        f"Of {missed.pairs:,} pairs that ended in one person {missed.uncompared:,} were brought together by no block,"
        f" {missed.once:,} by one alone: blocking misses between {missed.least:.1%} and {missed.most:.1%}"
        " of the pairs of one person."
    )
    blocks = sorted(missed.blocks, key=lambda block: (-block.alone, -block.pairs))
    rows = [
        (" + ".join(each.columns), each.most, each.pairs, each.alone)
        for each in (blocks if whole else blocks[:_SHOWN])
        if whole or each.alone
    ]
    if rows:
        show_table(
            "What each block brings together", ("records that agree on", "at most", "pairs", "alone"), rows
        )
