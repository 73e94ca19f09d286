"""How long the page's count of the pressure on everybody takes (`chores.count_pressure`), every ten minutes beside the rest.

python -m benchmarks.pressure [PERSONS]
"""

from __future__ import annotations

import sys

from benchmarks.claims import WIDE, fill_with_history
from benchmarks.ground import new_campaign
from benchmarks.measure import call, machine
from commonweal.contacts import actions, chores


def main(persons: int = 1_000_000) -> None:
    with new_campaign("Pressure") as campaign:
        fill_with_history(campaign, persons)
        actions.set_rules(campaign, WIDE)
        seconds = call(lambda: chores.count_pressure(campaign), runs=3)
    print(f"the pressure on {persons:,} persons, ten contacts each: counted in {seconds:.2f} s (median of 3)")


if __name__ == "__main__":
    print(f"Machine: {machine()}")
    main(*(int(word) for word in sys.argv[1:]))
