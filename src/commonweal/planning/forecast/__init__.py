"""How an election may end: thousands of elections drawn from what is expected and from how far that may be off.

model       what is expected by area, how far it may be off, what a forecast says
systems     the rules of counting: most votes, electors, two rounds, lists with a threshold and a bonus
drawing     elections drawn, with errors that areas share
doubts      which uncertainty and which areas decide it
run         as many draws as it takes
past        results of a past election as an expectation; polls: brought to today
hindsight   what two past elections teach of how areas err
expected    what a campaign's own scores and plan say
"""

from commonweal.planning.forecast.model import Areas, Errors, Forecast, Spread, Transfers
from commonweal.planning.forecast.run import forecast
from commonweal.planning.forecast.systems import ListSeats, MostVotes, System, TwoRounds

__all__ = [
    "Areas",
    "Errors",
    "Forecast",
    "ListSeats",
    "MostVotes",
    "Spread",
    "System",
    "Transfers",
    "TwoRounds",
    "forecast",
]
