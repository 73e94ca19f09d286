"""How a plan keeps to the rule in force: the options and terms that it leaves open, and the limit that it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from commonweal.campaign import Campaign
from commonweal.mandate.electorate import shares
from commonweal.mandate.model import Kept
from commonweal.planning.joint import narrowness
from commonweal.planning.options import CampaignOption
from commonweal.planning.posing import Posed
from commonweal.planning.price import curves, promised, queries
from commonweal.planning.price.errors import NothingAllowed
from commonweal.planning.price.model import Message, Rule
from commonweal.planning.terms import Terms, counting
from commonweal.store.ledger import Connection, LedgerRole


def rule_of(campaign: Campaign) -> Rule | None:
    """The rule in force."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        return queries.in_force(connection)


def left_open(
    rule: Rule | None, options: tuple[CampaignOption, ...], terms: Terms
) -> tuple[tuple[CampaignOption, ...], Terms]:
    """The options whose message may be used, and the terms without limits that count none of them any more: a minimum of a message
    that may not be used asks for nothing. Raises NothingAllowed."""
    if rule is None or rule.messages is None:
        return options, terms
    open_ = tuple(option for option in options if option.message in rule.messages)
    if not open_:
        raise NothingAllowed(messages=", ".join(rule.messages))
    closed = [option for option in options if option not in open_]
    return open_, counting(terms, open_, closed)


def bound_by(campaign: Campaign, rule: Rule | None, posed: Posed) -> Posed:
    """The same problem with the limit of the rule, where it has one. It asks what messages promise at this moment; without
    any that serves few there is nothing to limit."""
    if rule is None or rule.narrow is None:
        return posed
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        said = said_by(campaign, connection, posed.options, promised.standing(connection))
    limit = narrowness.limit_of(posed.problem.options, curves.narrow(said), rule.narrow)
    if not (limit.use > 0).any():
        return posed
    problem = replace(posed.problem, limits=(*posed.problem.limits, limit))
    return replace(posed, problem=problem, limits=(*posed.limits, limit))


def said_by(
    campaign: Campaign,
    connection: Connection,
    options: tuple[CampaignOption, ...],
    promises: Mapping[int, Kept],
) -> tuple[Message, ...]:
    """What the messages of these options promise now, of these promises."""
    names = tuple(dict.fromkeys(option.message for option in options))
    return promised.messages(connection, names, promises, shares(connection, campaign.today))
