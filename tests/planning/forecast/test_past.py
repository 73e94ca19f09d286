"""Past results as an expectation: read, brought to the polls, and learnt from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commonweal.planning.forecast import Areas
from commonweal.planning.forecast.errors import NotAChoice, UnreadablePast
from commonweal.planning.forecast.hindsight import learnt
from commonweal.planning.forecast.past import read
from commonweal.planning.forecast.polls import levelled

FRENCH = """Bureau;Code canton;Circonscription;Nombre d'inscrits;Nombre de votants;Blancs;Martin;Diallo;Lieu
1;15;4;1 000;620;20;400;200;École
2;15;2;800;500;0;200;300;Gymnase
3;16;4;900;450;0;225;225;Mairie
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "results.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_french_file_is_read_as_it_is(tmp_path: Path) -> None:
    found = read(written(tmp_path, FRENCH))
    areas = found.areas
    assert (areas.choices, areas.names, areas.called) == (("Martin", "Diallo"), ("1", "2", "3"), ("4", "2"))
    assert areas.registered.tolist() == [1000, 800, 900]
    assert areas.votes.tolist() == [[400, 200], [200, 300], [225, 225]]
    assert (areas.regions.tolist(), areas.constituencies.tolist()) == ([0, 0, 1], [0, 1, 0])
    assert read(written(tmp_path, FRENCH), together=True).areas.constituency is None


def test_electors_stand_beside_their_state(tmp_path: Path) -> None:
    text = "precinct,state,electors,registered,A,B\n1,X,10,100,40,20\n2,X,10,100,20,40\n3,Y,3,100,30,0\n"
    found = read(written(tmp_path, text))
    assert found.weights is not None
    assert (found.weights.tolist(), found.areas.called) == ([10, 3], ("X", "Y"))
    assert found.areas.shares[2, 1] > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("area,A,B\n1,2,3\n", "registered"),
        ("area,registered,A\n1,20,3\n", "fewer than two"),
        ("area,registered,A,B\n1,20,3,x\n", "fewer than two"),
        ("area,registered,A,B\n1,20,30,1\n", "registered"),
        ("area,registered,A,B\n1,-20,3,1\n", "no number"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadablePast, match=words):
        read(written(tmp_path, text))


def test_polls_move_every_area_by_the_same_log_odds(tmp_path: Path) -> None:
    areas = read(written(tmp_path, FRENCH)).areas
    moved = levelled(areas, {"Martin": 40, "Diallo": 60})
    votes = moved.votes.sum(axis=0)
    assert votes / votes.sum() == pytest.approx([0.4, 0.6])
    moves = np.log(moved.shares[:, 0] / moved.shares[:, 1]) - np.log(areas.shares[:, 0] / areas.shares[:, 1])
    assert np.ptp(moves) < 1e-6
    with pytest.raises(NotAChoice):
        levelled(areas, {"Martin": 40, "Somebody": 60})
    with pytest.raises(NotAChoice):
        levelled(areas, {"Martin": 40})


def test_two_elections_teach_how_regions_and_areas_err() -> None:
    """Drawn with known errors: they are found again."""
    dice, a, c = np.random.default_rng(5), 3_000, 3
    region = np.arange(a) * 60 // a
    shares = dice.dirichlet([5, 4, 3], a)
    before = Areas(
        ("x", "y", "z"), np.full(a, 1e6), np.full(a, 0.6), shares, region, names=tuple(map(str, range(a)))
    )
    off = 0.3 * dice.standard_normal(c) + (0.2 * dice.standard_normal((60, c)) / np.sqrt(2))[region]
    off = off + 0.1 * dice.standard_normal((a, c)) / np.sqrt(2)
    drawn = shares * np.exp(off)
    turnout = np.log(0.6 / 0.4) + 0.25 * dice.standard_normal(60)[region] + 0.15 * dice.standard_normal(a)
    after = replace(
        before, shares=drawn / drawn.sum(axis=1, keepdims=True), turnout=1 / (1 + np.exp(-turnout))
    )
    found = learnt(before, after)
    assert found.support.region == pytest.approx(0.2, rel=0.15)
    assert found.support.area == pytest.approx(0.1, rel=0.05)
    assert found.turnout.region == pytest.approx(0.25, rel=0.25)
    assert found.turnout.area == pytest.approx(0.15, rel=0.05)
    with pytest.raises(NotAChoice):
        learnt(before, replace(after, names=tuple("n" + name for name in after.names)))
