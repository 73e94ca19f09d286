"""The turnout and the support model: what each learns from, and what its card tells of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from commonweal.experiments.tables import ARM
from commonweal.jobs.model import Progress, silent
from commonweal.scoring import cards, features, models, rules, tables
from commonweal.scoring.calibration import calibrate
from commonweal.scoring.errors import NoSupportOutcome, NoTurnoutOutcome
from commonweal.scoring.features import Feature
from commonweal.scoring.ground import SUPPORT_LEVEL, Ground
from commonweal.scoring.lawful import area_support
from commonweal.scoring.model import Kind, Window
from commonweal.store.catalogue import LAKE

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

SEED = 20_220_424

_MOST_ROWS = 300_000
_PARTS = 1_000
_TELLS_ALL = 0.98  # a single fact that ranks people this well (AUC) was made from the answer
_CAME_WITH = 4.0  # times likelier to have answered


@dataclass(frozen=True)
class Trained:
    """A model for people as they are today, with what its card knows before anybody is scored.

    `learnt_households` (sorted) are those whose outcomes are also outcomes for the rows to be scored: for them
    the fold that did not see them must speak. Empty where the rows have moved on since.
    """

    kind: Kind
    features: tuple[Feature, ...]
    model: models.Model
    outcome: ir.Table
    learnt_households: Ids
    lesson: cards.Lesson

    def predict(self, facts: pa.RecordBatch | pa.Table) -> models.Chances:
        """Chances of the persons in a block of facts."""
        household = facts["household_id"].to_numpy()
        seen = np.isin(household, self.learnt_households)
        fold = np.where(seen, rules.folds(household, models.FOLDS, self.model.seed), -1)
        return self.model.predict(features.encode(facts, self.features), fold)


def train_turnout(ground: Ground, progress: Progress = silent) -> Trained:
    """Learn who votes from the latest election with enough known outcomes, then bring it to the experiment's level.

    A row knows only what was known before that election; people are then scored on rows that know it too: the
    window moves on by one election, as it will have when they vote next. If an experiment tells who voted in
    its control arm, that is the latest election of all: chances are brought to its level by a second
    calibration. Raises NoTurnoutOutcome.
    """
    target = ground.target
    if target is None:
        found = "; ".join(f"{e.election}: {e.voted} voted, {e.stayed} did not" for e in ground.votes)
        raise NoTurnoutOutcome(found=found or "no list says who voted", enough=rules.ENOUGH)
    outcome = tables.turnout_outcome(ground.sources.vote, target.name)
    window = ground.window(target)
    trained = _train(ground, Kind.TURNOUT, f"vote:{target.name}", outcome, window, progress)
    undated = tuple(f"vote:{e.election}" for e in ground.votes if rules.read_election(e.election) is None)
    by_law = tuple(f"attribute:{name}" for name in sorted(ground.permitted.left_out))
    left_out = (*trained.lesson.left_out, *undated, *by_law)
    trained = replace(trained, lesson=replace(trained.lesson, left_out=left_out))
    if window.recent != ground.window().recent:
        trained = replace(trained, learnt_households=np.empty(0, np.int64))
    return _levelled(ground, trained, _left_alone(ground, "voted"))


def train_support(ground: Ground, progress: Progress = silent) -> Trained:
    """Learn who is for us from what was said before an experiment, and in its control arm, and from the levels told at the door.

    Levels 1 and 2 are for, 4 and 5 against; the undecided (3) teach nothing. A level is what a volunteer heard, which is
    not quite what a survey asks: where an experiment tells enough, chances are brought to its level. Raises
    NoSupportOutcome, and RefusedByPolicy where the law forbids such a guess.
    """
    if ground.permitted.no_support:
        raise ground.permitted.no_support
    attribute = ground.sources.attribute
    outcome, searched = _support_outcome(ground)
    counts = ground.lake.read(outcome.aggregate(yes=outcome.outcome.sum(), all=outcome.count())).to_pylist()[
        0
    ]
    yes = int(counts["yes"] or 0)
    against = int(counts["all"]) - yes
    if min(yes, against) < rules.ENOUGH:
        raise NoSupportOutcome(yes=yes, against=against, enough=rules.ENOUGH, searched=searched)
    trained = _train(ground, Kind.SUPPORT, searched, outcome, ground.window(), progress)
    undecided = tables.undecided(attribute, SUPPORT_LEVEL)
    count = ground.lake.read(undecided.aggregate(n=undecided.count()))["n"][0].as_py()
    trained = replace(trained, lesson=replace(trained.lesson, undecided=int(count)))
    return _levelled(ground, trained, _left_alone(ground, "support"))


def support_by_area(ground: Ground) -> pa.Table:
    """scoring.area_support where support of persons may not be guessed; else nothing."""
    if not ground.permitted.no_support:
        return LAKE["scoring.area_support"].schema.empty_table()
    outcome, _searched = _support_outcome(ground)
    rows = ground.lake.read(tables.answers_by_area(ground.sources.profile, outcome))
    if not rows.num_rows:
        return LAKE["scoring.area_support"].schema.empty_table()
    area, yes, answers = (rows[name].combine_chunks() for name in ("area_code", "yes", "answers"))
    return area_support(area, yes.to_numpy(), answers.cast(pa.float64()).to_numpy())


def _support_outcome(ground: Ground) -> tuple[ir.Table, str]:
    """Who said for whom they are, and where that was searched."""
    outcome = tables.support_outcome(ground.sources.attribute, SUPPORT_LEVEL)
    searched = f"attribute:{SUPPORT_LEVEL}"
    asked = _left_alone(ground, "support")
    if ground.pilot and asked is not None:
        outcome = tables.first_known(asked, outcome)
        searched += f", before:support, outcome:support ({ground.pilot.experiment}, {ground.pilot.control})"
    return outcome, searched


def _left_alone(ground: Ground, metric: str) -> ir.Table | None:
    """What the experiment tells of a metric as it is with no contact: answers before it, and outcomes of those it left alone."""
    pilot, attribute = ground.pilot, ground.sources.attribute
    if pilot is None or metric not in pilot.outcomes:
        return None
    counts = ground.lake.read(pilot.arms.group_by("arm").aggregate(persons=pilot.arms.count()))
    persons = dict(zip(counts["arm"].to_pylist(), counts["persons"].to_pylist(), strict=True))
    keep = round(_PARTS * persons[pilot.control] / sum(persons.values()))
    told = attribute.filter(attribute.name.startswith(ARM))
    drawn = (pilot.arms, told, ground.lake.table("experiments.assignment"))
    alone = tables.left_alone(ground.sources.profile, pilot.arms, pilot.control, drawn, keep, _PARTS)
    before = tables.answer_before(attribute, metric).semi_join(pilot.arms, "person_id")
    outcome = tables.experiment_outcome(attribute, metric).semi_join(alone, "person_id")
    return tables.first_known(before, outcome)


def _train(
    ground: Ground, kind: Kind, named: str, outcome: ir.Table, window: Window, progress: Progress
) -> Trained:
    known = int(ground.lake.read(outcome.aggregate(n=outcome.count()))["n"][0].as_py())
    keep = min(_PARTS, int(np.ceil(_PARTS * _MOST_ROWS / max(known, 1))))
    rows = ground.lake.read(tables.training_rows(ground.facts(window), outcome, keep, _PARTS))
    learnt, left_out = _usable(ground, kind, rows)
    matrix = features.encode(rows, learnt)
    did, household = rows["outcome"].to_numpy(), rows["household_id"].to_numpy()
    training = models.train(
        matrix, did, household, features.categorical(learnt), SEED, _named(progress, kind)
    )
    lesson = cards.Lesson(
        kind=kind,
        outcome=named,
        outcome_lists=_lists_of(ground, kind),
        as_of=window.as_of,
        persons=known,
        learnt_from=len(did),
        households=len(np.unique(household)),
        share=float(did.mean()),
        recent=window.recent,
        left_out=left_out,
        quality=cards.quality(training.chance, did),
        matters=cards.matters([feature.name for feature in learnt], training.gain),
        rounds=training.rounds,
    )
    return Trained(kind, learnt, training.model, outcome, np.unique(household), lesson)


def _named(progress: Progress, kind: Kind) -> Progress:
    def told(done: int, total: int | None, step: str) -> None:
        progress(done, total, f"{step} {kind}")

    return told


def _lists_of(ground: Ground, kind: Kind) -> tuple[str, ...]:
    """Which lists told the outcome."""
    origin = ground.lake.table("people.origin")
    if kind is Kind.TURNOUT:
        assert ground.target is not None
        vote = ground.sources.vote
        told = vote.filter(vote.election == ground.target.name).select("origin").distinct()
        named = told.join(origin, "origin").select("source").distinct()
    else:
        names = [SUPPORT_LEVEL, "before:support", "outcome:support"]
        named = tables.outcome_lists(ground.sources.attribute, origin, names)
    return tuple(sorted(set(ground.lake.read(named)["source"].to_pylist())))


def _usable(ground: Ground, kind: Kind, rows: pa.Table) -> tuple[tuple[Feature, ...], tuple[str, ...]]:
    """The features to learn from, and the names of the facts that came with the answer, which are left out."""
    columns = ground.columns
    suspects = {
        **{f"number_{i}": ground.attributes[name].persons for i, name in enumerate(columns.numbers)},
        **{f"text_{i}": ground.attributes[name].persons for i, name in enumerate(columns.texts)},
    }
    found = features.learn(rows, columns)
    out = {
        feature.column
        for feature in found
        if (kind is Kind.SUPPORT and _came_with(feature, rows, suspects, ground.persons))
        or (feature.column in suspects and _tells_all(feature, rows))
    }
    kept = tuple(feature for feature in found if feature.column not in out) or (features.NOTHING,)
    return kept, tuple(feature.name for feature in found if feature.column in out)


def _came_with(feature: Feature, rows: pa.Table, suspects: Mapping[str, int], persons: int) -> bool:
    """Did an attribute come with the answer: do most who have it have answered, and few of the others?

    To have been asked is no fact about a person: of those not asked yet, it is known of nobody.
    """
    if feature.column not in suspects or suspects[feature.column] > persons / 2:
        return False
    having = suspects[feature.column]
    answered = int(rows.num_rows - rows[feature.column].null_count)
    others = (rows.num_rows - answered) / max(persons - having, 1)
    return bool(answered / having > _CAME_WITH * others)


def _tells_all(feature: Feature, rows: pa.Table) -> bool:
    """Does this one fact rank those who have it so well that it must have been made from the answer?"""
    values = features.encode(rows.select([feature.column]), [feature])[:, 0].astype(np.float64)
    known = np.isfinite(values)
    did = rows["outcome"].to_numpy()[known]
    if known.mean() < 0.05 or did.min() == did.max():
        return False
    values = values[known]
    if feature.levels is not None:
        place = values.astype(np.int64)
        share = np.bincount(place, did) / np.maximum(np.bincount(place), 1)
        values = share[place]
    return abs(float(roc_auc_score(did, values)) - 0.5) > _TELLS_ALL - 0.5


def _levelled(ground: Ground, trained: Trained, alone: ir.Table | None) -> Trained:
    """The model brought to the level of what an experiment tells of people with no contact, where it tells enough."""
    if ground.pilot is None or alone is None:
        return trained
    rows = ground.lake.read(tables.training_rows(ground.facts(ground.window()), alone))
    did = rows["outcome"].to_numpy()
    if min(did.sum(), len(did) - did.sum()) < rules.ENOUGH:
        return trained
    said = trained.predict(rows).chance
    level = calibrate(logit(said), did, rows["household_id"].to_numpy())
    brought = expit(level.apply(logit(said)))
    told = cards.Level(
        ground.pilot.experiment,
        len(did),
        float(did.mean()),
        float(said.mean()),
        float(roc_auc_score(did, brought)),
    )
    return replace(
        trained, model=replace(trained.model, level=level), lesson=replace(trained.lesson, level=told)
    )
