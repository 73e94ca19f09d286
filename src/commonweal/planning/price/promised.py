"""What messages promise now, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from commonweal.mandate import narrowness, queries, rules
from commonweal.mandate.checking import Share
from commonweal.mandate.model import Bill, Kept, Status
from commonweal.planning.price.model import Message
from commonweal.store.ledger import Connection

_NAMED = "SELECT name, version_id FROM messages.named WHERE name = ANY (%s) AND until = 'infinity'"


def standing(connection: Connection) -> dict[int, Kept]:
    """The promises that were not withdrawn, by id."""
    kept = queries.promises(connection)
    return {each.promise_id: each for each in kept if each.promise.status is not Status.WITHDRAWN}


def messages(
    connection: Connection, names: Sequence[str], promises: Mapping[int, Kept], share: Share
) -> tuple[Message, ...]:
    """What each of these messages promises by its approved version; `share` counts whom a scope serves."""
    version: dict[str, int] = dict(connection.execute(_NAMED, (list(names),)).fetchall())
    carried = queries.carried(connection)
    carries = [
        tuple(each for each in carried.get(version.get(name, 0), ()) if each in promises) for name in names
    ]
    told = sorted({each for own in carries for each in own})
    serves = narrowness.served([_served(promises[each], share) for each in told])
    table = np.array([[each in own for each in told] for own in carries], bool).reshape(len(names), len(told))
    parts = narrowness.narrow_parts(table, serves)
    return tuple(
        Message(name, own, None if np.isnan(part) else float(part))
        for name, own, part in zip(names, carries, parts, strict=True)
    )


def bill(ids: Iterable[int], promises: Mapping[int, Kept]) -> Bill:
    """What these promises cost a year together."""
    return rules.bill([promises[each].promise for each in ids])


def _served(kept: Kept, share: Share) -> float | None:
    return None if kept.promise.gains is None else share(kept.promise.gains)
