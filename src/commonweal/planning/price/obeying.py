"""How a plan keeps to the rule in force: the options that it leaves open, and the limit that it adds."""

from __future__ import annotations

from dataclasses import replace

from commonweal.campaign import Campaign
from commonweal.mandate.electorate import shares
from commonweal.planning.joint import narrowness
from commonweal.planning.options import CampaignOption
from commonweal.planning.posing import Posed
from commonweal.planning.price import curves, promised
from commonweal.planning.price.errors import NothingAllowed
from commonweal.planning.price.model import Message, Rule
from commonweal.store.ledger import Connection, LedgerRole


def left_open(rule: Rule | None, options: tuple[CampaignOption, ...]) -> tuple[CampaignOption, ...]:
    """The options whose message may be used. Raises NothingAllowed."""
    if rule is None or rule.messages is None:
        return options
    open_ = tuple(option for option in options if option.message in rule.messages)
    if not open_:
        raise NothingAllowed(messages=", ".join(rule.messages))
    return open_


def bound_by(campaign: Campaign, rule: Rule | None, posed: Posed) -> Posed:
    """The same problem with the limit of the rule, where it has one. It asks what messages promise at this moment; without
    any that serves few there is nothing to limit."""
    if rule is None or rule.narrow is None:
        return posed
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        said = said_by(campaign, connection, posed.options)
    limit = narrowness.limit_of(posed.problem.options, curves.narrow(said), rule.narrow)
    if not (limit.use > 0).any():
        return posed
    return replace(posed, problem=replace(posed.problem, limits=(*posed.problem.limits, limit)))


def said_by(
    campaign: Campaign, connection: Connection, options: tuple[CampaignOption, ...]
) -> tuple[Message, ...]:
    """What the messages of these options promise now."""
    names = tuple(dict.fromkeys(option.message for option in options))
    promises = promised.standing(connection)
    return promised.messages(connection, names, promises, shares(connection, campaign.today))
