"""A point of the curves becomes a rule of the plan, and is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.access.model import Account
from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.planning.price import queries
from commonweal.planning.price.model import Point
from commonweal.store.ledger import LedgerRole


def choose(campaign: Campaign, account: Account, point: Point) -> None:
    """Make a point of a curve the rule of the plans to come; whoever does it leads the campaign. The one before is replaced; the free
    plan's point takes it back."""
    if point.at_most is None and point.most is None:
        take_back(campaign, account)
        return
    messages = list(point.messages) if point.at_most is None else None
    detail = {"messages": messages, "narrow": point.at_most}
    _decide(campaign, account, "plan.rule", messages, point.at_most, min(point.kept.value, 1.0), detail)


def take_back(campaign: Campaign, account: Account) -> None:
    """Let plans say whatever is in options.toml again; nothing happens where no rule is in force."""
    with campaign.ledger.read(LedgerRole.WEB, account=account.account_id) as connection:
        if queries.in_force(connection) is None:
            return
    _decide(campaign, account, "plan.rule_back", None, None, None, {})


def _decide(
    campaign: Campaign,
    account: Account,
    verb: str,
    messages: list[str] | None,
    narrow: float | None,
    kept: float | None,
    detail: Mapping[str, object],
) -> None:
    with campaign.ledger.transaction(LedgerRole.WEB, account=account.account_id) as connection:
        connection.execute(
            "INSERT INTO planning.rule (messages, narrow, kept, by, at) VALUES (%s, %s, %s, %s, %s)",
            (messages, narrow, kept, account.account_id, campaign.clock()),
        )
        audit.record(connection, campaign, verb, actor=account.actor, detail=detail)
