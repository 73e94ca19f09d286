"""The menu: every page that one may open, grouped by what one does there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from commonweal.access.model import Permission
from commonweal.errors import _


@dataclass(frozen=True)
class Entry:
    """A page, what it is called, and what one must be allowed to do to see it."""

    path: str
    label: str
    permission: Permission

    def is_here(self, path: str) -> bool:
        """Whether `path` is this page or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


@dataclass(frozen=True)
class Group:
    """Pages that belong together; those of a group without a label always stand in the open."""

    label: str
    entries: tuple[Entry, ...]


_ALL = (
    Group(
        "",
        (
            Entry("/", _("Home"), Permission.BE_HERE),
            Entry("/board", _("Actions"), Permission.USE_BOARD),
            Entry("/mandate", _("Promises"), Permission.SEE_MANDATE),
        ),
    ),
    Group(
        _("People"),
        (
            Entry("/people", _("Find a person"), Permission.SEE_PEOPLE),
            Entry("/universes", _("Universes"), Permission.SEE_UNIVERSES),
            Entry("/review", _("One person or two"), Permission.REVIEW_IDENTITY),
        ),
    ),
    Group(
        _("Contacts"),
        (
            Entry("/plan", _("Plan"), Permission.SEE_PLAN),
            Entry("/forecast", _("Forecast"), Permission.SEE_FORECAST),
            Entry("/in-hand", _("My calls and doors"), Permission.WORK_CLAIMS),
            Entry("/pressure", _("Pressure"), Permission.SEE_PRESSURE),
        ),
    ),
    Group(
        _("Data"),
        (
            Entry("/lists", _("Lists"), Permission.SEE_LISTS),
            Entry("/models", _("Models"), Permission.SEE_MODELS),
            Entry("/runs", _("Runs"), Permission.SEE_RUNS),
        ),
    ),
    Group(
        _("Privacy and access"),
        (
            Entry("/privacy", _("Requests about personal data"), Permission.HANDLE_REQUESTS),
            Entry("/policy", _("What the law allows"), Permission.SEE_POLICY),
            Entry("/audit", _("Who looked at what"), Permission.SEE_AUDIT),
            Entry("/accounts", _("Accounts"), Permission.MANAGE_ACCOUNTS),
        ),
    ),
)
_IN_THE_OPEN = 6  # so few pages need no groups


def groups(may: Callable[[Permission], bool]) -> list[Group]:
    """The menu of somebody who `may` do this and that: no empty group, none of one page, none where pages are few."""
    allowed = [
        Group(group.label, tuple(entry for entry in group.entries if may(entry.permission))) for group in _ALL
    ]
    few = sum(len(group.entries) for group in allowed) <= _IN_THE_OPEN
    return [
        Group("" if few or len(group.entries) == 1 else group.label, group.entries)
        for group in allowed
        if group.entries
    ]
