"""A campaign's plan as its director waits for it: scores and effects out of the lake, the plan, its days, the rows of everyone.

A town of so many voters is known perfectly (`known_town`), a pilot is made in it and everyone is scored: that is not measured. Then
a process of its own makes the plan, after one that isn't counted: two contacts a person, hours by area, days, a learning share; and once
more with one limit otherwise. Printed: seconds by step, and the peak of that process.

    python -m benchmarks.campaign_plan [VOTERS [SEED]]    # 1000000 1
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.known_town import known_town
from benchmarks.measure import machine
from benchmarks.plan_truth import empty_campaign, pilot
from commonweal.campaign import Campaign
from commonweal.demo import BUDGET_A_VOTER
from commonweal.planning import making
from commonweal.planning.totals import PlanReport
from commonweal.scoring.actions import score

_HORIZON = timedelta(weeks=4)
_PLAN = """\
most = 2
learning = 0.02
exploring = 0.02

[doors]
hours_each = 0.1
elsewhere = {hours}

[days]
last = {last}
apart = 2

[days.door]
on = ["tue", "thu", "sat"]

[days.email]
a_day = {emails}
"""


def main(voters: int = 1_000_000, seed: int = 1) -> None:
    print(f"Machine: {machine()}; load {os.getloadavg()[0]:.1f}")
    with empty_campaign() as campaign:
        plan = _PLAN.format(
            hours=voters // 10_000, emails=max(1, voters // 100), last=campaign.today + _HORIZON
        )
        (campaign.folder / "plan.toml").write_text(plan, encoding="utf-8")
        town = known_town(voters, seed)
        town.load(campaign)
        drawn, answers = pilot(campaign, town, seed, before=True)
        score(campaign)
        print(f"{voters:,} voters, a pilot with {drawn:,} of them, {answers:,} answers; scored", flush=True)
        folder = campaign.folder
        del town
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.campaign_plan", "make", str(folder), str(voters)]
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("the plan was not made")
    print(f"peak of the process that plans {usage.ru_maxrss / 2**20:.2f} GB; load {os.getloadavg()[0]:.1f}")


def make(folder: Path, voters: int) -> None:
    """Plan twice, the second time with one contact a person at most."""
    with Campaign.open(folder, durable=False) as campaign:
        budget = voters * BUDGET_A_VOTER
        making.make(campaign, budget)  # compiles the kernels where they are not yet, and reads the files once
        first = _timed(campaign, budget, "a plan")
        _timed(campaign, budget, "one limit changed", {"most": 1.0}, first.plan.plan_id)


def _timed(
    campaign: Campaign,
    budget: float,
    called: str,
    changes: dict[str, float] | None = None,
    basis: int | None = None,
) -> PlanReport:
    steps: dict[str, float] = {}

    def stepped(done: int, total: int | None, step: str) -> None:
        steps.setdefault(step, time.perf_counter())

    began, processor = time.perf_counter(), time.process_time()
    report = making.make(campaign, budget, changes=changes, basis=basis, progress=stepped)
    ended = time.perf_counter()
    plan = report.plan
    print(
        f"{called}: {ended - began:.1f} s ({time.process_time() - processor:.1f} CPU s), {plan.contacts:,} contacts with"
        f" {plan.reached:,} persons, {plan.votes:.0f} votes, gap {plan.gap / plan.bound:.1e}"
    )
    times = [*steps.values(), ended]
    for (step, start), end in zip(steps.items(), times[1:], strict=True):
        print(f"    {end - start:6.1f} s  {step}", flush=True)
    return report


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*(int(word) for word in sys.argv[1:]))
