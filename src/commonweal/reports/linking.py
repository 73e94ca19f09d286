"""What became of lists that were linked without a campaign."""

from __future__ import annotations

from pathlib import Path

from commonweal.identity.alone import Linking
from commonweal.reports.blocking import show_missed
from commonweal.terminal import OUT, show_table


def show_linking(linking: Linking, out: Path | None) -> None:
    """What the columns were taken for, how many persons the rows are, and how well that was done."""
    for each in linking.lists:
        meant = [(header, column.target or "(left out)") for header, column in each.mapping.columns.items()]
        show_table(f"{each.name}: what its columns mean", ("column", "means"), meant)
    OUT.print(
        f"[bold]{linking.records:,}[/] records are [bold]{linking.persons:,}[/] persons ({linking.seconds:,.1f} s)."
    )
    if linking.unread:
        OUT.print(f"{linking.unread:,} lines are no rows of the table and were left out.")
    found = linking.measures
    if found:
        OUT.print(f"Blocking recall {found.blocking_recall:.3f}, threshold {linking.threshold:+.1f} bits.")
        scores = (("edges", found.edges), ("pairwise", found.pairwise), ("exact persons", found.exact))
        rows = [(name, *(f"{share:.3f}" for share in vars(score).values())) for name, score in scores]
        show_table("Against the truth", ("measure", "precision", "recall", "F1"), rows)
    if linking.missed:
        show_missed(linking.missed)
    OUT.print(
        f"Written: {out}"
        if out
        else "To keep them: --out persons.csv. A column means something else? --mapping FILE."
    )
