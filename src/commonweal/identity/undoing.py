"""Taking a merge back: who is parted from whom, what later runs are to go by, where former ids lead then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa

from commonweal.campaign import Campaign
from commonweal.identity import queries, rules
from commonweal.identity.errors import MergeNotNoted, NoSuchMerge, NothingToPart, UndoneAlready
from commonweal.identity.model import Answer, Decision
from commonweal.identity.rules import Ids
from commonweal.store.ledger import Connection

_NEWEST = 1 << 62  # numbers of decisions that are not written yet


@dataclass(frozen=True)
class Undo:
    """What is asked: the merge's event, why, and by whom. `also` runs in the transaction that writes it down."""

    event_id: int
    why: str
    actor: str
    also: Also | None = None


@dataclass(frozen=True)
class TakingBack:
    """A merge to be taken back. `since`: when it was made; `gone`: who went by it and lives again; `living`: who they are part of now; `theirs`:
    the records that are theirs again; `free`: those that came with the merge or after it, of nobody before;
    `decisions`: what is to hold from now on."""

    asked: Undo
    since: datetime
    gone: int
    living: int
    theirs: Ids
    free: Ids
    decisions: tuple[Decision, ...]

    def restored(self, record_id: Ids, previous: Ids) -> Ids:
        """Whose each record was, as if the merge had not been."""
        owners = previous.copy()
        owners[np.isin(record_id, self.theirs)] = self.gone
        return owners

    def without_free(self, record_id: Ids, previous: Ids) -> Ids:
        """Whose each record was, for the sharing out of ids: what is free to go either way gives nobody a claim."""
        return np.where(np.isin(record_id, self.free), rules.NOBODY, previous)

    def note(self, connection: Connection, campaign: Campaign, run_id: int) -> None:
        """Write the undo down: its event, what holds from now on, and where former ids lead."""
        connection.execute(
            "INSERT INTO identity.event (run_id, kind, person_id, other_id, number, records, undoes)"
            " VALUES (%s, 'undo', %s, %s, %s, %s, %s)",
            (run_id, self.gone, self.living, self.theirs.size, self.theirs.tolist(), self.asked.event_id),
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO identity.decision (at, actor, left_record, right_record, left_person, right_person,"
                " answer, why, undoes) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (
                        *(
                            campaign.clock(),
                            self.asked.actor,
                            each.left,
                            each.right,
                            self.living,
                            self.living,
                        ),
                        *(each.answer, self.asked.why, self.asked.event_id),
                    )
                    for each in self.decisions
                ],
            )
        self._part(connection, run_id)
        if self.asked.also:
            self.asked.also(connection, self)

    def _part(self, connection: Connection, run_id: int) -> None:
        """Former ids lead to whom they were merged into, but for this merge."""
        former = queries.redirects_to(connection, [self.living])
        merges = queries.merges(connection, [*former, self.living])
        connection.execute("DELETE FROM identity.redirect WHERE person_id = %s", (self.living,))
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO identity.redirect (subject, person_id, run_id) VALUES (%s, %s, %s)",
                [(subject, person, run_id) for subject, person in rules.flattened({}, merges).items()],
            )


Also = Callable[[Connection, TakingBack], None]
"""What else follows from a merge taken back, in the transaction that writes it down."""


def taking_back(connection: Connection, asked: Undo, links: pa.Table) -> TakingBack:
    """What it takes to take a merge back, as records are linked now (`links`: record_id, person_id).

    Who went gets the records they had then. Those that came with the merge or after it, of nobody before, are free to
    go where they fit; all others stay with whom they are. Raises NoSuchMerge, UndoneAlready, MergeNotNoted,
    NothingToPart.
    """
    merge = queries.merge(connection, asked.event_id)
    if merge is None:
        raise NoSuchMerge(event=asked.event_id)
    if merge.undone:
        raise UndoneAlready(event=asked.event_id)
    if merge.records is None:
        raise MergeNotNoted(event=asked.event_id)
    living = queries.living(connection, [merge.gone])[merge.gone]
    now = links["record_id"].to_numpy()[links["person_id"].to_numpy() == living]
    theirs = np.intersect1d(now, np.array(merge.records, dtype=np.int64))
    since = np.array(sorted(queries.attached_since(connection, living, merge.run_id)), dtype=np.int64)
    free = np.setdiff1d(np.intersect1d(now, since), theirs)
    others = np.setdiff1d(now, np.concatenate((theirs, free)))
    if not theirs.size or not others.size:
        raise NothingToPart(event=asked.event_id)
    return TakingBack(
        asked, merge.at, merge.gone, living, theirs, free, _said(theirs.tolist(), others.tolist())
    )


def _said(theirs: Sequence[int], others: Sequence[int]) -> tuple[Decision, ...]:
    """Each side is one person, the two are two."""
    same = [(*pair, Answer.SAME) for side in (theirs, others) for pair in pairwise(sorted(side))]
    left, right = sorted((theirs[0], others[0]))
    told = [*same, (left, right, Answer.DIFFERENT)]
    return tuple(Decision(_NEWEST + number, *each) for number, each in enumerate(told))
