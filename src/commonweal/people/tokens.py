"""From the text of an expression to its tokens, each with its place."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from commonweal.people.errors import NumberTooLarge, UnclosedText, UnknownSign, place

LARGEST = 1e15  # whole numbers up to here are exact in every engine

_SIGNS = ("<=", ">=", "!=", "<", ">", "=", "(", ")", ",")
_DIGITS = frozenset("0123456789")
_ESCAPES = {'"': '"', "'": "'", "\\": "\\"}


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    TEXT = "text"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    """One token: what it is, its meaning (a word in lower case, a text without quotes), where it begins."""

    kind: TokenKind
    meaning: str
    position: int


def tokens(expression: str) -> list[Token]:
    """All tokens, the last one END. Raises UnknownSign, UnclosedText, NumberTooLarge."""
    found: list[Token] = []
    position = 0
    while position < len(expression):
        if expression[position].isspace():
            position += 1
            continue
        token, position = _next(expression, position)
        found.append(token)
    return [*found, Token(TokenKind.END, "", len(expression))]


def _next(expression: str, start: int) -> tuple[Token, int]:
    first = expression[start]
    if first in "\"'":
        return _text(expression, start)
    if first in _DIGITS or (first == "-" and expression[start + 1 : start + 2] in _DIGITS):
        return _number(expression, start)
    if first.isalpha() or first == "_":
        return _word(expression, start)
    for sign in _SIGNS:
        if expression.startswith(sign, start):
            return Token(TokenKind.SIGN, sign, start), start + len(sign)
    raise UnknownSign(**place(expression, start), sign=first)


def _text(expression: str, start: int) -> tuple[Token, int]:
    quote, position = expression[start], start + 1
    meaning: list[str] = []
    while position < len(expression):
        letter = expression[position]
        if letter == quote:
            return Token(TokenKind.TEXT, "".join(meaning), start), position + 1
        if letter == "\\" and expression[position + 1 : position + 2] in _ESCAPES:
            position += 1
            letter = expression[position]
        elif unicodedata.category(letter) in {"Cc", "Cs"}:
            raise UnknownSign(**place(expression, position), sign=letter)
        meaning.append(letter)
        position += 1
    raise UnclosedText(**place(expression, start), quote=quote)


def _number(expression: str, start: int) -> tuple[Token, int]:
    end = start + 1
    while end < len(expression) and (expression[end] in _DIGITS or expression[end] == "."):
        end += 1
    written = expression[start:end]
    if written.count(".") > 1 or written.endswith("."):
        raise UnknownSign(**place(expression, start), sign=written)
    if abs(float(written)) > LARGEST:
        raise NumberTooLarge(**place(expression, start), number=written, limit=f"{LARGEST:.0f}")
    return Token(TokenKind.NUMBER, written, start), end


def _word(expression: str, start: int) -> tuple[Token, int]:
    end = start + 1
    while end < len(expression) and (expression[end].isalnum() or expression[end] == "_"):
        end += 1
    return Token(TokenKind.WORD, expression[start:end].lower(), start), end
