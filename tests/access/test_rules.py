from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.access import rules
from commonweal.access.model import Account, Permission, Role, Sight

NOW = datetime(2027, 1, 15, 20, 0, tzinfo=UTC)


def an_account(
    role: Role = Role.ANALYST, areas: tuple[str, ...] = (), closed: datetime | None = None
) -> Account:
    return Account(1, "Alix Meunier", "alix@example.org", role, areas, None, False, NOW, closed)


def test_every_role_is_ruled_and_may_at_least_be_here() -> None:
    assert all(rules.may(role, Permission.BE_HERE) for role in Role)


def test_a_volunteer_may_nothing_else() -> None:
    assert {p for p in Permission if rules.may(Role.VOLUNTEER, p)} == {
        Permission.BE_HERE,
        Permission.USE_BOARD,
        Permission.WORK_CLAIMS,
    }


@pytest.mark.parametrize(
    "permission",
    [Permission.APPROVE_PLAN, Permission.MANAGE_ACCOUNTS, Permission.SET_RULES, Permission.TAKE_BACK],
)
def test_only_the_director_decides(permission: Permission) -> None:
    assert [role for role in Role if rules.may(role, permission)] == [Role.DIRECTOR]


def test_who_looks_at_persons_is_not_who_reads_the_money() -> None:
    blind = {Role.CANDIDATE, Role.TREASURER, Role.DIGITAL, Role.VOLUNTEER}
    assert {role for role in Role if not rules.may(role, Permission.SEE_PEOPLE)} == blind


def test_sight_of_an_organiser_ends_at_the_areas() -> None:
    assert rules.sight(an_account(Role.ORGANISER, ("0113", "0114"))) == Sight(False, ("0113", "0114"))
    assert rules.sight(an_account(Role.DIRECTOR)) == Sight(True)
    assert rules.sight(an_account(Role.TREASURER)) == Sight(False)
    assert rules.sight(an_account(Role.DIRECTOR, closed=NOW)) == Sight(False)


@given(st.timedeltas(timedelta(0), timedelta(days=30)), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_session_ends_by_age_or_by_idleness(age: timedelta, idle: timedelta) -> None:
    lives = rules.session_lives(NOW, NOW - idle, NOW - age + rules.SESSION_LIFE)
    assert lives == (age < rules.SESSION_LIFE and idle < rules.SESSION_IDLE)


def test_the_fifth_wrong_password_locks_for_a_minute_then_twice_as_long() -> None:
    locks = [rules.locked_until(NOW, failures) for failures in range(3, 8)]
    assert locks == [None, None, *(NOW + timedelta(minutes=m) for m in (1, 2, 4))]
    assert rules.locked_until(NOW, 10_000) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("tiny", "short"),
        ("x" * 300, "long"),
        ("aaaaaaaaaaaaaa", "repeats"),
        ("ALIX MEUNIER", "told"),
        ("alix@example.org", "told"),
        ("four plain unusual words", None),
    ],
)
def test_weak_passwords(password: str, weakness: str | None) -> None:
    assert rules.password_weakness(password, an_account()) == weakness
