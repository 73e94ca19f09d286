"""Who hears what, through which channel: the best use of a budget, and why.

model       options, the problem, the plan
rules       from effects to votes; what may not be planned
knapsack    at most one option a unit under one budget: the exact best, with the proof (core)
within      the same under limits beside it, such as capacities: their prices (limits, dual), the choice (rest)
solve       Problem in, Plan out
evaluation  what a plan would have been worth, from a randomised study
study       learn on one half of a study, plan and judge on the other
"""

from commonweal.planning.model import EffectDraws, Goal, Option, Per, Plan, Problem
from commonweal.planning.solve import solve

__all__ = ["EffectDraws", "Goal", "Option", "Per", "Plan", "Problem", "solve"]
