from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from commonweal.access import actions, queries, rules
from commonweal.access.errors import (
    AddressTaken,
    AreasMissing,
    LastDirector,
    LinkSpent,
    NameMissing,
    NoSuchAccount,
    NotADemo,
    NotAnAddress,
    WeakPassword,
    WrongSignIn,
)
from commonweal.access.model import Account, Role, Session
from commonweal.campaign import Campaign
from commonweal.store.ledger import LedgerRole

GOOD = "otter lantern gravel eleven"


def session_of(campaign: Campaign, token: str) -> Session | None:
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        return queries.session(connection, token, campaign.clock())


def signed_in(campaign: Campaign, role: Role = Role.DIRECTOR, **more: Any) -> tuple[str, Session]:
    token = actions.sign_in_by_link(campaign, actions.invite(campaign, f"A {role}", role, **more))
    session = session_of(campaign, token)
    assert session is not None
    return token, session


def test_a_link_signs_in_once(campaign: Campaign) -> None:
    link = actions.invite(campaign, "Dominique", Role.DIRECTOR, email="D@Example.org")
    session = session_of(campaign, actions.sign_in_by_link(campaign, link))
    assert session is not None
    assert (session.account.role, session.account.email) == (Role.DIRECTOR, "d@example.org")
    with pytest.raises(LinkSpent):
        actions.sign_in_by_link(campaign, link)


def test_of_two_browsers_with_one_link_one_comes_in(campaign: Campaign) -> None:
    link = actions.invite(campaign, "Dominique", Role.DIRECTOR)

    def come_in(_: int) -> bool:
        try:
            actions.sign_in_by_link(campaign, link)
        except LinkSpent:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(come_in, range(8))) == 1


def test_a_link_expires(campaign: Campaign, clock: Any) -> None:
    link = actions.invite(campaign, "Dominique", Role.DIRECTOR)
    clock.now += rules.LINK_LIFE
    with pytest.raises(LinkSpent):
        actions.sign_in_by_link(campaign, link)


def test_neither_tokens_nor_passwords_are_kept(campaign: Campaign) -> None:
    link = actions.invite(campaign, "Dominique", Role.DIRECTOR, email="d@example.org")
    token = actions.sign_in_by_link(campaign, link)
    session = session_of(campaign, token)
    assert session is not None
    actions.set_password(campaign, session, GOOD)
    with campaign.ledger.read() as connection:
        for table in ("access.link", "access.session", "access.password", "access.account", "audit.entry"):
            kept = str(connection.execute(f"SELECT * FROM {table}").fetchall())
            assert all(secret not in kept for secret in (link, token, GOOD))


def test_a_session_ends_when_left_alone_and_lives_on_when_used(campaign: Campaign, clock: Any) -> None:
    token, session = signed_in(campaign)
    clock.now += rules.SESSION_IDLE - timedelta(minutes=1)
    actions.note_use(campaign, session)
    clock.now += rules.SESSION_IDLE - timedelta(minutes=1)
    assert session_of(campaign, token) is not None
    clock.now += timedelta(minutes=2)
    assert session_of(campaign, token) is None


def test_signing_out_ends_this_session_only(campaign: Campaign) -> None:
    link_again = None
    token, session = signed_in(campaign)
    link_again = actions.make_link(campaign, session.account.account_id)
    other = actions.sign_in_by_link(campaign, link_again)
    actions.sign_out(campaign, session)
    assert session_of(campaign, token) is None
    assert session_of(campaign, other) is not None


def test_a_new_password_voids_the_links_that_are_out(campaign: Campaign) -> None:
    _, session = signed_in(campaign, email="d@example.org")
    link = actions.make_link(campaign, session.account.account_id)
    actions.set_password(campaign, session, GOOD)
    with pytest.raises(LinkSpent):
        actions.sign_in_by_link(campaign, link)


def test_a_password_signs_in_and_ends_other_sessions(campaign: Campaign) -> None:
    old, session = signed_in(campaign, email="d@example.org")
    other = actions.sign_in_by_link(campaign, actions.make_link(campaign, session.account.account_id))
    actions.set_password(campaign, session, GOOD)
    assert session_of(campaign, old) is not None
    assert session_of(campaign, other) is None
    assert session_of(campaign, actions.sign_in_by_password(campaign, " D@example.org", GOOD)) is not None


@pytest.mark.parametrize("email", ["d@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_address_read_alike(campaign: Campaign, email: str) -> None:
    _, session = signed_in(campaign, email="d@example.org")
    actions.set_password(campaign, session, GOOD)
    with pytest.raises(WrongSignIn):
        actions.sign_in_by_password(campaign, email, "not this one at all")


@pytest.mark.parametrize("email", ["d@example.org", "nobody@example.org"])
def test_a_wrong_password_does_not_wait_for_the_disk_and_the_right_one_does(
    campaign: Campaign, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an unknown address nothing is written: an answer that takes as long as the disk would tell a known one."""
    _, session = signed_in(campaign, email="d@example.org")
    actions.set_password(campaign, session, GOOD)
    said: list[str] = []
    execute = psycopg.Connection.execute

    def heard(self: Any, query: Any, *given: Any, **more: Any) -> Any:
        said.append(str(query))
        return execute(self, query, *given, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", heard)
    with pytest.raises(WrongSignIn):
        actions.sign_in_by_password(campaign, email, "not this one at all")
    assert said[-1] == "SET LOCAL synchronous_commit = off"
    actions.sign_in_by_password(campaign, "d@example.org", GOOD)
    assert sum("synchronous_commit" in each for each in said) == 1


def test_five_wrong_passwords_lock_even_the_right_one_out(campaign: Campaign, clock: Any) -> None:
    _, session = signed_in(campaign, email="d@example.org")
    actions.set_password(campaign, session, GOOD)
    for _ in range(5):
        with pytest.raises(WrongSignIn):
            actions.sign_in_by_password(campaign, "d@example.org", "not this one at all")
    with pytest.raises(WrongSignIn):
        actions.sign_in_by_password(campaign, "d@example.org", GOOD)
    clock.now += timedelta(minutes=1)
    actions.sign_in_by_password(campaign, "d@example.org", GOOD)


def test_a_weak_password_is_refused(campaign: Campaign) -> None:
    _, session = signed_in(campaign)
    with pytest.raises(WeakPassword):
        actions.set_password(campaign, session, "1234")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": " ", "role": Role.ANALYST}, NameMissing),
        ({"name": "A", "role": Role.ANALYST, "email": "no address"}, NotAnAddress),
        ({"name": "A", "role": Role.ORGANISER}, AreasMissing),
        ({"name": "A", "role": Role.ANALYST, "email": "TAKEN@example.org"}, AddressTaken),
    ],
)
def test_an_invitation_that_makes_no_sense_leaves_nothing(
    campaign: Campaign, given: dict[str, Any], error: type[Exception]
) -> None:
    actions.invite(campaign, "Somebody", Role.DIRECTOR, email="taken@example.org")
    with pytest.raises(error):
        actions.invite(campaign, **given)
    with campaign.ledger.read() as connection:
        assert len(queries.accounts(connection, campaign.clock())) == 1


def test_a_closed_account_is_out_and_the_last_director_stays(campaign: Campaign) -> None:
    token, director = signed_in(campaign)
    analyst_token, analyst = signed_in(campaign, Role.ANALYST)
    link = actions.make_link(campaign, analyst.account.account_id)
    actions.close_account(campaign, analyst.account.account_id)
    assert session_of(campaign, analyst_token) is None
    with pytest.raises(LinkSpent):
        actions.sign_in_by_link(campaign, link)
    with pytest.raises(NoSuchAccount):
        actions.make_link(campaign, analyst.account.account_id)
    with pytest.raises(LastDirector):
        actions.close_account(campaign, director.account.account_id)
    assert session_of(campaign, token) is not None


def test_ending_sessions_shuts_everything(campaign: Campaign) -> None:
    token, session = signed_in(campaign)
    link = actions.make_link(campaign, session.account.account_id)
    assert actions.end_sessions(campaign, session.account.account_id) == 1
    assert session_of(campaign, token) is None
    with pytest.raises(LinkSpent):
        actions.sign_in_by_link(campaign, link)


def test_the_demo_switches_roles(campaign: Campaign) -> None:
    token = actions.sign_in_by_link(campaign, actions.open_demo(campaign, ["0113"]))
    for role in Role:
        session = session_of(campaign, token)
        assert session is not None
        actions.switch_role(campaign, session, role)
        after = session_of(campaign, token)
        assert after is not None
        assert after.account.role is role
        assert after.account.areas == (("0113",) if role is Role.ORGANISER else ())


def test_opening_the_demo_twice_makes_no_account_twice(campaign: Campaign) -> None:
    actions.open_demo(campaign, ["0113"])
    actions.open_demo(campaign, ["0113"])
    with campaign.ledger.read() as connection:
        assert len(queries.accounts(connection, campaign.clock())) == len(Role)


def test_a_real_account_never_switches_even_beside_a_demo(campaign: Campaign) -> None:
    actions.open_demo(campaign, ["0113"])
    _, session = signed_in(campaign, Role.VOLUNTEER)
    with pytest.raises(NotADemo):
        actions.switch_role(campaign, session, Role.DIRECTOR)


def test_pages_cannot_make_a_demo_account(campaign: Campaign) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        campaign.ledger.transaction(LedgerRole.WEB) as connection,
    ):
        connection.execute(
            "INSERT INTO access.account (name, role, demo, created_at) VALUES ('x', 'director', true, now())"
        )


def test_every_act_has_its_audit_row(campaign: Campaign) -> None:
    _, session = signed_in(campaign)
    actions.set_password(campaign, session, GOOD)
    actions.end_sessions(campaign, session.account.account_id, actor=session.account.actor)
    with campaign.ledger.read() as connection:
        rows = connection.execute("SELECT actor, verb FROM audit.entry ORDER BY entry_id").fetchall()
    actor = session.account.actor
    assert rows == [
        ("test:somebody", "invite"),
        (actor, "sign_in"),
        (actor, "set_password"),
        (actor, "end_sessions"),
    ]


@pytest.mark.parametrize("role", Role)
def test_the_ledger_sees_as_the_rules_do(campaign: Campaign, role: Role) -> None:
    areas = ("0113", "0114") if role is Role.ORGANISER else ()
    _, session = signed_in(campaign, role, areas=areas)
    account: Account = session.account
    with campaign.ledger.read(LedgerRole.WEB, account=account.account_id) as connection:
        row = connection.execute("SELECT access.sees_everyone(), access.seen_areas()").fetchone()
    assert row is not None
    sight = rules.sight(account)
    assert (row[0], tuple(row[1])) == (sight.everyone, sight.areas)


def test_without_an_account_the_ledger_shows_nobody(campaign: Campaign) -> None:
    with campaign.ledger.read(LedgerRole.WEB) as connection:
        assert connection.execute("SELECT access.sees_everyone(), access.seen_areas()").fetchone() == (
            False,
            [],
        )
