"""What pages say of one person's contacts: may we, by which channel, and what the claims on them need next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from commonweal.access import queries as access
from commonweal.access.model import Permission, Role
from commonweal.audit.actions import record
from commonweal.consent.errors import RealListsNeedPack
from commonweal.contacts import queries
from commonweal.contacts.errors import NoSuchClaim, TooLateToUndo
from commonweal.contacts.model import Channel, Claim, State
from commonweal.interactions.model import ResultCode
from commonweal.people import queries as people
from commonweal.people.errors import NoSuchPerson
from commonweal.people.model import Member, Person
from commonweal.planning.options import CampaignOption, OptionsMissing, OptionsUnreadable, read_options
from commonweal.store.ledger import Connection, LedgerRole
from commonweal.web import refusals
from commonweal.web.visit import Visit

_R = ResultCode
_EVERYWHERE = (
    _R.REFUSED,
    _R.MOVED,
    _R.DECEASED,
    _R.OTHER_LANGUAGE,
    _R.HOSTILE,
    _R.ALREADY_VOTED,
    _R.DO_NOT_CONTACT,
)
RESULTS: dict[Channel, tuple[ResultCode, ...]] = {
    Channel.DOOR: (
        _R.CANVASSED,
        _R.NOT_HOME,
        _R.INACCESSIBLE,
        _R.LITERATURE_LEFT,
        _R.CALL_BACK,
        *_EVERYWHERE,
    ),
    Channel.PHONE: (
        *(
            _R.CANVASSED,
            _R.NOT_HOME,
            _R.LEFT_MESSAGE,
            _R.BUSY,
            _R.CALL_BACK,
            _R.WRONG_NUMBER,
            _R.DISCONNECTED,
        ),
        *_EVERYWHERE,
    ),
    Channel.SMS: (),
    Channel.EMAIL: (),
    Channel.POST: (),
}
"""The results that a contact by a channel may have; where there are none, it is sent and that is all."""

_ADDRESS = ("house_number", "street", "unit", "postcode", "city")
_NEEDED: dict[Channel, tuple[str, ...]] = {
    Channel.DOOR: _ADDRESS,
    Channel.PHONE: ("phone",),
    Channel.SMS: ("phone",),
    Channel.EMAIL: ("email",),
    Channel.POST: _ADDRESS,
}
_NEXT = 6  # claims that one sees with their persons unless one asks for all
_UNDOABLE = 5  # claims of a person that are done, beside those that are live


@dataclass(frozen=True)
class Way:
    """A channel: why not, or None; and the options by which one may contact the person."""

    channel: Channel
    why_not: str | None
    options: tuple[CampaignOption, ...]


@dataclass(frozen=True)
class Form:
    """A claim with what may be said of it now, and the name of whoever holds it; `not_to_tell`: why its message is told to
    nobody any more."""

    claim: Claim
    holder: str
    results: tuple[ResultCode, ...]
    is_live: bool
    may_work: bool
    not_to_tell: str | None


@dataclass(frozen=True)
class Held:
    """A claim that one holds, with the person: None once it is over, when one doesn't see them any more."""

    form: Form
    person: Person | None
    address: str

    @property
    def others(self) -> list[Member]:
        """Who else lives there, where the claim is of the household but not meant for all of it."""
        claim, home = self.form.claim, self.person.household if self.person else ()
        if not claim.household_id or len(claim.asked) >= len(home):
            return []
        return [member for member in home if self.person and member.person_id != self.person.person_id]


def panel(visit: Visit, connection: Connection, person_id: int) -> dict[str, Any]:
    """For the person's page: by channel may we or why not, and the claims that are live or may be undone."""
    options = _options(visit)
    try:
        outlook = queries.outlook(visit.campaign, person_id)
    except RealListsNeedPack as error:
        outlook, barred = {}, error.worded(visit.gettext)
    else:
        barred = ""
    ways = [
        Way(
            channel,
            refusals.worded(visit.campaign, refusal, visit.language) if refusal else None,
            tuple(option for option in options if option.channel == channel.value),
        )
        for channel, refusal in outlook.items()
    ]
    forms = [_form(visit, connection, each) for each in queries.claims_of(connection, person_id)]
    volunteers = [a for a in access.open_accounts(connection) if a.role is Role.VOLUNTEER]
    return {
        "ways": ways,
        "barred": barred,
        "claims": [form for form in forms if form.is_live] + _done(forms),
        "volunteers": volunteers if visit.may(Permission.CLAIM) else [],
    }


def _done(forms: list[Form]) -> list[Form]:
    return [form for form in forms if form.claim.state is State.DONE][:_UNDOABLE]


def in_hand(visit: Visit, connection: Connection, *, everybody: bool) -> dict[str, Any]:
    """For the page of what one holds: live claims with their persons, the next few or all, and those just done.

    Each person shown is a look.
    """
    now, own = visit.campaign.clock(), visit.account.account_id
    claims = queries.held_by(connection, own, now)
    next_ones = claims if everybody else claims[:_NEXT]
    held = [_held(visit, connection, claim) for claim in next_ones]
    named = [member.person_id for each in held for member in each.others]
    persons = sorted({*named, *(each.person.person_id for each in held if each.person)})
    if persons:
        record(connection, visit.campaign, "look_in_hand", persons=persons, actor=visit.actor)
    done = [_form(visit, connection, claim) for claim in queries.done_by(connection, own, now)]
    return {"held": held, "waiting": len(claims) - len(held), "done": done}


def check_undoable(visit: Visit, claim_id: int) -> None:
    """A volunteer takes back what they told themselves, on that day: later it would bring back people whom they may see
    no longer. Raises NoSuchClaim, TooLateToUndo.
    """
    if visit.account.role is not Role.VOLUNTEER:
        return
    with visit.read() as connection:
        found = queries.claim(connection, claim_id)
    if found.account_id != visit.account.account_id:
        raise NoSuchClaim
    if found.closed_at and visit.campaign.clock() - found.closed_at > queries.UNDO_FOR:
        raise TooLateToUndo(hours=queries.UNDO_FOR // timedelta(hours=1))


def _held(visit: Visit, connection: Connection, claim: Claim) -> Held:
    form = _form(visit, connection, claim)
    try:
        person = people.person(connection, claim.subject)
    except NoSuchPerson:  # the lists don't have them any more
        return Held(form, None, "")
    values = {chosen.field: str(chosen.value) for chosen in person.fields}
    needed = _NEEDED[claim.channel]
    return Held(form, person, " ".join(values[name] for name in needed if name in values))


def _form(visit: Visit, connection: Connection, claim: Claim) -> Form:
    holder = access.account(connection, claim.account_id) if claim.account_id is not None else None
    is_live = claim.is_live(visit.campaign.clock())
    return Form(
        claim,
        holder.name if holder else "",
        RESULTS[claim.channel],
        is_live,
        visit.may(Permission.WORK_CLAIMS),
        messages_not_to_tell(visit, [claim.message]).get(claim.message) if is_live else None,
    )


def messages_not_to_tell(visit: Visit, messages: Sequence[str]) -> dict[str, str]:
    """Those of these messages that may be told to nobody any more, with why in words."""
    if not any(messages):
        return {}
    with visit.campaign.ledger.read(LedgerRole.BULK) as connection:
        found = queries.unusable(connection, visit.campaign, messages)
    return {name: refusals.worded(visit.campaign, refusal, visit.language) for name, refusal in found.items()}


def _options(visit: Visit) -> tuple[CampaignOption, ...]:
    try:
        return read_options(visit.campaign.folder)
    except (OptionsMissing, OptionsUnreadable):
        return ()
