"""After the vote: what to report back on, by area, and the lists of those who agreed to hear."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from commonweal.access.model import Permission
from commonweal.audit.actions import record
from commonweal.consent.errors import RealListsNeedPack
from commonweal.contacts import report_back
from commonweal.contacts.model import Channel
from commonweal.mandate import queries
from commonweal.planning.lists import as_csv
from commonweal.web import promises
from commonweal.web.guard import needs
from commonweal.web.visit import Here, Html
from commonweal.web.vocabulary.contacts import CHANNEL

_SEE = needs(Permission.SEE_MANDATE)


@get("/mandate/report-back", opt=_SEE, sync_to_thread=True)
def report_back_page(visit: Here) -> Html:
    """What was promised to how many where; for whom may take it, how many agreed to hear, by channel."""
    barred = ""
    with visit.read() as connection:
        channels: dict[Channel, int] = {}
        if visit.may(Permission.REPORT_BACK):
            try:
                channels = report_back.how_many(connection, visit.campaign)
            except RealListsNeedPack as error:
                barred = error.worded(visit.gettext)
        return visit.page(
            "report_back.html",
            promises=[each for each in queries.promises(connection) if each.told],
            channels=channels,
            barred=barred,
            counted=queries.counted(connection),
            short=promises.short,
        )


@get("/mandate/report-back/areas.csv", opt=_SEE, sync_to_thread=True)
def areas(visit: Here) -> Response[bytes]:
    """What was promised in which area, as CSV: numbers, no persons."""
    with visit.transaction() as connection:
        name, rows = report_back.by_area(visit.campaign, connection, visit.account.name)
        record(
            connection,
            visit.campaign,
            "mandate.report_back",
            detail={"rows": len(rows) - 1},
            actor=visit.actor,
        )
    return _csv(name, rows)


@get("/mandate/report-back/list/{channel:str}", opt=needs(Permission.REPORT_BACK), sync_to_thread=True)
def people(visit: Here, channel: FromPath[str]) -> Response[bytes]:
    """Those who agreed to hear by a channel, as CSV. Its name says who took it and when; each time it is noted."""
    if channel not in CHANNEL:
        raise NotFoundException
    made = report_back.sheet(
        visit.campaign,
        Channel(channel),
        account=visit.account.account_id,
        actor=visit.actor,
        holder=visit.account.name,
    )
    return _csv(made.name, made.rows)


def _csv(name: str, rows: Sequence[Sequence[str]]) -> Response[bytes]:
    return Response(
        as_csv(rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


ROUTES: list[HTTPRouteHandler] = [report_back_page, areas, people]
