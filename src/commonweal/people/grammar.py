"""From the text of an expression to its tree: recursive descent, one function a rule.

expression  = conjunction { "or" conjunction }
conjunction = negation { "and" negation }
negation    = "not" negation | condition
condition   = "(" expression ")" | "has" thing | "tag" name | "list" name | subject relation
thing       = "email" | "phone" | "address" | "location" | subject
subject     = field | "vote" name | "attribute" name
name        = "(" text ")"
relation    = sign value | [ "not" ] "in" "(" value { "," value } ")" | [ "not" ] "between" number "and" number
sign        = "=" | "!=" | "<" | "<=" | ">" | ">="
value       = number | text | "yes" | "no"
"""

from __future__ import annotations

from collections.abc import Callable

from commonweal.errors import _
from commonweal.people.errors import (
    EmptyExpression,
    EmptyRange,
    ExpressionTooDeep,
    ExpressionTooLong,
    NotOrdered,
    Unexpected,
    UnexpectedEnd,
    UnknownField,
    UnknownName,
    WrongValue,
    near,
    place,
)
from commonweal.people.tokens import Token, TokenKind, tokens
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
    Subject,
    Tagged,
    Value,
    Vocabulary,
    Vote,
)
from commonweal.people.wording import written_subject

LONGEST = 20_000  # characters
DEEPEST = 40  # brackets and nots in each other

_EXPECTED = {
    Kind.NUMBER: _("a number"),
    Kind.TEXT: _("a text in double quotes"),
    Kind.ANSWER: _("yes or no"),
    Kind.ANY: _("a number or a text in double quotes"),
}


def parse(expression: str, vocabulary: Vocabulary | None = None) -> Node:
    """The tree of an expression. With a vocabulary, names that nobody carries are refused too.

    Raises a subclass of ExpressionError that points at the column.
    """
    if len(expression) > LONGEST:
        raise ExpressionTooLong(**place("", 0), length=len(expression), limit=LONGEST)
    parser = _Parser(expression, vocabulary)
    if parser.ended:
        raise EmptyExpression(**place(expression, 0))
    tree = parser.expression()
    if not parser.ended:
        raise parser.unexpected(_("and, or, or the end"))
    return tree


class _Parser:
    """Where the reading stands. Each method reads one rule of the grammar and moves on."""

    def __init__(self, expression: str, vocabulary: Vocabulary | None) -> None:
        self._text = expression
        self._tokens = tokens(expression)
        self._vocabulary = vocabulary
        self._at = 0
        self._depth = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._at]

    @property
    def ended(self) -> bool:
        return self.here.kind is TokenKind.END

    def expression(self) -> Node:
        return self._joined("or", self._conjunction, Or)

    def _conjunction(self) -> Node:
        return self._joined("and", self._negation, And)

    def _joined(self, word: str, term: Callable[[], Node], make: Callable[[tuple[Node, ...]], Node]) -> Node:
        terms = [term()]
        while self._skip(TokenKind.WORD, word):
            terms.append(term())
        return make(tuple(terms)) if len(terms) > 1 else terms[0]

    def _negation(self) -> Node:
        if self._meets(TokenKind.WORD, "not"):
            self._descend()
            tree = Not(self._negation())
            self._depth -= 1
            return tree
        return self._condition()

    def _condition(self) -> Node:
        if self._meets(TokenKind.SIGN, "("):
            self._descend()
            tree = self.expression()
            self._depth -= 1
            self._expect(")", _("a closing bracket"))
            return tree
        if self._skip(TokenKind.WORD, "has"):
            return Has(self._subject(HAVABLE))
        if self._skip(TokenKind.WORD, "tag"):
            return Tagged(self._name(_("the tag"), "tags"))
        if self._skip(TokenKind.WORD, "list"):
            return OnList(self._name(_("a place on the list"), "lists"))
        return self._relation(self._subject())

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionTooDeep(**place(self._text, self.here.position), limit=DEEPEST)
        self._at += 1

    def _subject(self, besides: tuple[str, ...] = ()) -> Subject:
        token = self._take(TokenKind.WORD, _("a condition, such as age < 30"))
        if token.meaning == "vote":
            return Vote(self._name(_("a known vote in"), "elections"))
        if token.meaning == "attribute":
            return Attribute(self._name(_("the attribute"), "attributes"))
        known = (*FIELDS, *besides)
        if token.meaning not in known:
            raise UnknownField(
                **place(self._text, token.position), **near(token.meaning, (*known, *_words(besides)))
            )
        return Field(token.meaning)

    def _name(self, carries: str, kind: str) -> str:
        self._expect("(", _("an opening bracket"))
        token = self._take(TokenKind.TEXT, _("a name in double quotes"))
        self._expect(")", _("a closing bracket"))
        self._check_known(token, carries, kind)
        return token.meaning

    def _check_known(self, token: Token, carries: str, kind: str) -> None:
        if self._vocabulary is None:
            return
        known: frozenset[str] = getattr(self._vocabulary, kind)
        if token.meaning not in known:
            raise UnknownName(
                **place(self._text, token.position), carries=carries, **near(token.meaning, known)
            )

    def _relation(self, subject: Subject) -> Node:
        inside = not self._skip(TokenKind.WORD, "not")
        if self._meets(TokenKind.WORD, "in"):
            return self._in(subject, inside)
        if self._meets(TokenKind.WORD, "between"):
            return self._between(subject, inside)
        if not inside:
            raise self.unexpected(_("in or between"))
        return self._compare(subject)

    def _compare(self, subject: Subject) -> Compare:
        token = self._take(TokenKind.SIGN, _("a comparison (= != < <= > >= in between)"))
        if token.meaning not in set(Operator):
            self._at -= 1
            raise self.unexpected(_("a comparison (= != < <= > >= in between)"))
        operator = Operator(token.meaning)
        if subject.kind is Kind.ANSWER and operator is not Operator.EQUAL:
            self._at -= 1
            raise self.unexpected("=")
        value = self._value(subject)
        if operator in ORDERING and not isinstance(value, float):
            written = written_subject(subject)
            raise NotOrdered(**place(self._text, token.position), subject=written, operator=operator.value)
        return Compare(subject, operator, value)

    def _in(self, subject: Subject, inside: bool) -> In:
        word = self.here
        self._at += 1
        if subject.kind is Kind.ANSWER:
            raise self._not_ordered(subject, word)
        self._expect("(", _("an opening bracket"))
        values = [self._value(subject)]
        while self._skip(TokenKind.SIGN, ","):
            at = self.here
            values.append(self._value(subject))
            if type(values[-1]) is not type(values[0]):
                raise self._wrong(subject, at, _("values of one kind"))
        self._expect(")", _("a comma or a closing bracket"))
        return In(subject, tuple(dict.fromkeys(values)), inside)

    def _between(self, subject: Subject, inside: bool) -> Between:
        word = self.here
        self._at += 1
        if subject.kind not in {Kind.NUMBER, Kind.ANY}:
            raise self._not_ordered(subject, word)
        low = self._number()
        self._expect_word("and")
        high = self._number()
        if low > high:
            raise EmptyRange(**place(self._text, word.position), low=f"{low:g}", high=f"{high:g}")
        return Between(subject, low, high, inside)

    def _number(self) -> float:
        return float(self._take(TokenKind.NUMBER, _EXPECTED[Kind.NUMBER]).meaning)

    def _value(self, subject: Subject) -> Value:
        token = self.here
        if self.ended:
            raise self.unexpected(_EXPECTED[subject.kind])
        self._at += 1
        answer = token.kind is TokenKind.WORD and token.meaning in {"yes", "no"}
        if answer and subject.kind is Kind.ANSWER:
            return token.meaning == "yes"
        if token.kind is TokenKind.NUMBER and subject.kind in {Kind.NUMBER, Kind.ANY}:
            return float(token.meaning)
        if token.kind is TokenKind.TEXT and subject.kind in {Kind.TEXT, Kind.ANY}:
            self._check_text(subject, token)
            return token.meaning
        raise self._wrong(subject, token, _EXPECTED[subject.kind])

    def _check_text(self, subject: Subject, token: Token) -> None:
        if subject == Field("sex") and token.meaning not in SEXES:
            raise self._wrong(subject, token, '"f", "m", "x"')
        if subject == Field("area"):
            self._check_known(token, _("the area"), "areas")

    def _wrong(self, subject: Subject, token: Token, expected: str) -> WrongValue:
        found = self._shown(token)
        return WrongValue(
            **place(self._text, token.position),
            subject=written_subject(subject),
            expected=expected,
            found=found,
        )

    def _not_ordered(self, subject: Subject, word: Token) -> NotOrdered:
        return NotOrdered(
            **place(self._text, word.position), subject=written_subject(subject), operator=word.meaning
        )

    def unexpected(self, expected: str) -> Unexpected | UnexpectedEnd:
        """The error that this place deserves when `expected` is not there."""
        where = place(self._text, self.here.position)
        if self.ended:
            return UnexpectedEnd(**where, expected=expected)
        return Unexpected(**where, expected=expected, found=self._shown(self.here))

    def _shown(self, token: Token) -> str:
        return f'"{token.meaning}"' if token.kind is TokenKind.TEXT else token.meaning

    def _meets(self, kind: TokenKind, meaning: str) -> bool:
        return self.here.kind is kind and self.here.meaning == meaning

    def _skip(self, kind: TokenKind, meaning: str) -> bool:
        if self._meets(kind, meaning):
            self._at += 1
            return True
        return False

    def _take(self, kind: TokenKind, expected: str) -> Token:
        token = self.here
        if token.kind is not kind:
            raise self.unexpected(expected)
        self._at += 1
        return token

    def _expect(self, sign: str, expected: str) -> None:
        if not self._skip(TokenKind.SIGN, sign):
            raise self.unexpected(expected)

    def _expect_word(self, word: str) -> None:
        if not self._skip(TokenKind.WORD, word):
            raise self.unexpected(word)


def _words(besides: tuple[str, ...]) -> tuple[str, ...]:
    """What may stand where a field stands, besides the fields: `has` takes no predicate."""
    return ("vote", "attribute") if besides else ("vote", "attribute", "has", "tag", "list")
