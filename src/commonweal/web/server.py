"""Serving: the pages in this process, long work in a child process, both for one campaign.

The child works through queued runs, so that no page waits for a model that trains, and seals the audit, and looks after claims. It ends with this process,
however that ends: its pipe breaks. When it dies on its own it is started again.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from commonweal.access.actions import open_demo, way_in
from commonweal.audit.sealing import sealer
from commonweal.campaign import Campaign
from commonweal.contacts.chores import keeper
from commonweal.jobs.worker import Handler, Worker
from commonweal.planning.queries import area_totals, latest
from commonweal.privacy.rewriting import reminder
from commonweal.store.ledger import LedgerRole
from commonweal.web.app import create_app
from commonweal.web.errors import PartsMissing, PortTaken
from commonweal.web.proxies import networks
from commonweal.web.visit import STATIC

MakeHandlers = Callable[[Campaign], Mapping[str, Handler]]
"""Gives the handlers of queued runs, by name. A function of a module: the child process imports it."""

Ready = Callable[[str, str | None], None]
"""Told once the pages can be opened: their address, and a sign-in link if there is one to give."""

_LOG = logging.getLogger(__name__)
_AGAIN = 5.0  # seconds until a worker that died is started again
_DEMO_AREAS = 4  # of the demo's organiser
_MOST_OPEN = 4096  # connections at once: each live page holds one open; granian's own limit would be 128
BEHIND = 10  # how nice the worker is: pages go before long work
_PATIENCE = 3.0  # seconds for the worker to end; a run that it leaves is taken up at the next start


def say_ready(address: str, link: str | None) -> None:
    """Say on standard output where the pages are."""
    lines = [f"Open {link or address}"]
    if link:
        lines.append("The link signs in the data director. It works once; each start gives a new one.")
    sys.stdout.write("\n".join([*lines, "Stop with Ctrl-C.", ""]))
    sys.stdout.flush()


def loop_handlers(campaign: Campaign) -> Mapping[str, Handler]:
    """What the worker does by default: the loop's commands, imported where they run."""
    from commonweal.loop import handlers

    return handlers(campaign)


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    https: bool = False,
    proxies: Sequence[str] = (),
    ready: Ready = say_ready,
    make_handlers: MakeHandlers = loop_handlers,
) -> None:
    """Serve the campaign in `folder` until Ctrl-C or SIGTERM.

    Once it listens, `ready` is told the address and, in the demo and where nobody has an account yet, a sign-in link
    for the director. `https`: a proxy in front speaks TLS. `proxies`: those that are believed when they say where a
    request comes from. Raises NoProxy, PortTaken, PartsMissing, and what `Campaign.open` raises.
    """
    networks(proxies)
    if not (STATIC / "vendor" / "htmx.min.js").exists():
        raise PartsMissing(path=STATIC / "vendor")
    _free(host, port)
    with Campaign.open(folder, actor="web") as campaign, WorkerProcess(folder, make_handlers):
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        token = _way_in(campaign)
        link = f"{address}sign-in#{token}" if token else None
        app = create_app(campaign, https=https, proxies=proxies)
        asyncio.run(_listen(app, host, port, lambda: ready(address, link)))


def _way_in(campaign: Campaign) -> str | None:
    """The token of a sign-in link, if there is one to give. A demo gets its accounts here, one for each role; its
    organiser works where the plan has most doors.
    """
    with campaign.ledger.read(LedgerRole.OWNER) as connection:
        demo = connection.execute("SELECT FROM store.setting WHERE (key, value) = ('demo', 'true')").rowcount
        plan = latest(connection)
        totals = area_totals(connection, plan.plan_id) if plan else []
    if not demo:
        return way_in(campaign)
    doors = sorted((t for t in totals if t.channel == "door"), key=lambda total: -total.contacts)
    return open_demo(campaign, [total.area_code for total in doors[:_DEMO_AREAS]])


class WorkerProcess:
    """The child that does queued runs, watched and started again for as long as the block lasts."""

    def __init__(self, folder: Path, make_handlers: MakeHandlers) -> None:
        self._arguments = (folder, make_handlers)
        self._context = multiprocessing.get_context("spawn")
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="worker watcher", daemon=True)

    def __enter__(self) -> WorkerProcess:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ending.is_set():
            process, rope = self._start()
            while process.is_alive() and not self._ending.wait(0.5):
                pass
            rope.close()
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
            elif not self._ending.is_set():
                _LOG.error("The worker ended with %s; it is started again.", process.exitcode)
                self._ending.wait(_AGAIN)

    def _start(self) -> tuple[SpawnProcess, Connection]:
        theirs, ours = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_work, args=(*self._arguments, theirs), name="commonweal worker"
        )
        process.start()
        theirs.close()
        return process, ours


def _work(folder: Path, make_handlers: MakeHandlers, rope: Connection) -> None:
    """The child: take queued runs until the parent lets go of its end of the pipe."""
    os.nice(BEHIND)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the parent decides
    stop = threading.Event()

    def hold() -> None:
        with suppress(EOFError, OSError):
            rope.recv()
        stop.set()

    threading.Thread(target=hold, name="rope", daemon=True).start()
    with (
        Campaign.open(folder, actor="worker") as campaign,
        sealer(campaign.ledger, campaign.clock),
        reminder(campaign),
        keeper(campaign),
    ):
        Worker(campaign.ledger, campaign.clock, make_handlers(campaign)).work(stop)


async def _listen(app: Litestar, host: str, port: int, ready: Callable[[], None]) -> None:
    server: Any = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        log_level=LogLevels.error,
        websockets=False,
        backlog=1024,
        backpressure=_MOST_OPEN,
    )
    loop = asyncio.get_running_loop()
    task = loop.create_task(server.serve())

    def stop() -> None:
        app.state.feed.end()  # pages that follow a run would hold the server open
        server.stop()

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop)
    await loop.run_in_executor(None, _wait_for, host, port, task.done)
    if not task.done():
        ready()
    await task


def _free(host: str, port: int) -> None:
    """Raises PortTaken with the system's own reason: the server itself would only say that it failed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortTaken(host=host, port=port, reason=error.strerror or error, other=port + 1) from error


def _wait_for(host: str, port: int, ended: Callable[[], bool]) -> None:
    """Until something answers there, or the server has ended."""
    while not ended():
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
