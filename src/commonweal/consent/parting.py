"""When two who were taken for one are parted: a no that can't be told whose it was holds for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commonweal.campaign import Campaign
from commonweal.store.ledger import Connection

_SUPPRESSIONS = """
    INSERT INTO consent.suppression (subject, channel, reason, occurred_at, recorded_at, actor)
    SELECT %(gone)s, s.channel, s.reason, s.occurred_at, %(now)s, s.actor FROM consent.suppression s
    WHERE s.subject = ANY (%(subjects)s) AND s.recorded_at >= %(since)s AND s.lifts IS NULL
        AND num_nonnulls(s.record_id, s.contact_point) = 0
        AND NOT EXISTS (SELECT FROM consent.suppression l WHERE l.lifts = s.suppression_id)
"""
_WITHDRAWN = """
    INSERT INTO consent.consent (subject, channel, purpose, given, evidence, source, occurred_at, recorded_at, actor)
    SELECT %(gone)s, c.channel, c.purpose, false, '', c.source, c.occurred_at, %(now)s, c.actor
    FROM consent.consent c
    WHERE c.subject = ANY (%(subjects)s) AND c.recorded_at >= %(since)s AND NOT c.given
        AND num_nonnulls(c.record_id, c.contact_point) = 0
"""


def part(
    connection: Connection, campaign: Campaign, gone: int, subjects: Sequence[int], since: datetime
) -> None:
    """Repeat for `gone` what was refused under `subjects` since they were one, and names neither record nor contact
    point, in the caller's transaction. What names one goes with it by itself; a yes stays where it was said, and so does
    the evidence of a no: it may tell of the other.
    """
    given = {"gone": gone, "subjects": list(subjects), "since": since, "now": campaign.clock()}
    connection.execute(_SUPPRESSIONS, given)
    connection.execute(_WITHDRAWN, given)
