"""Which role may do what, how long a session lasts, when a password is refused. No I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

from commonweal.access.model import Account, Permission, Role, Sight

LINK_LIFE = timedelta(days=2)
SESSION_LIFE = timedelta(days=14)
SESSION_IDLE = timedelta(days=3)

PASSWORD_LEAST = 12  # characters; NIST SP 800-63B-4 asks for 15 alone, 8 beside a second factor
PASSWORD_MOST = 256  # hashing a longer one would be work for the asking

FREE_FAILURES = 5
_FIRST_LOCK = timedelta(minutes=1)
_LONGEST_LOCK = timedelta(hours=1)

_P = Permission
_EVERYBODY = frozenset({_P.BE_HERE, _P.USE_BOARD})
_PERMITTED: dict[Role, frozenset[Permission]] = {
    Role.DIRECTOR: frozenset(Permission),
    Role.CANDIDATE: _EVERYBODY
    | {
        _P.SEE_PLAN,
        _P.SEE_FORECAST,
        _P.SEE_MANDATE,
        _P.WRITE_MANDATE,
        _P.SET_PLAN_RULE,
        _P.SEE_PRESSURE,
    },
    Role.ANALYST: _EVERYBODY
    | {
        _P.SEE_LISTS,
        _P.SEE_PEOPLE,
        _P.SEE_UNIVERSES,
        _P.SAVE_UNIVERSES,
        _P.REVIEW_IDENTITY,
        _P.SEE_MODELS,
        _P.SEE_PLAN,
        _P.SEE_FORECAST,
        _P.SEE_MANDATE,
        _P.SEE_RUNS,
        _P.SEE_PRESSURE,
    },
    Role.DIGITAL: _EVERYBODY
    | {_P.SEE_UNIVERSES, _P.SAVE_UNIVERSES, _P.SEE_PLAN, _P.SEE_MANDATE, _P.SEE_PRESSURE},
    Role.ORGANISER: _EVERYBODY
    | {
        _P.SEE_PEOPLE,
        _P.SEE_PLAN,
        _P.EXPORT_PLAN,
        _P.SEE_PRESSURE,
        _P.CLAIM,
        _P.WORK_CLAIMS,
        _P.RECORD_CONSENT,
    },
    Role.VOLUNTEER: _EVERYBODY | {_P.WORK_CLAIMS},
    Role.TREASURER: _EVERYBODY | {_P.SEE_PLAN},
    Role.PRIVACY: _EVERYBODY
    | {
        _P.SEE_LISTS,
        _P.SEE_PEOPLE,
        _P.SEE_AUDIT,
        _P.SEE_PRESSURE,
        _P.HANDLE_REQUESTS,
        _P.SEE_POLICY,
        _P.RECORD_CONSENT,
    },
}


def may(role: Role, permission: Permission) -> bool:
    """Whether the role has the permission. What is not named is refused."""
    return permission in _PERMITTED.get(role, frozenset())


def sight(account: Account) -> Sight:
    """Whom the account may see; the ledger's policies say the same (access.sees_everyone, access.seen_areas)."""
    if account.closed_at is not None or not may(account.role, Permission.SEE_PEOPLE):
        return Sight(everyone=False)
    if account.role is Role.ORGANISER:
        return Sight(everyone=False, areas=account.areas)
    return Sight(everyone=True)


def session_lives(now: datetime, seen_at: datetime, expires_at: datetime) -> bool:
    """Whether a session still holds: neither too old nor left alone for too long."""
    return now < expires_at and now - seen_at < SESSION_IDLE


def locked_until(now: datetime, failures: int) -> datetime | None:
    """Until when no password is tried after so many failures in a row: a minute after the fifth, then twice as long each."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 10)
    return now + min(_FIRST_LOCK * (1 << doublings), _LONGEST_LOCK)


def password_weakness(password: str, account: Account) -> str | None:
    """Why a password can't be taken: "short", "long", "repeats" or "told" (it is the name or address); None if it can."""
    if len(password) < PASSWORD_LEAST:
        return "short"
    if len(password) > PASSWORD_MOST:
        return "long"
    if len(set(password)) < 5:
        return "repeats"
    told = {account.name.casefold(), (account.email or "").casefold()} - {""}
    return "told" if password.casefold() in told else None
