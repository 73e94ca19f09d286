"""Accounts, their roles, and what there is to permit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What one is in the campaign."""

    CANDIDATE = "candidate"
    DIRECTOR = "director"  # the data director
    ANALYST = "analyst"
    DIGITAL = "digital"
    ORGANISER = "organiser"
    VOLUNTEER = "volunteer"
    TREASURER = "treasurer"
    PRIVACY = "privacy"


class Permission(StrEnum):
    """One thing that may be done or seen. Each route names exactly one."""

    BE_HERE = "be_here"  # the home page and one's own account
    USE_BOARD = "use_board"  # read, write and change actions; the ledger says which
    SEE_LISTS = "see_lists"
    TAKE_BACK = "take_back"
    SEE_PEOPLE = "see_people"
    SEE_UNIVERSES = "see_universes"
    SAVE_UNIVERSES = "save_universes"
    REVIEW_IDENTITY = "review_identity"  # say whether two records are one person, take merges back
    SEE_MODELS = "see_models"
    SEE_PLAN = "see_plan"
    SEE_FORECAST = "see_forecast"  # how the election may end
    APPROVE_PLAN = "approve_plan"
    EXPORT_PLAN = "export_plan"
    SEE_MANDATE = "see_mandate"  # promises, messages, who heard what in numbers, how narrow the talk is
    WRITE_MANDATE = "write_mandate"  # write promises and messages, decide of them, open the public page
    SET_PLAN_RULE = "set_plan_rule"  # decide what the next plan may say, and have computed what that costs
    REPORT_BACK = "report_back"  # take the list of those who were promised something and agreed to hear
    SEE_PRESSURE = "see_pressure"  # how often people are contacted, and by what rules
    SET_RULES = "set_rules"
    CLAIM = "claim"  # reserve a contact with a person whom one sees, for oneself or for a volunteer
    WORK_CLAIMS = "work_claims"  # say what came of the claims that one holds
    SEE_RUNS = "see_runs"
    START_RUNS = "start_runs"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_AUDIT = "see_audit"
    SEE_POLICY = "see_policy"  # what the law refuses here
    RECORD_CONSENT = "record_consent"  # take down what a person whom one sees agreed to
    HANDLE_REQUESTS = "handle_requests"  # what people ask about their own data


class Scope(StrEnum):
    """What a token of the API may do."""

    EVENTS_WRITE = "events:write"
    EVENTS_READ = "events:read"


@dataclass(frozen=True)
class Token:
    """Another system's key to the API, without the key itself. Its events stand in the name of `sender`."""

    token_id: int
    sender: str
    scopes: tuple[Scope, ...]
    made_at: datetime
    made_by: str
    used_at: datetime | None
    revoked_at: datetime | None

    @property
    def actor(self) -> str:
        """How the audit names this token."""
        return f"token:{self.token_id}"


@dataclass(frozen=True)
class Account:
    """One who works here. `areas` bind an organiser; `demo` accounts may be switched between."""

    account_id: int
    name: str
    email: str | None
    role: Role
    areas: tuple[str, ...]
    language: str | None
    demo: bool
    created_at: datetime
    closed_at: datetime | None

    @property
    def actor(self) -> str:
        """How the audit names this account."""
        return f"account:{self.account_id}"


@dataclass(frozen=True)
class Session:
    """A browser that is signed in, for an account."""

    session_id: int
    account: Account
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Listed:
    """An account as the director's page lists it."""

    account: Account
    open_sessions: int
    last_seen: datetime | None
    has_password: bool


@dataclass(frozen=True)
class Sight:
    """Whom an account may see: everyone, or who lives in these areas (none: nobody)."""

    everyone: bool
    areas: tuple[str, ...] = ()
