"""Every route names one permission, and only the roles that have it come in."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from commonweal.access.model import Role
from commonweal.access.rules import may
from commonweal.web import guard, pages

ROUTES = [
    (method, path, handler)
    for handler in pages.ROUTES
    for path in handler.paths
    for method in handler.http_methods
]
IDS = [f"{method} {path}" for method, path, _ in ROUTES]
LAST = "/sign-out"


def ask(browser: Any, method: str, path: str) -> Any:
    address = (
        path.replace("{token:str}", "nothing")
        .replace("{option:str}", "nothing")
        .replace("{area:str}", "nothing")
    )
    return browser.get(address) if method == "GET" else browser.post(address)


def test_each_route_names_a_permission() -> None:
    for _, _, handler in ROUTES:
        guard.required(handler)


def test_nothing_that_the_application_answers_is_unruled(app: Litestar) -> None:
    """Whatever was added besides the pages: each handler names its permission, or is open on purpose."""
    handlers = [
        handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]
    ]
    assert len(handlers) > len(ROUTES)
    for handler in handlers:
        if "OPTIONS" not in getattr(
            handler, "http_methods", ()
        ):  # Litestar's own answer: what methods there are
            guard.required(handler)


def test_no_two_handlers_share_a_path() -> None:
    """Litestar 2.25 wraps a threaded handler twice when its path is registered twice: it then answers 500."""
    paths = Counter(path for path, handler in {(path, handler) for _, path, handler in ROUTES})
    assert [path for path, count in paths.items() if count > 1] == []


def test_who_is_not_signed_in_sees_the_public_pages_only(browser: Any) -> None:
    browser.get("/sign-in")
    for method, path, handler in ROUTES:
        answer = ask(browser, method, path)
        if guard.required(handler) is None:
            assert answer.status_code != 401, path
        else:
            assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in"), path


@pytest.mark.parametrize("role", Role)
def test_a_role_comes_in_exactly_where_it_may(browser: Any, role: Role) -> None:
    browser.sign_in(role)
    browser.get("/")
    for method, path, handler in sorted(ROUTES, key=lambda route: route[1] == LAST):
        permission = guard.required(handler)
        if permission is None or (may(role, permission) and path.endswith("/live")):
            continue  # a stream that may be followed has no end
        status = ask(browser, method, path).status_code
        if may(role, permission):
            assert status in {200, 303, 400, 404, 422}, (path, status)
        else:
            assert status == 403, (path, status)


def test_a_route_that_names_nothing_is_closed(app: Litestar) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    app.register(forgotten)
    with TestClient(app) as client:
        answer = client.get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_a_permission_spelt_as_text_is_none() -> None:
    handler = HTTPRouteHandler("/x", http_method="GET", opt={"permission": "see_plan"}, sync_to_thread=False)(
        lambda: None
    )
    with pytest.raises(guard.PermissionDeniedException):
        guard.required(handler)
