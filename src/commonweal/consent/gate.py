"""The gate: one expression that says why a person may not be contacted, targeted, scored or exported.

It reads one row of facts a person (see `facts`) and gives the code of the first rule that refuses, or null. As an Ibis
expression it runs over a million rows of the lake, on DuckDB or Spark; the very same expression is compiled
for PostgreSQL, where it judges the persons of a claim inside of its transaction.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, reduce

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from commonweal.campaign import Campaign
from commonweal.consent import packs
from commonweal.consent.facts import FACTS, ledger_facts
from commonweal.consent.model import Channel, Effect, Pack, Rule, Use


def refusal(facts: ir.Table, pack: Pack, use: Use, channel: Channel) -> ir.Value:
    """The code of the first rule of the pack that refuses each row; null where none does.

    `facts` are those of this use and channel, at the moment that is asked about (`facts.local` says it).
    """
    cases = [(refused_by(facts, pack, rule), ibis.literal(rule.code)) for rule in pack.asked(use, channel)]
    return ibis.cases(*cases, else_=ibis.null("string")) if cases else ibis.null("string")


def refused_by(facts: ir.Table, pack: Pack, rule: Rule) -> ir.BooleanValue:
    """Whether one rule refuses each row; never null."""
    return reduce(lambda left, right: left & right, [*_bears_on(facts, rule), _effect(facts, pack, rule)])


def consent(facts: ir.Table) -> ir.Value:
    """The person's last word: "yes", "no", or null where they never spoke.

    What they told the campaign (`said`) stands beside what a list says. The newer holds; on one day the no; and a yes
    that somebody else claims never outweighs their own no.
    """
    own = ibis.cases((facts.said.isnull(), ibis.null("string")), (facts.said, "yes"), else_="no")
    listed_no = (facts.list_consent == "no") & (facts.list_day >= facts.said_day)
    listed_yes = (facts.list_consent == "yes") & facts.list_given & (facts.list_day > facts.said_day)
    return ibis.cases(
        (facts.said.isnull(), facts.list_consent),
        (facts.list_consent.isnull(), own),
        (facts.said & listed_no.fill_null(False), ibis.literal("no")),
        (~facts.said & listed_yes.fill_null(False), ibis.literal("yes")),
        else_=own,
    )


def agreed(facts: ir.Table) -> ir.BooleanValue:
    """Whether each said yes: to the campaign, or on a list to which they gave their data themselves; never null."""
    own = (facts.said | facts.list_given).fill_null(False)
    return (consent(facts) == "yes").fill_null(False) & own


def _bears_on(facts: ir.Table, rule: Rule) -> list[ir.BooleanValue]:
    conditions: list[ir.BooleanValue] = []
    if rule.origins:
        conditions.append(facts.origin.isin(list(rule.origins)).fill_null(False))
    if rule.without_purpose:
        conditions.append(facts.known & ~facts.has_purpose)
    if rule.without_basis:
        conditions.append(facts.known & ~facts.has_basis)
    if rule.younger_than is not None:
        # The year is all that is sure: in the year of that birthday the strict reading takes them for younger.
        age = facts.local.year().cast("int64") - facts.birth_year
        conditions.append((age <= rule.younger_than).fill_null(False))
    return conditions


def _effect(facts: ir.Table, pack: Pack, rule: Rule) -> ir.BooleanValue:
    word = consent(facts)
    match rule.effect:
        case Effect.REFUSE:
            return ibis.literal(True)
        case Effect.UNKNOWN:
            return ~facts.known
        case Effect.SUPPRESSED:
            return facts.suppressed.isin([str(reason) for reason in rule.reasons]).fill_null(False)
        case Effect.SAID_NO:
            return (word == "no").fill_null(False)
        case Effect.OPT_IN:
            return (word != "yes").fill_null(True)
        case Effect.EXPLICIT_CONSENT:
            return ~agreed(facts)
        case Effect.ONE_MESSAGE:
            return (word != "yes").fill_null(True) & facts.approached
        case Effect.FREEZE:
            return _within(facts, pack, rule)
        case Effect.AFTER_ROUNDS:
            ends = pack.ends(rule)
            return ibis.literal(False) if ends is None else facts.local >= ibis.literal(ends, "timestamp")
        case Effect.FIELDS:
            return ibis.literal(False)


def _within(facts: ir.Table, pack: Pack, rule: Rule) -> ir.BooleanValue:
    frozen: ir.BooleanValue = ibis.literal(False)
    for begins, ends in pack.freezes(rule):
        frozen = frozen | (
            (facts.local >= ibis.literal(begins, "timestamp"))
            & (facts.local < ibis.literal(ends, "timestamp"))
        )
    return frozen


def postgres(campaign: Campaign, use: Use, channel: Channel) -> str:
    """SQL that judges persons in the ledger: a query of (person_id, refusal), one row a person asked for.

    It reads a relation `asked(person_id bigint)`, which the caller puts before it (WITH asked AS (…)), and takes one
    named parameter, %(at)s, the moment (timestamptz). `refusal` is a rule's code, NULL: may. It may run
    under any role. Raises UnknownPack, PackNotInForce.
    """
    return (
        f"SELECT facts.person_id, {compiled(packs.of(campaign), use, channel)} AS refusal"
        f" FROM {ledger_facts(campaign.settings.timezone, use, channel)} AS facts"
    )


def postgres_agreed(campaign: Campaign, use: Use, channel: Channel) -> str:
    """As `postgres`, a query of (person_id) of those who said yes and whom no rule refuses. That the vote is over is no
    reason here: they agreed to hear from us, and want to hear what came of it. Raises UnknownPack, PackNotInForce.
    """
    pack = packs.of(campaign)
    still = replace(pack, rules=tuple(rule for rule in pack.rules if rule.effect is not Effect.AFTER_ROUNDS))
    table = ibis.table(FACTS, name="facts")
    return (
        f"SELECT facts.person_id FROM {ledger_facts(campaign.settings.timezone, use, channel)} AS facts"
        f" WHERE {_as_sql(table.select(found=agreed(table)))} AND {compiled(still, use, channel)} IS NULL"
    )


@lru_cache(maxsize=256)
def compiled(pack: Pack, use: Use, channel: Channel) -> str:
    """The gate's expression for PostgreSQL, over columns of a relation `facts`; % is doubled, as psycopg wants it."""
    table = ibis.table(FACTS, name="facts")
    return _as_sql(table.select(found=refusal(table, pack, use, channel)))


@lru_cache(maxsize=256)
def compiled_rule(pack: Pack, rule: Rule) -> str:
    """`refused_by` for PostgreSQL, in the same way."""
    table = ibis.table(FACTS, name="facts")
    return _as_sql(table.select(found=refused_by(table, pack, rule)))


def _as_sql(query: ir.Table) -> str:
    tree = sqlglot.parse_one(str(ibis.to_sql(query, dialect="postgres")), dialect="postgres")
    for column in tree.find_all(exp.Column):
        column.set("table", exp.to_identifier("facts"))
    assert isinstance(tree, exp.Select)
    return tree.selects[0].unalias().sql(dialect="postgres").replace("%", "%%")
