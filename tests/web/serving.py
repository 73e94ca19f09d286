"""The pages on a real server, and a page that follows what is pushed: for what a test client can't do."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from commonweal.access import actions
from commonweal.access.model import Role
from commonweal.campaign import Campaign

_TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The address of the pages, served on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ended = threading.Event()

    async def serve() -> None:
        server: Any = Server(
            app, port=port, interface=Interfaces.ASGI, log_level=LogLevels.error, websockets=False
        )
        task = asyncio.get_running_loop().create_task(server.serve())
        while not ended.is_set():
            await asyncio.sleep(0.05)
        app.state.feed.end()
        server.stop()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        ended.set()
        thread.join(20)


def signed_in(address: str, campaign: Campaign, role: Role, **more: Any) -> httpx.Client:
    """A client signed in as a new account of a role."""
    areas = {"areas": ("0113",)} if role is Role.ORGANISER else {}
    client = httpx.Client(base_url=address, timeout=60)
    token = _TOKEN.search(client.get("/sign-in").text)
    assert token
    link = actions.invite(campaign, f"The {role}", role, **(areas | more))
    client.post("/sign-in/link", data={"_csrf_token": token[1], "token": link})
    return client


def followed(address: str, path: str, campaign: Campaign, role: Role, **more: Any) -> Iterator[str]:
    """The lines that are pushed to a page of a new account, without end."""
    client = signed_in(address, campaign, role, **more)
    with closing(client), client.stream("GET", path, follow_redirects=False) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield from answer.iter_lines()


def _wait_for(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise TimeoutError
