"""What an action may become and who may change it. No I/O; the ledger's policies say the same of sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from commonweal.access.model import Account, Role
from commonweal.board.errors import CannotMove, EndUnsaid, NobodyDoesIt, NothingToDo, TooMuchText
from commonweal.board.model import OWNERS_MOST, WHAT_MOST, About, Action, State

SEES_ALL = frozenset({Role.DIRECTOR, Role.CANDIDATE})

_STEPS: Mapping[State, frozenset[State]] = {
    State.OPEN: frozenset({State.DOING, State.DONE, State.DROPPED}),
    State.DOING: frozenset({State.OPEN, State.DONE, State.DROPPED}),
    State.DONE: frozenset({State.OPEN}),
    State.DROPPED: frozenset({State.OPEN}),
}


def sees(account: Account, action: Action) -> bool:
    """Whether an action concerns an account: it wrote or ever owned it, leads, works its area, or answers for its money."""
    if account.closed_at is not None:
        return False
    if account.account_id in action.concerned or account.role in SEES_ALL:
        return True
    if account.role is Role.ORGANISER:
        return action.area_code in account.areas
    about = action.link.about if action.link else None
    return account.role is Role.TREASURER and about in {About.PLAN, About.OPTION}


def may_change(account: Account, action: Action) -> bool:
    """Whether an account may amend an action and move it: as `sees`, but the treasurer only comments."""
    return sees(account, action) and (
        account.account_id in action.concerned or account.role in SEES_ALL or account.role is Role.ORGANISER
    )


def steps(state: State) -> frozenset[State]:
    """Where an action may go from a state."""
    return _STEPS[state]


def move(state: State, to: State, outcome: str) -> str | None:
    """The line to keep with a new state. Raises CannotMove, EndUnsaid, TooMuchText."""
    if to not in _STEPS[state]:
        raise CannotMove()
    if not to.ended:
        return None
    if not outcome.strip():
        raise EndUnsaid()
    return line(outcome, WHAT_MOST)


def line(text: str, most: int) -> str:
    """A text without blanks around it and without line breaks. Raises NothingToDo, TooMuchText."""
    one = " ".join(text.split())
    if not one:
        raise NothingToDo()
    return _fitting(one, most)


def paragraphs(text: str, most: int) -> str:
    """A text with its line breaks. Raises NothingToDo, TooMuchText."""
    kept = "\n".join(each.rstrip() for each in text.strip().splitlines())
    if not kept:
        raise NothingToDo()
    return _fitting(kept, most)


def _fitting(text: str, most: int) -> str:
    text = text.replace("\x00", "")
    if len(text) > most:
        raise TooMuchText(length=len(text), most=most)
    return text


def owners(chosen: Sequence[int]) -> list[int]:
    """The owners, each once. Raises NobodyDoesIt."""
    found = sorted(set(chosen))
    if not 1 <= len(found) <= OWNERS_MOST:
        raise NobodyDoesIt(most=OWNERS_MOST)
    return found


def may_be_asked(asker: Account, other: Account) -> bool:
    """Whether an account may give an action to another: volunteers know of each other only through who leads them."""
    if other.closed_at is not None:
        return False
    return asker.role is not Role.VOLUNTEER or other.role is not Role.VOLUNTEER or asker == other


def urgency(action: Action, today: date) -> tuple[bool, date, int]:
    """What sorts open actions: what is due first, then what was written first."""
    return (not action.overdue(today), action.due or date.max, action.action_id)
