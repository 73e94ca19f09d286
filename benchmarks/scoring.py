"""A million voters scored (facts, turnout and support with intervals), against the bare models' predict alone.

Reach: 80% of the bare speed. The voters are the made-up town of the tests, on a ledger and a lake of their own.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from commonweal.campaign import Campaign, Settings
from commonweal.scoring import features, models
from commonweal.scoring.applying import Scoring
from commonweal.scoring.ground import Ground, survey
from commonweal.scoring.model import Kind
from commonweal.scoring.training import Trained, train_support, train_turnout

_BLOCK = 100_000


def main(voters: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Campaign.create(Path(folder), Settings(name="A town to be scored"))
        with Campaign.open(Path(folder), durable=False) as campaign:
            _town(voters).load(campaign)
            ground = survey(campaign)
            trained = {Kind.TURNOUT: train_turnout(ground), Kind.SUPPORT: train_support(ground)}
            whole = _timed(lambda: _score(ground, trained))
            bare = _bare(ground, trained)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{voters:,} voters scored: {whole[0]:.1f} s ({whole[1]:.1f} CPU s); bare predict {bare[0]:.1f} s"
        f" ({bare[1]:.1f} CPU s): {bare[0] / whole[0]:.0%} of its speed, {bare[1] / whole[1]:.0%} by CPU (reach 80%);"
        f" {peak:.2f} GB (limit 4)"
    )


def _town(voters: int):  # type: ignore[no-untyped-def]
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from town import town

    return town(voters, canvassed=0.1)


def _score(ground: Ground, trained: dict[Kind, Trained]) -> None:
    scoring = Scoring(ground, trained)
    for _ in scoring.run():
        pass
    scoring.scores()


def _bare(ground: Ground, trained: dict[Kind, Trained]) -> tuple[float, float]:
    """Wall and CPU seconds of the boosters' own predict, over the same voters, encoded beforehand."""
    seconds = cpu = 0.0
    for block in ground.lake.batches(ground.facts(ground.window()), _BLOCK):
        for each in trained.values():
            matrix = features.encode(block, each.features)
            boosters = each.model.boosters
            spent = _timed(
                lambda matrix=matrix, boosters=boosters: [
                    booster.predict(matrix, raw_score=True, num_threads=models.THREADS)
                    for booster in boosters
                ]
            )
            seconds, cpu = seconds + spent[0], cpu + spent[1]
    return seconds, cpu


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
