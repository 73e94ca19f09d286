"""Put a plan in force. How one is made: `making`."""

from __future__ import annotations

from collections.abc import Callable

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.experiments import actions as experiments
from commonweal.planning import queries
from commonweal.planning.errors import NoSuchPlan, PlanOutdated
from commonweal.store.ledger import Connection, LedgerRole


def approve(
    campaign: Campaign,
    plan_id: int,
    *,
    actor: str | None = None,
    also: Callable[[Connection], object] | None = None,
) -> None:
    """Put the newest plan in force; the one before is replaced. From now on its draw counts, where it explores. Approving twice is
    harmless. `also` runs in the same transaction, once.

    Raises NoSuchPlan, PlanOutdated (a newer one was made, on newer data), CampaignOver.
    """
    queries.check_not_over(campaign)
    who = actor or campaign.actor
    with campaign.ledger.transaction(LedgerRole.WEB) as connection:
        found, newest = queries.plan(connection, plan_id), queries.latest(connection)
        if found is None or newest is None:
            raise NoSuchPlan(plan_id=plan_id)
        if found.plan_id != newest.plan_id:
            raise PlanOutdated(plan_id=plan_id, newest=newest.plan_id)
        if found.status == "approved":
            return
        connection.execute("UPDATE planning.plan SET status = 'replaced' WHERE status = 'approved'")
        connection.execute(
            "UPDATE planning.plan SET status = 'approved', approved_at = %s, approved_by = %s WHERE plan_id = %s",
            (campaign.clock(), who, plan_id),
        )
        if found.explored:
            experiments.explore(connection, campaign, plan_id, actor=who)
        audit.record(connection, campaign, "plan.approve", subject=f"plan:{plan_id}", actor=who)
        if also:
            also(connection)
