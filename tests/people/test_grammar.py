import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.people import errors
from commonweal.people.grammar import DEEPEST, LONGEST, parse
from commonweal.people.universe import (
    And,
    Attribute,
    Between,
    Compare,
    Field,
    Has,
    In,
    Not,
    OnList,
    Operator,
    Or,
    Tagged,
    Vocabulary,
    Vote,
    leaves,
    subjects,
)
from commonweal.people.wording import described, written

from .expressions import trees


@given(trees())
def test_what_is_written_is_read_again(tree):
    assert parse(written(tree)) == tree


@given(trees())
def test_every_tree_has_words(tree):
    assert described(tree).strip()


@given(st.text(alphabet='age<>=!() "\\,.-0123not in and or has tag vote', max_size=60))
def test_any_text_is_a_tree_or_a_worded_error(text):
    found = _read(text)
    if isinstance(found, errors.ExpressionError):
        assert 1 <= found.column <= len(text) + 1
        assert str(found)
    else:
        assert parse(written(found)) == found


def _read(text):
    try:
        return parse(text)
    except errors.ExpressionError as error:
        return error


def test_the_example_of_the_brief():
    assert parse('age < 30 and turnout > 40 and area in ("0113")') == And(
        (
            Compare(Field("age"), Operator.LESS, 30.0),
            Compare(Field("turnout"), Operator.MORE, 40.0),
            In(Field("area"), ("0113",)),
        )
    )


def test_or_binds_less_than_and_and_not_most():
    young, woman, known = (
        Compare(Field("age"), Operator.LESS, 30.0),
        Compare(Field("sex"), Operator.EQUAL, "f"),
        Has(Field("email")),
    )
    assert parse('not age < 30 and sex = "f" or has email') == Or((And((Not(young), woman)), known))
    assert parse('not (age < 30 and (sex = "f" or has email))') == Not(And((young, Or((woman, known)))))


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("support between 40 and 60", Between(Field("support"), 40.0, 60.0)),
        ("support not between 40 and 60", Between(Field("support"), 40.0, 60.0, inside=False)),
        ("area not in ('01', \"02\", '01')", In(Field("area"), ("01", "02"), inside=False)),
        ('vote("2022_t2") = YES', Compare(Vote("2022_t2"), Operator.EQUAL, True)),
        ('has vote("2022_t2")', Has(Vote("2022_t2"))),
        ('attribute("income") >= 12.5', Compare(Attribute("income"), Operator.MORE_OR_EQUAL, 12.5)),
        ('attribute("loss") < -3', Compare(Attribute("loss"), Operator.LESS, -3.0)),
        ('attribute("club") != "\\"A\\" \\\\ B"', Compare(Attribute("club"), Operator.UNEQUAL, '"A" \\ B')),
        ('tag("bénévole")', Tagged("bénévole")),
        ('LIST("donors")', OnList("donors")),
    ],
)  # fmt: skip
def test_conditions(text, leaf):
    assert parse(text) == leaf


@pytest.mark.parametrize(
    ("text", "kind", "column"),
    [
        ("", errors.EmptyExpression, 1),
        ("  \n ", errors.EmptyExpression, 1),
        ("agee < 30", errors.UnknownField, 1),
        ("age < 30 and", errors.UnexpectedEnd, 13),
        ("age < ", errors.UnexpectedEnd, 7),
        ("age < 30 sex", errors.Unexpected, 10),
        ("age 30", errors.Unexpected, 5),
        ("age ( 30", errors.Unexpected, 5),
        ("(age < 30", errors.UnexpectedEnd, 10),
        ('age < "30"', errors.WrongValue, 7),
        ("age = yes", errors.WrongValue, 7),
        ("area = 0113", errors.WrongValue, 8),
        ('sex = "female"', errors.WrongValue, 7),
        ('sex < "m"', errors.NotOrdered, 5),
        ('city between "a" and "b"', errors.NotOrdered, 6),
        ('vote("t2") in (yes)', errors.NotOrdered, 12),
        ('vote("t2") != yes', errors.Unexpected, 12),
        ('vote("t2")', errors.UnexpectedEnd, 11),
        ("vote(t2) = yes", errors.Unexpected, 6),
        ('attribute("x") in (1, "a")', errors.WrongValue, 23),
        ("age between 40 and 30", errors.EmptyRange, 5),
        ("age not < 30", errors.Unexpected, 9),
        ("age < 30; drop table", errors.UnknownSign, 9),
        ("age < 3.", errors.UnknownSign, 7),
        ("age < 1.2.3", errors.UnknownSign, 7),
        ("age < 9999999999999999", errors.NumberTooLarge, 7),
        ('tag("x', errors.UnclosedText, 5),
        ('tag("x\n")', errors.UnknownSign, 7),
        ("has", errors.UnexpectedEnd, 4),
        ('has tag("x")', errors.UnknownField, 5),
        ("email", errors.UnknownField, 1),
    ],
)
def test_errors_point_at_the_column(text, kind, column):
    with pytest.raises(errors.ExpressionError) as caught:
        parse(text)
    assert type(caught.value) is kind
    assert caught.value.column == column


def test_an_error_reads_as_a_person_would_say_it():
    with pytest.raises(errors.UnknownField) as caught:
        parse("turnout > 40\nand turnot < 60")
    assert str(caught.value).splitlines() == [
        "turnout > 40 and turnot < 60",
        "                 ^",
        "Column 18: there is no field 'turnot'. Did you mean 'turnout'? Fields are: age, area, attribute, city, "
        "has, household_size, list, lists, postcode, sex, state, support, ….",
    ]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_words_inside_an_error_are_translated_too():
    french = {"a number": "un nombre", "Column {column}: {expected}": ""}
    with pytest.raises(errors.UnexpectedEnd) as caught:
        parse("age <")
    assert "un nombre" in caught.value.worded(lambda text: french.get(text, text))


def test_length_and_depth_have_an_end():
    with pytest.raises(errors.ExpressionTooLong):
        parse("a" * (LONGEST + 1))
    with pytest.raises(errors.ExpressionTooDeep):
        parse("(" * (DEEPEST + 1) + "has email")
    with pytest.raises(errors.ExpressionTooDeep):
        parse("not " * (DEEPEST + 1) + "has email")
    assert parse("(" * DEEPEST + "has email" + ")" * DEEPEST) == Has(Field("email"))


def test_names_that_nobody_carries_are_refused():
    vocabulary = Vocabulary(
        elections=frozenset({"presidentielle_2022_t2"}),
        attributes=frozenset({"income"}),
        tags=frozenset({"volunteer"}),
        lists=frozenset({"donors"}),
        areas=frozenset({"0113"}),
    )
    good = 'vote("presidentielle_2022_t2") = no and attribute("income") > 1 and tag("volunteer") and list("donors") and area = "0113"'
    assert parse(good, vocabulary) == parse(good)
    for wrong, guess in [
        ('vote("presidentielle_2022_t1") = no', "presidentielle_2022_t2"),
        ('has attribute("incom")', "income"),
        ('tag("volunter")', "volunteer"),
        ('list("donor")', "donors"),
        ('area in ("0113", "0112")', "0113"),
    ]:
        with pytest.raises(errors.UnknownName, match=f"Did you mean '{guess}'") as caught:
            parse(wrong, vocabulary)
        assert wrong[caught.value.column - 1] == '"'


def test_leaves_and_subjects_are_listed_once_in_order():
    tree = parse('age < 30 and (vote("a") = yes or not age > 60) and tag("x")')
    assert len(list(leaves(tree))) == 4
    assert subjects(tree) == [Field("age"), Vote("a")]


def test_words():
    tree = parse('age < 30 and (has phone or sex != "f") and not vote("t2") = no and area in ("1", "2")')
    assert described(tree) == (
        "age is below 30, and (phone number is known, or sex is known and not woman), "
        "and (not: is known not to have voted in t2), and area is one of 1, 2"
    )
