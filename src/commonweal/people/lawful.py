"""What the campaign's policy pack lets a universe ask about people."""

from __future__ import annotations

from commonweal.campaign import Campaign
from commonweal.consent import packs, queries
from commonweal.consent.model import Channel, Field, Use
from commonweal.consent.packs import RefusedByPolicy
from commonweal.people.universe import (
    HAVABLE,
    Attribute,
    Between,
    Compare,
    Has,
    In,
    Node,
    Subject,
    Tagged,
    Vote,
    leaves,
)
from commonweal.store.ledger import Connection


def refused(campaign: Campaign, connection: Connection, node: Node) -> RefusedByPolicy | None:
    """Why these people may not be chosen for contact by this expression, or None where they may.

    A condition is judged by what it chooses by: `has email` chooses by nothing that was told about a person but by
    which way they can be reached, and that is the gate's to judge. Raises UnknownPack, PackNotInForce.
    """
    pack = packs.of(campaign)
    held = queries.held_fields(connection)
    asked = [held.get(name, Field(name)) for name in _names(node)]
    barred = packs.fields_refused(pack, Use.CONTACT, Channel.ANY, asked)
    rule = next(iter(barred.values()), None)
    return packs.refuse(pack, rule) if rule else None


def _names(node: Node) -> list[str]:
    """The fields that an expression chooses by, as lists' mappings name them, in order of appearance."""
    found: list[str] = []
    for leaf in leaves(node):
        if isinstance(leaf, Tagged):
            found.append("tags")
        elif isinstance(leaf, Compare | In | Between | Has):
            found.append(_name(leaf.subject))
    return [name for name in found if name not in HAVABLE]


def _name(subject: Subject) -> str:
    if isinstance(subject, Vote):
        return f"vote:{subject.election}"
    return f"attribute:{subject.name}" if isinstance(subject, Attribute) else subject.name
