"""What the ledger knows of scoring: the last run, and the cards of the models in use, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonweal.scoring.model import Kind
from commonweal.store.ledger import Connection


@dataclass(frozen=True)
class Run:
    """One scoring of everybody; `skipped` holds `model.Skipped` as plain data."""

    run_id: int
    at: datetime
    actor: str
    persons: int
    scored: int
    skipped: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class ModelCard:
    """A model with its card as plain data: `cards.Card`, or `cards.EffectsCard` for effects."""

    model_id: int
    run_id: int
    kind: Kind
    trained_at: datetime
    card: dict[str, Any]


def last_run(connection: Connection) -> Run | None:
    """The latest scoring, or None before the first."""
    row = connection.execute(
        "SELECT run_id, at, actor, persons, scored, skipped FROM scoring.run ORDER BY run_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    run_id, at, actor, persons, scored, skipped = row
    return Run(run_id, at, actor, persons, scored, tuple(skipped))


def cards(connection: Connection, run_id: int) -> list[ModelCard]:
    """The cards of the models that a run trained: turnout, support, effects, as far as there are."""
    rows = connection.execute(
        "SELECT model_id, run_id, kind, trained_at, card FROM scoring.model WHERE run_id = %s ORDER BY model_id",
        (run_id,),
    ).fetchall()
    return [ModelCard(model_id, run, Kind(kind), at, card) for model_id, run, kind, at, card in rows]


def card(connection: Connection, model_id: int) -> ModelCard | None:
    """One model's card, however old, or None."""
    row = connection.execute(
        "SELECT model_id, run_id, kind, trained_at, card FROM scoring.model WHERE model_id = %s", (model_id,)
    ).fetchone()
    return ModelCard(row[0], row[1], Kind(row[2]), row[3], row[4]) if row else None
