"""The models' cards: what each learnt from, how good it is, what matters to it, who is missing; what contacts do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import get
from litestar.handlers import HTTPRouteHandler

from commonweal.access.model import Permission
from commonweal.scoring import queries
from commonweal.scoring.model import Kind
from commonweal.store.ledger import Connection
from commonweal.web import words
from commonweal.web.guard import needs
from commonweal.web.pages.people import list_names
from commonweal.web.visit import Here, Html, Visit


@dataclass(frozen=True)
class Effect:
    """What one option does to a share of people, in points of a hundred, each with its 95% interval."""

    channel: str
    message: str
    persons: int
    effect: float
    low: float
    high: float
    plain: float | None
    plain_low: float
    plain_high: float


@dataclass(frozen=True)
class Forest:
    """The effects on turnout or on support, drawn on one scale from `left` to `right` points."""

    kind: str
    persons: int
    asked: int
    rows: tuple[Effect, ...]
    left: float
    right: float

    def at(self, points: float) -> float:
        """Where on the scale, 0-100."""
        return 100 * (min(max(points, self.left), self.right) - self.left) / (self.right - self.left)


@get("/models", opt=needs(Permission.SEE_MODELS), sync_to_thread=True)
def models_page(visit: Here) -> Html:
    """The cards of the last scoring."""
    with visit.read() as connection:
        return visit.page("models.html", **models(visit, connection))


def models(visit: Visit, connection: Connection) -> dict[str, Any]:
    """What the cards' template takes."""
    run = queries.last_run(connection)
    cards = queries.cards(connection, run.run_id) if run else []
    effects = next((each.card for each in cards if each.kind is Kind.EFFECTS), None)
    return {
        "run": run,
        "list_names": list_names(connection),
        "cards": [each for each in cards if each.kind is not Kind.EFFECTS],
        "experiment": effects["experiment"] if effects else None,
        "forests": [forest(metric) for metric in effects["metrics"]] if effects else [],
        "skipped": [(each["kind"], words.error(each, visit.gettext)) for each in run.skipped] if run else [],
    }


def forest(metric: dict[str, Any]) -> Forest:
    """A metric's card as a drawing: the option that does most first."""
    rows = tuple(sorted(map(_effect, metric["options"]), key=lambda row: -row.effect))
    edges = [0.0, *(edge for row in rows for edge in (row.low, row.high))]
    edges += [edge for row in rows if row.plain is not None for edge in (row.plain_low, row.plain_high)]
    margin = 0.04 * (max(edges) - min(edges)) or 1.0
    asked = metric.get("asked", 0)
    return Forest(metric["kind"], metric["persons"], asked, rows, min(edges) - margin, max(edges) + margin)


def _effect(option: dict[str, Any]) -> Effect:
    channel, _colon, message = option["option"].partition(":")
    value, error = 100 * option["effect"], 196 * option["error"]
    plain = option["plain_effect"]
    known = plain is not None and option["plain_error"] is not None
    plain, plain_error = (100 * plain, 196 * option["plain_error"]) if known else (None, 0.0)
    return Effect(
        channel,
        message,
        option["persons"],
        value,
        value - error,
        value + error,
        plain,
        (plain or 0.0) - plain_error,
        (plain or 0.0) + plain_error,
    )


ROUTES: list[HTTPRouteHandler] = [models_page]
