"""A million voters: what each command takes, and how quickly pages answer then.

Limits on 2 cores: 4 GB a command; the person page and the search 50 ms at the server, asked one at a time over HTTP.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.measure import command, free_port

_FREE = 0.40  # the currency a voter: the demo's budget
_SEARCHES = ("Martin", "Marie Martin", "rue des Lilas", "0639986727", "durand@", "31500", "Zz")
_PERSONS = 60


def main(voters: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["COMMONWEAL_STATE"] = str(folder / "state")
        campaign = folder / "demo" / "campaign"
        _command("demo", "--no-serve", "--dir", str(folder / "demo"), "--voters", str(voters))
        _command("resolve", "-C", str(campaign))
        _command("score", "-C", str(campaign))
        _command("plan", "-C", str(campaign), "--budget", str(round(voters * _FREE)))
        with _served(campaign) as client:
            _pages(client)


def _command(*words: str) -> None:
    run = command(*words, "--json")
    print(
        f"{words[0]}: {run.seconds:.0f} s, {run.cpu_seconds:.0f} CPU s, {run.peak_gb:.2f} GB (limit 4)",
        flush=True,
    )


@contextmanager
def _served(campaign: Path) -> Iterator[httpx.Client]:
    """A browser that is signed in as the demo's director."""
    program = str(Path(sys.executable).with_name("commonweal"))
    port = free_port()
    words = (program, "serve", "-C", str(campaign), "--port", str(port))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            token = server.stdout.readline().strip().partition("#")[2]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
                page = client.get("/sign-in").text
                client.post("/sign-in/link", data={"token": token, "_csrf_token": _csrf(page)})
                yield client
        finally:
            server.terminate()


def _csrf(page: str) -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def _pages(client: httpx.Client) -> None:
    form = _csrf(client.get("/people").text)

    def search(text: str) -> httpx.Response:
        return client.post("/people/find", data={"text": text, "_csrf_token": form}).raise_for_status()

    links: list[str] = []
    for text in _SEARCHES:
        links += re.findall(r'href="(/people/[^"/]+)"', search(text).text)
        _print(f"search {text!r}", _times(lambda text=text: search(text)))  # type: ignore[misc]
    persons = iter(links[:_PERSONS])
    _print("person page", _times(lambda: client.get(next(persons)).raise_for_status(), len(links[:_PERSONS])))


def _times(ask: Callable[[], object], times: int = 15) -> list[float]:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        found.append(1000 * (time.perf_counter() - start))
    return found


def _print(what: str, times: list[float]) -> None:
    print(
        f"{what}: median {statistics.median(times):.0f} ms, longest {max(times):.0f} ms (reach 50)",
        flush=True,
    )
