"""Who hears what, through which channel: the best use of money, hours and channels, and why.

joint       the optimiser: plain arrays in, a plan with its bound out (`from commonweal.planning import Problem, solve`)
options     what may be done (options.toml); terms: within which limits (plan.toml)
population  whom it may be done to, and what it would change
rules       from effects to votes; what may not be planned
closed      less what was done already closes to them, as the contact rules say (once: no message twice in one plan)
units       who is planned as one: persons or households
posing      all of this as one joint problem (under_way: less what is held already; exploring: less what is drawn to learn from)
horizon     the days that are left (days: as plan.toml gives them); schedule: a day for each contact; dated: of a solved plan
tally       from its solution back to people, reasons and totals (verified: an independent count; why_day: why not an earlier day)
making      the campaign's plan, as a draft (actions: put in force; queries: read; lists: handed out)
evaluation  what a plan would have been worth, from a randomised study
study       learn on one half of a study, plan and judge on the other
forecast    how the election may end
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from commonweal.planning.model import EffectDraws, Goal

if TYPE_CHECKING:
    from commonweal.planning.joint import (
        Effects,
        Hours,
        Limit,
        Option,
        Plan,
        Prices,
        Problem,
        contacts,
        money,
        share,
    )
    from commonweal.planning.joint.solve import Solver, solve

__all__ = [
    "EffectDraws",
    "Effects",
    "Goal",
    "Hours",
    "Limit",
    "Option",
    "Plan",
    "Prices",
    "Problem",
    "Solver",
    "contacts",
    "money",
    "share",
    "solve",
]


def __getattr__(name: str) -> Any:
    """The optimiser's names when they are asked for: its compiler takes a second, which pages and commands needn't wait for."""
    if name in __all__:
        return getattr(import_module("commonweal.planning.joint"), name)
    raise AttributeError(name)
