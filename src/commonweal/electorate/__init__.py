"""The synthetic electorate, for the demo, tests and benchmarks: invented people on real ground, with a known truth.

`Electorate(voters, seed).write(lists, truth)` writes five messy lists into one folder and who is who into
another; `World.open(truth)` then answers for those people. A campaign never reads the truth.
"""

from commonweal.electorate.effects import CHANNELS, CONTROL, OPTIONS
from commonweal.electorate.electorate import LEAST, MOST, Electorate
from commonweal.electorate.latent import ELECTIONS, MESSAGES
from commonweal.electorate.model import REFERENCE_DAY, Progress, WrittenList, WrittenLists
from commonweal.electorate.places import REGISTERED, areas_geojson
from commonweal.electorate.world import World

__all__ = [
    "CHANNELS",
    "CONTROL",
    "ELECTIONS",
    "LEAST",
    "MESSAGES",
    "MOST",
    "OPTIONS",
    "REFERENCE_DAY",
    "REGISTERED",
    "Electorate",
    "Progress",
    "World",
    "WrittenList",
    "WrittenLists",
    "areas_geojson",
]
