"""Whether two scopes can meet, against everybody who could live."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.consent.model import Field as Held
from commonweal.consent.packs import RefusedByPolicy
from commonweal.mandate import scopes
from commonweal.mandate.errors import NotOfTheElectorate
from commonweal.mandate.model import EVERYONE, Scope
from commonweal.people.errors import ExpressionError
from commonweal.people.universe import And, Between, Compare, Field, Has, In, Leaf, Node, Not, Operator, Or

DAY = date(2027, 1, 15)
AGES = (None, 0.0, 17.0, 18.0, 19.0, 64.0, 65.0, 66.0, 90.0)
SEXES = (None, "f", "m", "x")
AREAS = (None, "0113", "0114", "elsewhere")

AGE, SEX, AREA = Field("age"), Field("sex"), Field("area")
_ages = st.sampled_from([18.0, 65.0])
_leaves: st.SearchStrategy[Leaf] = st.one_of(
    st.builds(Compare, st.just(AGE), st.sampled_from(Operator), _ages),
    st.builds(Between, st.just(AGE), st.just(18.0), st.just(65.0), st.booleans()),
    st.builds(
        Compare,
        st.just(SEX),
        st.sampled_from([Operator.EQUAL, Operator.UNEQUAL]),
        st.sampled_from(["f", "m"]),
    ),
    st.builds(In, st.just(AREA), st.sampled_from([("0113",), ("0113", "0114")]), st.booleans()),
    st.builds(Has, st.sampled_from([AGE, SEX, AREA])),
)
NODES: st.SearchStrategy[Node] = st.recursive(
    _leaves,
    lambda node: st.one_of(
        st.builds(Not, node),
        st.builds(And, st.tuples(node, node)),
        st.builds(Or, st.tuples(node, node)),
    ),
    max_leaves=5,
)


def meets(node: Node, person: dict[Field, float | str | None]) -> bool:
    """What docs/universes.md says, for one person: a condition on something unknown is not met."""
    match node:
        case Not(term):
            return not meets(term, person)
        case And(terms):
            return all(meets(term, person) for term in terms)
        case Or(terms):
            return any(meets(term, person) for term in terms)
    value = person[node.subject]  # type: ignore[union-attr, index]
    if value is None:
        return False
    match node:
        case Compare(_, operator, other):
            signs = {
                "=": "__eq__",
                "!=": "__ne__",
                "<": "__lt__",
                "<=": "__le__",
                ">": "__gt__",
                ">=": "__ge__",
            }
            return bool(getattr(value, signs[operator])(other))
        case In(_, values, inside):
            return (value in values) is inside
        case Between(_, low, high, inside):
            return (low <= value <= high) is inside
    return True


PEOPLE = [dict(zip((AGE, SEX, AREA), each, strict=True)) for each in product(AGES, SEXES, AREAS)]


@given(NODES, NODES)
def test_two_scopes_meet_where_somebody_is_in_both(one: Node, other: Node) -> None:
    truth = any(meets(one, person) and meets(other, person) for person in PEOPLE)
    assert scopes.can_meet([Scope("", one)], [Scope("", other)]) is truth


@given(NODES)
def test_a_scope_is_empty_where_nobody_can_be_in_it(node: Node) -> None:
    assert scopes.is_empty(Scope("", node)) is not any(meets(node, person) for person in PEOPLE)


@given(st.lists(NODES, min_size=1, max_size=2), NODES)
def test_of_several_scopes_one_is_enough(several: list[Node], other: Node) -> None:
    one_by_one = [scopes.can_meet([Scope("", node)], [Scope("", other)]) for node in several]
    assert scopes.can_meet([Scope("", node) for node in several], [Scope("", other)]) is any(one_by_one)
    assert scopes.can_meet([EVERYONE], [Scope("", other)]) is not scopes.is_empty(Scope("", other))


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("age < 0", True),
        ("age > 30 and age < 31", True),
        ("household_size < 1", True),
        ('sex not in ("f", "m", "x")', True),
        ('not sex in ("f", "m", "x")', False),
        ('attribute("income") > 1.1 and attribute("income") < 1.2', False),
        ('attribute("job") = "nurse" and attribute("job") = "baker"', True),
        ('city = "Toulouse" and city != "Toulouse"', True),
        ("everyone", False),
        ("Tout le monde", False),
    ],
)
def test_what_is_counted_has_no_halves(text: str, empty: bool) -> None:
    assert scopes.is_empty(scopes.read(text, DAY)) is empty


def test_what_is_too_long_to_work_out_may_meet() -> None:
    wide = Or(
        tuple(And((Compare(AGE, Operator.LESS, 1.0), Compare(AGE, Operator.MORE, 2.0))) for _ in range(100))
    )
    assert scopes.can_meet([Scope("", And((wide, wide)))], [EVERYONE])


@pytest.mark.parametrize(
    "text",
    [
        "support > 50",
        'attribute("religion") = "x"',
        'attribute("Union membership") = "yes"',
        'attribute("orientation_sexuelle") = "x"',
        'age < 30 or attribute("état de santé") = "x"',
        'attribute("party") = "x"',
    ],
)
def test_special_categories_are_refused_with_the_article(text: str) -> None:
    with pytest.raises(RefusedByPolicy, match=r"GDPR, art\. 9"):
        scopes.read(text, DAY)


def test_what_a_list_marks_as_sensitive_is_refused_whatever_it_is_called() -> None:
    text = 'attribute("club") = "x"'
    assert scopes.read(text, DAY).node is not None
    with pytest.raises(RefusedByPolicy):
        scopes.read(text, DAY, held={"attribute:club": Held("attribute:club", sensitive=True)})


@pytest.mark.parametrize(
    "text", ["turnout > 5", 'tag("x")', 'list("donors")', 'vote("2022_t2") = yes', "has email"]
)
def test_what_the_campaign_thinks_of_somebody_is_no_scope(text: str) -> None:
    with pytest.raises(NotOfTheElectorate, match="whom a promise serves"):
        scopes.read(text, DAY)


def test_what_can_not_be_read_says_where() -> None:
    with pytest.raises(ExpressionError, match="Column 5"):
        scopes.read("age 30", DAY)
