"""Stable ids, under random histories: hypothesis regroups records as it likes, run after run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonweal.identity import rules
from commonweal.identity.rules import NOBODY, Ids, Outcome, assign, flattened, registers, settle


def _ids(*values: int) -> Ids:
    return np.array(values, dtype=np.int64)


def _dense(labels: list[int]) -> Ids:
    return np.unique(np.array(labels, dtype=np.int64), return_inverse=True)[1].astype(np.int64)


class _Registry:
    """Persons over many runs, as the ledger and the lake would hold them. An id's age is the id itself."""

    def __init__(self) -> None:
        self.links: dict[int, int] = {}
        self.redirects: dict[int, int] = {}
        self.given: int = 0

    def run(self, groups: dict[int, int]) -> Outcome:
        records = sorted(groups)
        clusters = _dense([groups[record] for record in records])
        previous = _ids(*(self.links.get(record, NOBODY) for record in records))
        assignment = assign(clusters, previous, lambda ids: ids)
        new = np.arange(self.given, self.given + assignment.due, dtype=np.int64)
        self.given += assignment.due
        outcome = settle(assignment, clusters, previous, new)
        self.links = dict(zip(records, outcome.member_of.tolist(), strict=True))
        self.redirects = {**self.redirects, **flattened(self.redirects, outcome.merged)}
        return outcome


_GROUPS = st.dictionaries(st.integers(0, 14), st.integers(0, 5), min_size=1)


@given(st.lists(_GROUPS, min_size=1, max_size=6))
def test_every_record_has_one_living_person_and_redirects_end_there(history: list[dict[int, int]]) -> None:
    registry = _Registry()
    for groups in history:
        registry.run(groups)
        for record, group in groups.items():
            for other, its_group in groups.items():
                same_person = registry.links[record] == registry.links[other]
                assert same_person == (group == its_group)
        living = set(registry.links.values())
        assert not living & registry.redirects.keys()
        assert not set(registry.redirects.values()) & registry.redirects.keys()


@given(st.lists(_GROUPS, min_size=1, max_size=4))
def test_a_run_on_the_same_groups_changes_nothing(history: list[dict[int, int]]) -> None:
    registry = _Registry()
    for groups in history:
        registry.run(groups)
    links, redirects, given_out = dict(registry.links), dict(registry.redirects), registry.given
    outcome = registry.run(history[-1])
    assert (registry.links, registry.redirects, registry.given) == (links, redirects, given_out)
    assert (outcome.created, outcome.attached, outcome.moved) == (0, 0, 0)
    assert not outcome.merged
    assert not outcome.split


@given(_GROUPS, _GROUPS)
def test_persons_whom_a_run_does_not_touch_keep_their_id(
    before: dict[int, int], after: dict[int, int]
) -> None:
    registry = _Registry()
    registry.run(before)
    links = dict(registry.links)
    registry.run(before | {record + 100: group + 100 for record, group in after.items()})
    assert {record: registry.links[record] for record in links} == links


@given(_GROUPS, _GROUPS)
def test_what_happened_adds_up(before: dict[int, int], after: dict[int, int]) -> None:
    registry = _Registry()
    registry.run(before)
    old = set(registry.links.values())
    outcome = registry.run(after)
    living = set(registry.links.values())
    assert len(living - old) == outcome.created + len(outcome.split)
    assert outcome.merged.keys() <= old - living
    assert set(outcome.merged.values()) <= living
    assert set(outcome.split.values()) <= old


def test_the_largest_overlap_keeps_the_id() -> None:
    assignment = assign(_ids(0, 0, 0, 1), _ids(7, 7, 9, 9), lambda ids: ids)
    assert assignment.owner.tolist() == [7, 9]


def test_the_oldest_id_wins_a_tie() -> None:
    age = {7: 50, 9: 3}
    assignment = assign(_ids(0, 0), _ids(7, 9), lambda ids: _ids(*(age[i] for i in ids.tolist())))
    assert assignment.owner.tolist() == [9]
    assert assignment.inherited == {7: 0}


def test_a_split_tells_from_whom() -> None:
    clusters, previous = _ids(0, 0, 1), _ids(7, 7, 7)
    outcome = settle(assign(clusters, previous, lambda ids: ids), clusters, previous, _ids(20))
    assert outcome.member_of.tolist() == [7, 7, 20]
    assert outcome.split == {20: 7}
    assert outcome.created == 0


def test_a_merge_tells_into_whom() -> None:
    clusters, previous = _ids(0, 0, 0), _ids(7, 9, 9)
    outcome = settle(assign(clusters, previous, lambda ids: ids), clusters, previous, _ids())
    assert outcome.merged == {7: 9}


def test_a_record_between_two_who_live_on_has_moved() -> None:
    clusters, previous = _ids(0, 0, 1, 1, 1), _ids(7, 7, 7, 9, 9)
    outcome = settle(assign(clusters, previous, lambda ids: ids), clusters, previous, _ids())
    assert outcome.member_of.tolist() == [7, 7, 9, 9, 9]
    assert (outcome.moved, outcome.merged, outcome.split) == (1, {}, {})


def test_redirects_are_followed_to_the_end() -> None:
    assert flattened({1: 2, 5: 6}, {2: 3}) == {1: 3, 2: 3, 5: 6}


def test_lists_that_share_numbers_share_a_register() -> None:
    found = registers([("roll", "roll"), ("canvass", "roll"), ("donors", "donors"), ("canvass", "canvass")])
    assert found["roll"] == found["canvass"] != found["donors"]
    assert rules.registers([]) == {}


def test_blocks_open_as_far_as_there_is_room() -> None:
    """Two blocks with usual limits of 10 and 20: 5 keys that 4 share, one that 30 share; 2 keys that 8 share."""
    block, size, keys = _ids(0, 0, 1), _ids(4, 30, 8), _ids(5, 1, 2)
    assert rules.limits([10, 20], block, size, keys, room=30 + 56 + 435) == [30, 60]
    assert rules.limits([10, 20], block, size, keys, room=30 + 56 + 434) == [5, 10]
    assert rules.limits([10, 20], block, size, keys, room=0) == [5, 10]


def test_a_key_that_thousands_share_is_not_compared() -> None:
    assert rules.limits([60], _ids(0), _ids(40_000), _ids(1), room=2e6) == [30]


def test_numbers_that_one_person_has_twice_tell_nobody_apart() -> None:
    """A roll in which one pair of namesakes stands, and a list whose numbers are mistyped in one pair of four."""
    register = np.repeat(_ids(0, 1), 40)
    left, right = np.arange(40, 60), np.arange(60, 80)
    number = np.arange(80)
    number[60:75] = number[40:55]
    numbered = rules.Numbered(number, register)
    assert numbered.spoilt(np.append(left, 0), np.append(right, 1)) == {1}
    assert numbered.differ(_ids(0, 0), _ids(1, 40)).tolist() == [True, False]
    assert not rules.Numbered(_ids(-1, -1), _ids(-1, -1)).spoilt(_ids(0), _ids(1))
