"""Runs that say who is who are killed with -9 at random moments: no id is lost, doubled or changed by it.

Lists of a made-up electorate come and are taken back, one after another, in two campaigns that draw ids alike. In one each run is
killed again and again before it may end, in a process of its own and by a real signal. After each kill all is as before the run
or as after it; when it has ended at last, its records are of the same persons, id for id, as in the campaign where
nothing happened. Production settings, fsync on.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from unittest.mock import patch

import msgspec
from benchmarks.ground import new_campaign

from commonweal.campaign import Campaign
from commonweal.electorate import Electorate
from commonweal.identity.actions import resolve
from commonweal.intake import actions as intake
from commonweal.intake import mapping as mappings
from commonweal.intake.model import Origin
from commonweal.store.ledger import LedgerRole

_VOTERS = 1_000
_KILLS_A_RUN = 5
_PATIENCE = 120.0  # seconds for a process to come up

Links = dict[int, int]


def main(kills: int = 100) -> None:
    """Kill it so many times; one line says what came of it."""
    dice = random.Random(0)
    killed = finished = runs = 0
    with _twins() as (struck, spared), tempfile.TemporaryDirectory(prefix="commonweal-lists-") as folder:
        lists = _Lists(_written(Path(folder)))
        lists.turn(struck, spared)
        twins = _Twins()
        _compare(struck, spared, twins)
        while killed < kills:
            runs += 1
            lists.turn(struck, spared)
            seconds = _undisturbed(spared)
            before = _Standing.of(struck)
            for _attempt in range(min(_KILLS_A_RUN, kills - killed)):
                ended = not _kill(struck.folder, dice.uniform(0, seconds))
                now = _Standing.of(struck)
                now.check()
                assert now.runs in {before.runs, before.runs + 1}
                assert now.runs > before.runs or now == before, "a run that was killed left something"
                killed, finished = killed + (not ended), finished + (now.runs > before.runs)
                if now.runs > before.runs:
                    break
            _compare(struck, spared, twins)
    print(
        f"{killed} runs killed while {runs} lists came or went, {finished} of them when all was written:"
        f" {len(twins.met)} ids are those of the campaign where nobody was killed",
        flush=True,
    )


@dataclass(frozen=True)
class _Standing:
    """What a campaign holds of who is who."""

    links: Links
    rows: int
    housed: set[int]
    runs: int
    born: list[int]
    redirects: Links

    @classmethod
    def of(cls, campaign: Campaign) -> _Standing:
        link = campaign.lake.read(campaign.lake.table("identity.link").select("record_id", "person_id"))
        homes = campaign.lake.read(campaign.lake.table("identity.household").select("person_id"))
        with campaign.ledger.read(LedgerRole.OWNER) as connection:
            run = connection.execute("SELECT count(*) FROM identity.run").fetchone()
            born = connection.execute(
                "SELECT person_id FROM identity.event WHERE kind IN ('create', 'split') ORDER BY event_id"
            ).fetchall()
            redirects = dict(
                connection.execute("SELECT subject, person_id FROM identity.redirect").fetchall()
            )
        assert run is not None
        links = dict(zip(link["record_id"].to_pylist(), link["person_id"].to_pylist(), strict=True))
        housed = set(homes["person_id"].to_pylist())
        return cls(links, link.num_rows, housed, run[0], [person for (person,) in born], redirects)

    def check(self) -> None:
        """Raises AssertionError where an id is lost or doubled."""
        assert self.rows == len(self.links), "a record is of two persons"
        assert len(self.born) == len(set(self.born)), "an id was given twice"
        living = set(self.links.values())
        assert living <= set(self.born), "nobody noted where an id comes from"
        assert living == self.housed, "a person has no household, or a household no person"
        assert living.isdisjoint(self.redirects), "who was merged has records"
        assert self.redirects.keys().isdisjoint(self.redirects.values()), "a former id leads to a former id"


@dataclass
class _Twins:
    """Which person of the one campaign is which of the other: told once, and for good."""

    met: Links = field(default_factory=dict)
    back: Links = field(default_factory=dict)

    def meet(self, struck: Links, spared: Links) -> None:
        assert struck.keys() == spared.keys(), "the campaigns hold other records"
        for record, person in struck.items():
            other = spared[record]
            assert self.met.setdefault(person, other) == other, "an id is another's than before"
            assert self.back.setdefault(other, person) == person, "a person has two ids"


@dataclass
class _Lists:
    """Lists that come and go, in both campaigns alike."""

    paths: list[Path]
    _next: int = 0
    _there: dict[str, list[int]] = field(default_factory=dict)

    def turn(self, *campaigns: Campaign) -> None:
        """The next list comes, or is taken back where it is there."""
        path = self.paths[self._next % len(self.paths)]
        self._next += 1
        batches = self._there.pop(path.stem, None)
        if batches:
            for campaign, batch in zip(campaigns, batches, strict=True):
                intake.take_back(campaign, batch)
        else:
            self._there[path.stem] = [_import(campaign, path) for campaign in campaigns]


def _import(campaign: Campaign, path: Path) -> int:
    guessed = mappings.from_data(intake.preview(campaign, path, source=path.stem).mapping)
    mapping = msgspec.structs.replace(guessed, origin=Origin.SYNTHETIC)
    return intake.import_file(campaign, path, source=path.stem, mapping=mapping).batch_id


def _written(folder: Path) -> list[Path]:
    written = Electorate(_VOTERS, seed=1).write(folder / "lists", folder / "truth")
    return [each.path for each in written.lists]


@contextmanager
def _twins() -> Iterator[tuple[Campaign, Campaign]]:
    """Two empty campaigns that draw ids alike."""
    with (
        patch("commonweal.campaign.secrets.token_hex", lambda size: "5a" * size),
        new_campaign("Struck") as struck,
        new_campaign("Spared") as spared,
    ):
        for campaign in (struck, spared):
            campaign.ids.take("person", 1)
        yield struck, spared


def _compare(struck: Campaign, spared: Campaign, twins: _Twins) -> None:
    """Let both end their run, and compare them."""
    for campaign in (struck, spared):
        resolve(campaign)
    ended = _Standing.of(struck)
    ended.check()
    twins.meet(ended.links, _Standing.of(spared).links)
    assert not resolve(struck, full=True).changed, "a run on the same records changes something"


def _undisturbed(campaign: Campaign) -> float:
    """Seconds that a run takes."""
    began = time.monotonic()
    resolve(campaign)
    return time.monotonic() - began


def _kill(folder: Path, after: float) -> bool:
    """Begin a run in a process of its own, and kill it so many seconds later; whether it was there to be killed."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_run, args=(folder, ready))
    process.start()
    assert ready.wait(_PATIENCE), "a process did not come up"
    process.join(after)
    alive = process.is_alive()
    if alive and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}, "a run broke down"
    return process.exitcode != 0


def _run(folder: Path, ready: Event) -> None:
    with Campaign.open(folder) as campaign:
        campaign.lake.backend  # noqa: B018 (connected before the clock runs)
        ready.set()
        resolve(campaign)
