"""Hypothesis strategies for trees of the expression language."""

from hypothesis import strategies as st

from commonweal.people.universe import (
    FIELDS,
    HAVABLE,
    ORDERING,
    SEXES,
    And,
    Attribute,
    Between,
    Compare,
    Field,
    Has,
    In,
    Kind,
    Node,
    Not,
    OnList,
    Operator,
    Or,
    Tagged,
    Vote,
)

_plain = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
texts = st.text(_plain, max_size=12)
numbers = st.floats(-1e15, 1e15, allow_nan=False).map(lambda n: n + 0.0) | st.integers(-200, 200).map(float)


def trees(
    names: st.SearchStrategy[str] = texts,
    values: st.SearchStrategy[str] = texts,
    amounts: st.SearchStrategy[float] = numbers,
) -> st.SearchStrategy[Node]:
    """Any tree whose names (tags, lists, elections, attributes), texts and numbers come from these."""
    leaves = st.one_of(
        _comparisons(names, values, amounts),
        st.builds(Has, _havable(names)),
        st.builds(Tagged, names),
        st.builds(OnList, names),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=8,
    )


def _comparisons(
    names: st.SearchStrategy[str], values: st.SearchStrategy[str], amounts: st.SearchStrategy[float]
) -> st.SearchStrategy[Node]:
    attributes = st.builds(Attribute, names)
    by_kind = {kind: [name for name, found in FIELDS.items() if found is kind] for kind in Kind}
    counted = st.sampled_from(by_kind[Kind.NUMBER]).map(Field) | attributes
    said = st.sampled_from([name for name in by_kind[Kind.TEXT] if name != "sex"]).map(Field) | attributes
    alike = st.sampled_from([Operator.EQUAL, Operator.UNEQUAL])
    ends = st.tuples(amounts, amounts).map(sorted)
    some = {"min_size": 1, "max_size": 3, "unique": True}
    return st.one_of(
        st.builds(Compare, counted, st.sampled_from(sorted(ORDERING | {Operator.EQUAL})), amounts),
        st.builds(Compare, said, alike, values),
        st.builds(Compare, st.just(Field("sex")), alike, st.sampled_from(SEXES)),
        st.builds(Compare, st.builds(Vote, names), st.just(Operator.EQUAL), st.booleans()),
        st.builds(In, counted, st.lists(amounts, **some).map(tuple), st.booleans()),
        st.builds(In, said, st.lists(values, **some).map(tuple), st.booleans()),
        st.builds(lambda s, e, i: Between(s, e[0], e[1], i), counted, ends, st.booleans()),
    )


def _havable(names: st.SearchStrategy[str]) -> st.SearchStrategy[Field | Vote | Attribute]:
    fields = st.sampled_from([*FIELDS, *HAVABLE]).map(Field)
    return st.one_of(fields, st.builds(Vote, names), st.builds(Attribute, names))
