"""The application: one campaign's pages, behind one guard."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.static_files import create_static_files_router

from commonweal.campaign import Campaign
from commonweal.store.ledger import Ledger
from commonweal.store.settings import kept
from commonweal.web import api, failures, guard, headers, pages
from commonweal.web.live import LiveFeed
from commonweal.web.parts import Parts
from commonweal.web.proxies import Origin, networks
from commonweal.web.sign_in import SessionMiddleware
from commonweal.web.visit import STATIC, Frame, Visit


def create_app(campaign: Campaign, *, https: bool = False, proxies: Sequence[str] = ()) -> Litestar:
    """The pages of a campaign. `https`: they are reached through TLS, so that cookies travel there only. `proxies`:
    addresses and networks that are believed when they say where a request comes from. Raises NoProxy.
    """
    key = _key(campaign.ledger)
    frame = Frame(campaign, key)
    feed = LiveFeed(campaign.ledger)
    parts = Parts(frame, feed)

    def visit(request: Request[Any, Any, Any]) -> Visit:
        return Visit(frame, request)

    return Litestar(
        route_handlers=[
            *pages.ROUTES,
            *api.ROUTES,
            create_static_files_router("/static", [STATIC], opt=guard.PUBLIC, name="static"),
        ],
        guards=[guard.check],
        dependencies={
            "visit": Provide(visit, sync_to_thread=False),
            "parts": Provide(lambda: parts, sync_to_thread=False),
            "frame": Provide(lambda: frame, sync_to_thread=False),
        },
        middleware=[Origin(networks(proxies)), DefineMiddleware(SessionMiddleware)],
        csrf_config=CSRFConfig(
            secret=hashlib.sha256(b"csrf" + key).hexdigest(),
            cookie_name="commonweal_csrf",
            cookie_httponly=True,
            cookie_secure=https,
        ),
        exception_handlers=failures.handlers(frame),
        before_send=[headers.harden],
        lifespan=[feed.listening],
        openapi_config=None,
        state=State({"campaign": campaign, "https": https, "feed": feed}),
        request_max_body_size=1_000_000,
    )


def _key(ledger: Ledger) -> bytes:
    """The key of links and forms: random, made once for each campaign."""
    return bytes.fromhex(kept(ledger, "web_key", secrets.token_hex(32)))
