"""A candidate with promises on the ledger of a small town."""

from __future__ import annotations

from itertools import count

import small_town

from commonweal.access import actions as access
from commonweal.access.model import Account, Role
from commonweal.access.queries import open_accounts
from commonweal.campaign import Campaign
from commonweal.mandate import actions, queries, saying
from commonweal.mandate.drafts import Draft
from commonweal.mandate.model import Kept, Status
from commonweal.store.ledger import LedgerRole

_KEYS = count()


class Office:
    """The people of a campaign who read and write promises, one of each role."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        for role in Role:
            areas = ("0113",) if role is Role.ORGANISER else ()
            access.invite(campaign, role.value, role, areas=areas)
        with campaign.ledger.read(LedgerRole.WEB) as connection:
            self.all = {each.role: each for each in open_accounts(connection)}

    @property
    def candidate(self) -> Account:
        return self.all[Role.CANDIDATE]

    def promise(self, text: str, status: Status = Status.DRAFT, **more: object) -> int:
        """One on the ledger, in that state (a draft, or announced)."""
        made = actions.write(self.campaign, self.candidate, Draft(text, **more), key=str(next(_KEYS)))  # type: ignore[arg-type]
        if status is not Status.DRAFT:
            actions.move(self.campaign, self.candidate, made, 1, status, key=str(next(_KEYS)))
        return made

    def message(self, code: str, *promises: int, approved: bool = True, reason: str = "") -> int:
        """A version of a message that carries these promises."""
        version = saying.write(self.campaign, self.candidate, code, {"en": f"About {code}"}, promises)
        if approved:
            saying.approve(self.campaign, self.candidate, version, reason=reason)
        return version

    def kept(self, role: Role = Role.CANDIDATE) -> list[Kept]:
        with self.campaign.ledger.read(LedgerRole.WEB, account=self.all[role].account_id) as connection:
            return queries.promises(connection)


def office(campaign: Campaign) -> Office:
    """An office in the small town."""
    small_town.build(campaign)
    return Office(campaign)
