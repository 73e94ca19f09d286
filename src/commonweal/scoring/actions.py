"""Score everybody: train what can be trained, apply it to all, publish scores, effects and cards together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
from psycopg.types.json import Json, Jsonb

from commonweal.audit import actions as audit
from commonweal.campaign import Campaign
from commonweal.consent.packs import RefusedByPolicy
from commonweal.errors import CommonwealError
from commonweal.jobs.model import Progress, silent
from commonweal.jobs.plain import as_plain
from commonweal.scoring import effects, models
from commonweal.scoring.applying import Scoring
from commonweal.scoring.cards import Card
from commonweal.scoring.effects import Effects
from commonweal.scoring.errors import NoEffectOutcome, NoSupportOutcome, NoTurnoutOutcome
from commonweal.scoring.ground import Ground, survey
from commonweal.scoring.model import Kind, ModelSummary, ScoreReport, Skipped
from commonweal.scoring.training import SEED, Trained, support_by_area, train_support, train_turnout
from commonweal.store.catalogue import LAKE
from commonweal.store.lake import LakeWriter
from commonweal.store.ledger import Connection, LedgerRole

_KEPT_CONTENTS = 3  # of each kind: older models keep their card only
_INTERVAL = "delete-a-group jackknife over folds, and the calibration's error"

_Trainer = Callable[[Ground, Progress], Trained]
_TRAINERS: dict[Kind, _Trainer] = {Kind.TURNOUT: train_turnout, Kind.SUPPORT: train_support}


def score(campaign: Campaign, progress: Progress = silent, *, need: Collection[Kind] = ()) -> ScoreReport:
    """Train turnout, support and effects, score everybody on the roll, and publish all of it at once.

    What has no outcome to learn from is skipped, and the report says why; it is an error if `need` names it, or if
    neither turnout nor support can be learnt. Where the campaign's policy pack forbids to guess support of persons, it
    is told by area instead. Raises NobodyToScore, NoTurnoutOutcome, NoSupportOutcome, NoEffectOutcome,
    RefusedByPolicy, RealListsNeedPack.
    """
    with campaign.lake.writer("scoring.score") as writer:
        progress(0, None, "looking for outcomes")
        ground = survey(campaign)
        skipped: dict[Kind, CommonwealError] = {}
        trained = _train(ground, need, skipped, progress)
        learnt = _learn_effects(ground, trained, need, skipped, progress)
        scoring = Scoring(ground, trained, learnt)
        writer.stage("scoring.effect", scoring.run(progress))
        writer.stage("scoring.effect_draw", learnt.draws() if learnt else _no_draws())
        writer.stage("scoring.score", scoring.scores())
        writer.stage("scoring.area_support", support_by_area(ground))
        return _publish(campaign, writer, scoring, skipped)


def _train(
    ground: Ground, need: Collection[Kind], skipped: dict[Kind, CommonwealError], progress: Progress
) -> dict[Kind, Trained]:
    trained: dict[Kind, Trained] = {}
    for kind, train in _TRAINERS.items():
        try:
            trained[kind] = train(ground, progress)
        except (NoTurnoutOutcome, NoSupportOutcome, RefusedByPolicy) as reason:
            if kind in need:
                raise
            skipped[kind] = reason
    if not trained:
        raise next(iter(skipped.values()))
    return trained


def _learn_effects(
    ground: Ground,
    trained: Mapping[Kind, Trained],
    need: Collection[Kind],
    skipped: dict[Kind, CommonwealError],
    progress: Progress,
) -> Effects | None:
    try:
        return effects.learn(ground, trained, SEED, progress)
    except NoEffectOutcome as reason:
        if Kind.EFFECTS in need:
            raise
        skipped[Kind.EFFECTS] = reason
        return None


def _no_draws() -> pa.Table:
    return LAKE["scoring.effect_draw"].schema.empty_table()


def _publish(
    campaign: Campaign, writer: LakeWriter, scoring: Scoring, skipped: Mapping[Kind, CommonwealError]
) -> ScoreReport:
    told = tuple(_told(kind, reason) for kind, reason in skipped.items())
    at, scored = campaign.clock(), max(scoring.scored.values())
    with campaign.ledger.transaction(LedgerRole.BULK) as connection:
        writer.publish(connection)
        row = connection.execute(
            "INSERT INTO scoring.run (at, actor, persons, scored, skipped) VALUES (%s, %s, %s, %s, %s)"
            " RETURNING run_id",
            (at, campaign.actor, scoring.persons, scored, Jsonb(as_plain(told))),
        ).fetchone()
        assert row is not None
        run_id = int(row[0])
        summaries = tuple(
            _keep(connection, campaign, run_id, trained, _card(campaign, trained, scoring))
            for trained in scoring.trained.values()
        )
        if scoring.effects:
            _keep_effects(connection, campaign, run_id, scoring.effects)
        _forget_contents(connection)
        audit.record(
            connection,
            campaign,
            "score",
            subject=f"scoring_run:{run_id}",
            detail={"persons": scoring.persons, "scored": scored, "skipped": [str(kind) for kind in skipped]},
        )
    return ScoreReport(
        run_id,
        at,
        scoring.persons,
        scored,
        summaries,
        scoring.effects.pilot.experiment if scoring.effects else None,
        scoring.effects.options if scoring.effects else (),
        told,
    )


def _told(kind: Kind, reason: CommonwealError) -> Skipped:
    parameters = {name: str(value) for name, value in reason.parameters.items()}
    return Skipped(kind, reason.code, parameters, str(reason))


def _card(campaign: Campaign, trained: Trained, scoring: Scoring) -> Card:
    coverage = scoring.coverage[trained.kind]
    return Card(
        lesson=trained.lesson,
        trained_on=campaign.today,
        scored=scoring.scored[trained.kind],
        missing=coverage.groups(),
        off_the_roll=coverage.off_the_roll(),
        half_width=scoring.half_width(trained.kind),
        interval=_INTERVAL,
        calibration=trained.model.calibration.method,
        folds=models.FOLDS,
        seed=trained.model.seed,
    )


def _keep(
    connection: Connection, campaign: Campaign, run_id: int, trained: Trained, card: Card
) -> ModelSummary:
    content = {"features": [asdict(feature) for feature in trained.features], **trained.model.packed()}
    model_id = _insert(connection, campaign, run_id, trained.kind, as_plain(card), content)
    lesson = trained.lesson
    return ModelSummary(
        trained.kind,
        model_id,
        lesson.outcome,
        lesson.learnt_from,
        lesson.quality.auc,
        lesson.quality.calibration_error,
        card.half_width,
    )


def _keep_effects(connection: Connection, campaign: Campaign, run_id: int, learnt: Effects) -> None:
    content = {
        "options": list(learnt.options),
        "moderators": [asdict(moderator) for moderator in learnt.moderators],
        "metrics": {
            kind.value: {
                "start": metric.start,
                "base": metric.posterior.base.tolist(),
                "means": metric.posterior.means.tolist(),
                "covariance": metric.posterior.covariance.tolist(),
            }
            for kind, metric in learnt.metrics.items()
        },
    }
    _insert(connection, campaign, run_id, Kind.EFFECTS, as_plain(effects.card(learnt)), content)


def _insert(
    connection: Connection, campaign: Campaign, run_id: int, kind: Kind, card: Any, content: dict[str, Any]
) -> int:
    row = connection.execute(
        "INSERT INTO scoring.model (run_id, kind, trained_at, card, content) VALUES (%s, %s, %s, %s, %s)"
        " RETURNING model_id",
        (run_id, kind.value, campaign.clock(), Jsonb(card), Json(content)),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _forget_contents(connection: Connection) -> None:
    """Models grow to some megabytes: of all but the latest the card is enough."""
    connection.execute(
        "UPDATE scoring.model m SET content = NULL WHERE content IS NOT NULL AND (SELECT count(*) FROM"
        " scoring.model newer WHERE newer.kind = m.kind AND newer.model_id > m.model_id) >= %s",
        (_KEPT_CONTENTS,),
    )
