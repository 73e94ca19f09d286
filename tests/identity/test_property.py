"""Random sequences of import, resolve, review and undo: what must hold of ids after each.

The lists, the lake, the ledger, ids, answers and undo are the real ones; who is like whom is told by a linker of a few
lines, so that hundreds of runs take seconds. The real one has its own tests (test_undoing.py).
"""

from __future__ import annotations

import csv
import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.conftest import Clock, LedgerServer

from commonweal.campaign import Campaign, Settings
from commonweal.identity import queries, running, settling
from commonweal.identity.actions import decide, resolve, undo
from commonweal.identity.binding import _Groups, binding
from commonweal.identity.cluster import by_first_member
from commonweal.identity.comparisons import starting_model
from commonweal.identity.errors import NothingToPart
from commonweal.identity.households import Housed
from commonweal.identity.link import Linked
from commonweal.identity.model import Answer, Evidence, HouseholdEvidence, ModelOrigin
from commonweal.intake.actions import import_file, take_back
from commonweal.intake.model import Column, Mapping, Mode
from commonweal.store.ledger import LedgerRole

EXAMPLES = 2  # each of a dozen steps, most of them a run; raise it to look for more
_NAMES = ("Anne", "Brice", "Chloe")
_MAILS = ("x@example.org", "y@example.org", "z@example.org")
_PHONES = ("0561000001", "0561000002")
_FIELDS = ("given_name", "email", "phone")
Row = tuple[int, str, str, str]
MOSTLY = st.sampled_from((True, True, True, False))
ROW = st.tuples(
    st.integers(0, 5),
    st.sampled_from(_NAMES),
    st.sampled_from(("", *_MAILS)),
    st.sampled_from(("", *_PHONES)),
)


def link(
    backend: Any, records: Any, model: object, progress: object, *, must: Any, cannot: Any, **_ground: Any
) -> Linked:
    """Records that share an e-mail address or a telephone are one person, in the order of their ids, but for what
    reviewers said."""
    rows = (
        backend.to_pyarrow(records.select("record_id", "email_key", "phone")).sort_by("record_id").to_pylist()
    )
    groups = _Groups()
    for left, right in cannot.tolist():
        assert groups.part(left, right)
    for left, right in must.tolist():
        assert groups.join(left, right)
    for one, other in itertools.combinations(rows, 2):
        if any(one[name] is not None and one[name] == other[name] for name in ("email_key", "phone")):
            groups.join(one["record_id"], other["record_id"])
    ids = np.array([row["record_id"] for row in rows], dtype=np.int64)
    cluster = by_first_member(np.array([groups.root(record) for record in ids.tolist()], dtype=np.int64))
    kinds = np.full(ids.size, Evidence.MODEL, dtype=object)
    nothing = np.empty(0, dtype=np.int64)
    doubts = dict.fromkeys(("record_id_l", "record_id_r", "weight", "telling", "together"), nothing)
    return Linked(
        ids, cluster, kinds, np.ones(ids.size), pa.table(doubts), 0, starting_model(), ModelOrigin.KEPT
    )


class Campaigning(RuleBasedStateMachine):
    """A campaign of a handful of records."""

    server: LedgerServer

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="commonweal-property-"))
        chosen = Settings(name="Property", timezone="Europe/Paris", rounds=(), jurisdiction="fr")
        Campaign.create(self.folder / "campaign", chosen)
        self.clock = Clock()
        self.ledger = self.server.new()
        self.campaign = Campaign(self.folder / "campaign", chosen, self.ledger, self.clock, "test:somebody")
        self.batches: list[int] = []
        self.resolved = False

    def teardown(self) -> None:
        self.campaign.lake.close()
        self.server.drop(self.ledger)

    @initialize(more=st.lists(ROW, max_size=3))
    def begin(self, more: list[Row]) -> None:
        """Two persons, and a record that makes them one."""
        self.load("roll", [(0, "Anne", _MAILS[0], ""), (1, "Anne", "", _PHONES[0])], True)
        self.load("gifts", [(0, "Anne", _MAILS[0], _PHONES[0]), *more], True)

    @rule(source=st.sampled_from(("roll", "gifts")), rows=st.lists(ROW, min_size=1, max_size=4), then=MOSTLY)
    def load(self, source: str, rows: list[Row], then: bool) -> None:
        path = self.folder / f"{source}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", *_FIELDS, "nonce"))
            writer.writerows({row[0]: (*row, len(self.batches)) for row in rows}.values())
        columns = {"id": Column(target=""), "nonce": Column(target="")} | {
            name: Column(target=name) for name in _FIELDS
        }
        mapping = Mapping(list_name=source, mode=Mode.DELTA, key=("id",), columns=columns)
        batch = import_file(self.campaign, path, source=source, mapping=mapping)
        self.batches.append(batch.batch_id)
        self.run(then)

    @precondition(lambda self: len(self.batches) > 1)
    @rule(data=st.data(), then=MOSTLY)
    def withdraw(self, data: st.DataObject, then: bool) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        self.batches.remove(batch)
        take_back(self.campaign, batch)
        self.run(then)

    def run(self, now: bool) -> None:
        """Resolve at once, or leave it to a later step."""
        self.resolved = now
        if now:
            resolve(self.campaign)
            self.check()

    @precondition(lambda self: self.resolved)
    @rule()
    def run_again(self) -> None:
        """Compares everything anew."""
        links, events = self.links(), self.rows("SELECT count(*) FROM identity.event")
        assert not resolve(self.campaign, full=True).changed
        assert (self.links(), self.rows("SELECT count(*) FROM identity.event")) == (links, events)

    @precondition(lambda self: self.resolved and len(self.links()) > 1)
    @rule(data=st.data(), answer=st.sampled_from(Answer), then=MOSTLY)
    def review(self, data: st.DataObject, answer: Answer, then: bool) -> None:
        records = sorted(self.links())
        left, right = data.draw(st.lists(st.sampled_from(records), min_size=2, max_size=2, unique=True))
        with self.ledger.transaction(LedgerRole.OWNER) as connection:
            decide(connection, self.campaign, (left, right), answer)
        self.run(then)

    @precondition(lambda self: self.resolved and self.merges())
    @rule(data=st.data())
    def take_a_merge_back(self, data: st.DataObject) -> None:
        event_id, gone = data.draw(st.sampled_from(self.merges()))
        before = self.links()
        living = self.living(gone)
        try:
            report = undo(self.campaign, event_id)
        except NothingToPart:
            return
        after = self.links()
        theirs = self.parted(event_id)
        others = (
            {record for record, person in before.items() if person == living} - theirs - self.free(event_id)
        )
        assert {after[record] for record in theirs}.isdisjoint({after[record] for record in others})
        if not report.merged:
            assert self.living(gone) == gone
            assert {after[record] for record in theirs} == {gone}
            assert {after[record] for record in others} == {living}
            elsewhere = {record: person for record, person in before.items() if person != living}
            assert {record: after[record] for record in elsewhere} == elsewhere
        self.check()

    def check(self) -> None:
        """What holds after each run."""
        links = self.links()
        rows = self.campaign.lake.read(self.campaign.lake.table("identity.link")).num_rows
        assert rows == len(links), "a record is of one person"
        redirects = dict(self.rows("SELECT subject, person_id FROM identity.redirect"))
        assert not redirects.keys() & set(redirects.values()), "a redirect leads to who lives, in one step"
        assert not redirects.keys() & set(links.values()), "who was merged has no records"
        with self.ledger.read(LedgerRole.OWNER) as connection:
            bound = binding(queries.decisions(connection)).among(set(links))
        assert all(links[left] == links[right] for left, right in bound.must)
        assert all(links[left] != links[right] for left, right in bound.cannot)
        born = [
            person
            for (person,) in self.rows(
                "SELECT person_id FROM identity.event WHERE kind IN ('create', 'split')"
            )
        ]
        assert len(born) == len(set(born)), "an id is given once"
        assert set(links.values()) <= set(born)

    def links(self) -> dict[int, int]:
        rows = self.campaign.lake.read(
            self.campaign.lake.table("identity.link").select("record_id", "person_id")
        )
        return {row["record_id"]: row["person_id"] for row in rows.to_pylist()}

    def rows(self, query: str, *given: object) -> list[Any]:
        with self.ledger.read(LedgerRole.OWNER) as connection:
            return connection.execute(query, given).fetchall()

    def living(self, person: int) -> int:
        return int(self.rows("SELECT identity.living(%s)", person)[0][0])

    def merges(self) -> list[tuple[int, int]]:
        """Those that may be taken back: event and who went."""
        return self.rows(
            "SELECT event_id, person_id FROM identity.event e WHERE kind = 'merge'"
            " AND NOT EXISTS (SELECT FROM identity.event u WHERE u.undoes = e.event_id) ORDER BY 1"
        )

    def parted(self, event_id: int) -> set[int]:
        return set(self.rows("SELECT records FROM identity.event WHERE undoes = %s", event_id)[0][0])

    def free(self, event_id: int) -> set[int]:
        """Records that came, of nobody before, in the merge's run or later."""
        rows = self.rows(
            "SELECT unnest(records) FROM identity.event WHERE kind = 'attach' AND other_id IS NULL AND run_id >="
            " (SELECT run_id FROM identity.event WHERE event_id = %s)",
            event_id,
        )
        return {record for (record,) in rows}


def house(backend: object, records: object, links: object, persons: Any) -> Housed:
    """Everybody alone."""
    return Housed(
        persons, np.arange(persons.size), np.full(persons.size, HouseholdEvidence.ALONE, dtype=object)
    )


def test_ids_hold_whatever_happens(ledger_server: LedgerServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "link", link)
    monkeypatch.setattr(settling, "house", house)
    machine = type("Machine", (Campaigning,), {"server": ledger_server})
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
