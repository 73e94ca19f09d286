"""Everyone, every option, at once: the best plan under money, hours, throughput, floors and caps, with its bound.

    from commonweal.planning.joint import Hours, Option, Problem, contacts, money, solve

model        options, limits, the problem, the plan
effects      gains from changes in turnout and support, with the error of their sum
check        what is wrong with a problem
program      the problem as kernels read it
sweep        one look at everybody at given prices (kernel: how kernels are compiled)
prices       the prices at which the bound is smallest
chosen       what everybody gets at given prices, and at others (choices: its kernels)
again        the prices after a limit has changed, from those before
rounding     from prices to a plan (moves: its kernels)
floors       floors that can't be met: the proof
certificate  the bound, in code of its own
tally        what a plan uses, counted anew
solve        Problem in, Plan out; and again, when a limit has changed
blocks       the same for electorates that no memory holds, from files (spark: where they lie on Spark)
coherence    the best plan with few messages, and its bound (worth: what a set of messages is worth at fixed prices)
narrowness   the best plan whose talk is not too narrow, and its bound
reasons      why a person gets what they get, and what came second
"""

from commonweal.planning.joint.effects import Effects
from commonweal.planning.joint.model import (
    GapParts,
    Hours,
    Limit,
    Option,
    Plan,
    Prices,
    Problem,
    Use,
    contacts,
    money,
    share,
)
from commonweal.planning.joint.solve import Solver, solve

__all__ = [
    "Effects",
    "GapParts",
    "Hours",
    "Limit",
    "Option",
    "Plan",
    "Prices",
    "Problem",
    "Solver",
    "Use",
    "contacts",
    "money",
    "share",
    "solve",
]
