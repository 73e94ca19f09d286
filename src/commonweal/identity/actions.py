"""The writers of identity: `resolve`, `undo`, and `decide`, by which a reviewer answers."""

from __future__ import annotations

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.identity import queries
from commonweal.identity.errors import OneRecord, ReasonTooLong
from commonweal.identity.model import Answer, ResolveReport, Standing
from commonweal.identity.running import Run
from commonweal.identity.undoing import Also, Undo
from commonweal.jobs.model import Progress, silent
from commonweal.store.ledger import Connection

__all__ = ["ResolveReport", "decide", "resolve", "undo"]

_LONGEST_REASON = 300


def resolve(
    campaign: Campaign, *, retrain: bool = False, full: bool = False, progress: Progress = silent
) -> ResolveReport:
    """Decide which records are one person and which persons are one household.

    A person keeps the id of the run before as long as it keeps most of its records. Compared is what has changed since the
    last run, which comes to what comparing all records would (`delta`); all are compared in the first run, where the census
    holds no more (`model.Census`), and with `full`. A run on the same records and answers changes nothing. Weights are
    learnt in the first run that has enough to learn from, and kept from then on; `retrain` learns them anew. What reviewers
    decided is honoured. Raises NoRecords.
    """
    return Run(campaign, progress, retrain, full).do()


def undo(
    campaign: Campaign,
    event_id: int,
    *,
    why: str = "",
    actor: str | None = None,
    also: Also | None = None,
    progress: Progress = silent,
) -> ResolveReport:
    """Take a merge back, by a run: who went lives again under their id, with the records they had; later runs keep
    them apart, until somebody answers otherwise.

    Records that came with the merge or after it go where they fit best. `also` runs in the same transaction: what
    else follows for the two. Raises NoSuchMerge, UndoneAlready, MergeNotNoted, NothingToPart, ReasonTooLong.
    """
    return Run(campaign, progress, undo=Undo(event_id, _reason(why), actor or campaign.actor, also)).do()


def decide(
    connection: Connection,
    campaign: Campaign,
    records: tuple[int, int],
    answer: Answer,
    *,
    why: str = "",
    actor: str | None = None,
) -> Standing:
    """Take down what somebody says of two records, in the caller's transaction; the next `resolve` goes by it.

    Tells what becomes of the answer: a merge may have made it moot. Who is not sure takes back their own answer, and
    nobody else's. Raises OneRecord, ReasonTooLong.
    """
    left, right = sorted(records)
    if left == right:
        raise OneRecord
    who = actor or campaign.actor
    if answer is Answer.UNSURE and queries.others_word(connection, left, right, who):
        return Standing.ANSWERED
    owners = queries.owners(connection, (left, right))
    connection.execute(
        "INSERT INTO identity.decision"
        " (at, actor, left_record, right_record, left_person, right_person, answer, why)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(campaign.clock(), who, left, right),
            *(owners.get(left), owners.get(right), answer, _reason(why)),
        ),
    )
    audit.record(
        connection,
        campaign,
        "identity.decide",
        persons=sorted(set(owners.values())),
        detail={"records": [left, right], "answer": answer},
        actor=actor,
    )
    if len(owners) < 2:
        return Standing.GONE
    if len(set(owners.values())) == 1:
        return Standing.MOOT if answer is Answer.SAME else Standing.PARTS
    return Standing.COUNTS


def _reason(why: str) -> str:
    tidy = " ".join(why.split())
    if len(tidy) > _LONGEST_REASON:
        raise ReasonTooLong(limit=_LONGEST_REASON)
    return tidy
