"""A price of governing big, made up: twelve messages, of which three serve everyone."""

from __future__ import annotations

from commonweal.experiments.model import Estimate
from commonweal.mandate.model import Bill
from commonweal.planning.price import Message, Point, Price

NAMES = (
    "housing", "climate", "local_services", "rents", "night_bus", "bakeries",
    "hunters", "taxis", "allotments", "moorings", "carports", "kennels",
)  # fmt: skip
SAID = tuple(
    Message(name, tuple(range(place * 2, place * 2 + (1 if place < 3 else 2))), 0.0 if place < 3 else 1.0)
    for place, name in enumerate(NAMES)
)
KEPT = (0.627, 0.81, 0.968, 0.972, 0.979, 0.984, 0.989, 0.992, 0.995, 0.998, 1.0)


def point(
    kept: float, used: int, narrow: float, most: int | None = None, at_most: float | None = None
) -> Point:
    told = tuple(each for message in SAID[:used] for each in message.promises)
    lost = Estimate(20_000 * (1 - kept), 1_100 * (1 - kept) ** 0.5)
    bill = Bill(len(told) * 410_000_00, 0, 0, 0)
    votes = Estimate(20_000 * kept, 1_900)
    bound = 20_000 * min(kept * 1.004, 1.001)
    return Point(
        most, at_most, NAMES[:used], votes, lost, bound, 61_000, 39_000_00, narrow, told, bill
    )  # fmt: skip


def price(goal: str = "votes") -> Price:
    numbers = [*range(1, 11), 12]
    return Price(
        goal=goal,
        budget=400_000,
        currency="EUR",
        messages=SAID,
        free=point(1.0, 12, 0.62),
        by_number=tuple(
            point(kept, number, max(0.0, 0.062 * (number - 3)), most=number)
            for kept, number in zip(KEPT, numbers, strict=True)
        ),
        by_narrowness=tuple(
            point(kept, 3 if share == 0 else 12, share, at_most=share)
            for share, kept in ((0.0, 0.968), (0.1, 0.981), (0.2, 0.988), (0.4, 0.996))
        ),
    )
