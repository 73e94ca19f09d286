"""From the tree of an expression back to its text, and to a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from commonweal.errors import _
from commonweal.people.universe import (
    And,
    Attribute,
    Between,
    Compare,
    Field,
    Has,
    In,
    Leaf,
    Node,
    Not,
    OnList,
    Operator,
    Or,
    Subject,
    Tagged,
    Value,
    Vote,
)

Translate = Callable[[str], str]

_SUBJECTS = {
    "age": _("age"),
    "turnout": _("turnout score"),
    "support": _("support score"),
    "household_size": _("size of the household"),
    "lists": _("number of lists"),
    "sex": _("sex"),
    "area": _("area"),
    "city": _("city"),
    "postcode": _("postcode"),
    "state": _("state"),
    "email": _("e-mail address"),
    "phone": _("phone number"),
    "address": _("address"),
    "location": _("place on the map"),
}
_SEXES = {"f": _("woman"), "m": _("man"), "x": _("another sex")}
_COMPARISONS = {
    Operator.EQUAL: _("{subject} is {value}"),
    Operator.UNEQUAL: _("{subject} is known and not {value}"),
    Operator.LESS: _("{subject} is below {value}"),
    Operator.LESS_OR_EQUAL: _("{subject} is at most {value}"),
    Operator.MORE: _("{subject} is above {value}"),
    Operator.MORE_OR_EQUAL: _("{subject} is at least {value}"),
}
_VOTED = _("voted in {election}")
_NOT_VOTED = _("is known not to have voted in {election}")
_VOTE_KNOWN = _("it is known whether they voted in {election}")
_INSIDE = _("{subject} is one of {values}")
_OUTSIDE = _("{subject} is known and none of {values}")
_BETWEEN = _("{subject} is between {low} and {high}")
_NOT_BETWEEN = _("{subject} is known and not between {low} and {high}")
_KNOWN = _("{subject} is known")
_TAGGED = _("tagged {tag}")
_ON_LIST = _("on the list {source}")


def written(node: Node) -> str:
    """The expression as text: `parse(written(node)) == node`."""
    match node:
        case And(terms):
            return " and ".join(_bracketed(term, (And, Or)) for term in terms)
        case Or(terms):
            return " or ".join(_bracketed(term, (Or,)) for term in terms)
        case Not(term):
            return f"not {_bracketed(term, (And, Or))}"
        case _:
            return _written_leaf(node)


def _bracketed(node: Node, kinds: tuple[type, ...]) -> str:
    return f"({written(node)})" if isinstance(node, kinds) else written(node)


def _written_leaf(leaf: Leaf) -> str:
    match leaf:
        case Compare(subject, operator, value):
            return f"{written_subject(subject)} {operator.value} {written_value(value)}"
        case In(subject, values, inside):
            listed = ", ".join(written_value(value) for value in values)
            return f"{written_subject(subject)} {'' if inside else 'not '}in ({listed})"
        case Between(subject, low, high, inside):
            ends = f"{written_value(low)} and {written_value(high)}"
            return f"{written_subject(subject)} {'' if inside else 'not '}between {ends}"
        case Has(subject):
            return f"has {written_subject(subject)}"
        case Tagged(tag):
            return f"tag({written_value(tag)})"
        case OnList(source):
            return f"list({written_value(source)})"


def written_subject(subject: Subject) -> str:
    """A field's name, `vote("…")` or `attribute("…")`."""
    match subject:
        case Field(name):
            return name
        case Vote(election):
            return f"vote({written_value(election)})"
        case Attribute(name):
            return f"attribute({written_value(name)})"


def written_value(value: Value) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"


def described(node: Node, translate: Translate = _) -> str:
    """The expression as words, such as "age is below 30, and the e-mail address is known"."""
    match node:
        case And(terms):
            return translate(_(", and ")).join(_grouped(term, translate) for term in terms)
        case Or(terms):
            return translate(_(", or ")).join(_grouped(term, translate) for term in terms)
        case Not(term):
            return translate(_("not: {term}")).format(term=_grouped(term, translate))
        case _:
            return _described_leaf(node, translate)


def _grouped(node: Node, translate: Translate) -> str:
    words = described(node, translate)
    return f"({words})" if isinstance(node, And | Or | Not) else words


def _described_leaf(leaf: Leaf, translate: Translate) -> str:
    words, parameters = _phrase(leaf, translate)
    return translate(words).format(**parameters)


def _phrase(leaf: Leaf, translate: Translate) -> tuple[str, dict[str, str]]:
    """The msgid of a condition, and what its gaps hold."""
    match leaf:
        case Compare(Vote(election), _, value):
            return _VOTED if value else _NOT_VOTED, {"election": election}
        case Compare(subject, operator, value):
            return _COMPARISONS[operator], _gaps(subject, translate, value=_shown(subject, value, translate))
        case In(subject, values, inside):
            listed = ", ".join(_shown(subject, value, translate) for value in values)
            return _INSIDE if inside else _OUTSIDE, _gaps(subject, translate, values=listed)
        case Between(subject, low, high, inside):
            ends = {"low": written_value(low), "high": written_value(high)}
            return _BETWEEN if inside else _NOT_BETWEEN, _gaps(subject, translate, **ends)
        case Has(Vote(election)):
            return _VOTE_KNOWN, {"election": election}
        case Has(subject):
            return _KNOWN, _gaps(subject, translate)
        case Tagged(tag):
            return _TAGGED, {"tag": tag}
        case OnList(source):
            return _ON_LIST, {"source": source}


def _gaps(subject: Subject, translate: Translate, **others: str) -> dict[str, str]:
    return {"subject": _named(subject, translate), **others}


def _named(subject: Subject, translate: Translate) -> str:
    return translate(_SUBJECTS[subject.name]) if isinstance(subject, Field) else _name_of(subject)


def _name_of(subject: Vote | Attribute) -> str:
    return subject.election if isinstance(subject, Vote) else subject.name


def _shown(subject: Subject, value: Value, translate: Translate) -> str:
    if subject == Field("sex"):
        return translate(_SEXES[str(value)])
    return value if isinstance(value, str) else written_value(value)
