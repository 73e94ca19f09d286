"""What each option adds to each person's turnout and support, learnt from one experiment.

An arm of the experiment is an option: a channel and a message, written "door:housing". How arms learn from each other,
and why little is claimed where little is known, stands in `hierarchy`; what is expected of a person without a
contact comes from the turnout and the support model. Nothing but imported results is read.

For plans, whose persons share the errors of what was learnt, people are put into segments of alike chances, and joint
draws of the error are kept for each segment and option.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit, logit

from commonweal.experiments.analysis import analyse
from commonweal.jobs.model import Progress, silent
from commonweal.scoring import hierarchy, moderators, rules, tables
from commonweal.scoring.cards import EffectsCard, MetricCard, OptionCard
from commonweal.scoring.errors import NoEffectOutcome
from commonweal.scoring.ground import Ground, Pilot
from commonweal.scoring.hierarchy import Posterior, Trial
from commonweal.scoring.model import Kind
from commonweal.scoring.models import FOLDS, Chances
from commonweal.scoring.moderators import Moderator
from commonweal.scoring.training import Trained
from commonweal.store.catalogue import LAKE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METRICS = {"voted": Kind.TURNOUT, "support": Kind.SUPPORT}
DRAWS = 200

_CERTAIN = 1e-4
_FEW = 5
_CUTS = {
    Kind.TURNOUT: 8,
    Kind.SUPPORT: 4,
}  # a person's segment: the octave of turnout, the quarter of support
_EFFECT = LAKE["scoring.effect"].schema
_DRAW = LAKE["scoring.effect_draw"].schema


@dataclass(frozen=True, eq=False)
class Metric:
    """What was learnt of one metric. `start`: the control's share, as a logit, where no model expects more. `asked`: of how
    many the same was known before the draw."""

    kind: Kind
    posterior: Posterior
    start: float
    plain: PlainEffects
    asked: int

    def offset(self, said: Mapping[Kind, Floats], count: int) -> Floats:
        """The logit expected of each person without a contact."""
        return _offset(said.get(self.kind), self.start, count)


@dataclass(eq=False)
class Effects:
    """The effects of all options, ready to be told for anybody; sums up on the way what plans need to know."""

    pilot: Pilot
    options: tuple[str, ...]
    moderators: tuple[Moderator, ...]
    metrics: Mapping[Kind, Metric]
    tried: Ints
    cuts: Mapping[Kind, Floats]
    seed: int
    _slopes: dict[Kind, Floats] = field(default_factory=dict)
    _totals: dict[Kind, Floats] = field(default_factory=dict)
    _people: Ints = field(default_factory=lambda: np.zeros(_segments(), np.int64))

    def rows(self, facts: pa.RecordBatch, chances: Mapping[Kind, Chances]) -> Iterator[pa.RecordBatch]:
        """Rows of scoring.effect for a block of persons: one batch for each option."""
        if not facts.num_rows:
            return
        said = {kind: chance.chance for kind, chance in chances.items()}
        inputs = moderators.matrix(self.moderators, facts, said)
        segment, fold = self._segment(said, facts.num_rows), self._fold(facts["household_id"].to_numpy())
        self._people += np.bincount(segment, minlength=_segments())
        found = {}
        for kind, metric in self.metrics.items():
            offset = metric.offset(said, facts.num_rows)
            found[kind] = metric.posterior.predict(offset, inputs, fold)
            self._totals[kind] = self._totals.get(kind, 0.0) + found[kind][0].sum(axis=0)
            self._sum_up(metric, offset, inputs, segment)
        for index, option in enumerate(self.options):
            yield _effect_rows(facts["person_id"], option, segment, found, index)

    def draws(self) -> pa.Table:
        """scoring.effect_draw: what the errors may have been, alike for all persons of a segment."""
        rng = np.random.default_rng(self.seed)
        drawn = {kind: self._drawn(metric, rng) for kind, metric in self.metrics.items()}
        segments = np.flatnonzero(self._people)
        parts = [
            _draw_rows(option, segments, {kind: each[:, segments, index] for kind, each in drawn.items()})
            for index, option in enumerate(self.options)
        ]
        return pa.concat_tables(parts) if parts else _DRAW.empty_table()

    def overall(self, kind: Kind) -> tuple[Floats, Floats]:
        """Each option's effect on everybody scored so far, on average, and its standard error; both (K,)."""
        people = max(int(self._people.sum()), 1)
        slopes = self._slopes[kind].sum(axis=0) / people
        covariance = self.metrics[kind].posterior.covariance
        variance = [slopes[a] @ covariance[a, :, a, :] @ slopes[a] for a in range(len(self.options))]
        return self._totals[kind] / people, np.sqrt(np.array(variance))

    def _segment(self, said: Mapping[Kind, Floats], count: int) -> Ints:
        segment = np.zeros(count, np.int64)
        for kind, parts in _CUTS.items():
            place = np.searchsorted(self.cuts[kind], said[kind]) if kind in self.cuts else 0
            segment = segment * parts + place
        return segment

    def _fold(self, household: Ints) -> Ints:
        return np.where(np.isin(household, self.tried), rules.folds(household, FOLDS, self.seed), -1)

    def _sum_up(self, metric: Metric, offset: Floats, inputs: Floats, segment: Ints) -> None:
        """Add, by segment and option, how a person's effect follows the parameters: (segments, K, q)."""
        x = np.column_stack([np.ones(len(offset)), inputs])
        order = np.argsort(segment, kind="stable")
        present, first = np.unique(segment[order], return_index=True)
        sums = self._slopes.setdefault(metric.kind, np.zeros((_segments(), len(self.options), x.shape[1])))
        base = offset + x @ metric.posterior.base
        for index, mean in enumerate(metric.posterior.means):
            after = expit(base + x @ mean)
            sums[present, index] += np.add.reduceat(
                (x * (after * (1 - after))[:, None])[order], first, axis=0
            )

    def _drawn(self, metric: Metric, rng: np.random.Generator) -> Floats:
        """Errors (draws, segments, K)."""
        k, q = metric.posterior.means.shape
        root = np.linalg.cholesky(metric.posterior.covariance.reshape(k * q, k * q) + 1e-12 * np.eye(k * q))
        errors = (rng.normal(size=(DRAWS, k * q)) @ root.T).reshape(DRAWS, k, q)
        mean = self._slopes[metric.kind] / np.maximum(self._people, 1)[:, None, None]
        return np.asarray(np.einsum("dkq,skq->dsk", errors, mean))


def _segments() -> int:
    return int(np.prod(list(_CUTS.values())))


def learn(ground: Ground, trained: Mapping[Kind, Trained], seed: int, progress: Progress = silent) -> Effects:
    """Learn the effects of the arms of the experiment with the most results; on support only where the law permits to
    guess it of persons. Raises NoEffectOutcome."""
    pilot = ground.pilot
    if pilot is None:
        raise NoEffectOutcome(found="no list tells who was in which arm and what came of it")
    progress(0, None, "learning effects")
    rows = ground.lake.read(
        tables.trial_rows(ground.facts(ground.window()), pilot.arms, ground.sources.attribute, list(METRICS))
    )
    arms = set(rows["arm"].unique().to_pylist())
    options = tuple(sorted(arms - {pilot.control}))
    chances = {kind: each.predict(rows).chance for kind, each in trained.items()}
    chosen = moderators.choose(rows, chances, ground.columns)
    metrics = {
        kind: metric
        for name, kind in METRICS.items()
        if not (kind is Kind.SUPPORT and ground.permitted.no_support)
        and (metric := _metric(rows, name, kind, pilot.control, options, chosen, chances, seed)) is not None
    }
    if not metrics:
        told = ", ".join(f"{name}: {count}" for name, count in pilot.outcomes.items())
        raise NoEffectOutcome(found=f"{pilot.experiment} has too few outcomes ({told})")
    cuts = {
        kind: np.quantile(chance, np.linspace(0, 1, _CUTS[kind] + 1)[1:-1])
        for kind, chance in chances.items()
    }
    tried = np.unique(rows["household_id"].to_numpy())
    return Effects(pilot, options, chosen, metrics, tried, cuts, seed)


def _metric(
    rows: pa.Table,
    name: str,
    kind: Kind,
    control: str,
    options: tuple[str, ...],
    chosen: tuple[Moderator, ...],
    chances: Mapping[Kind, Floats],
    seed: int,
) -> Metric | None:
    """What the experiment says of one metric; None when too few outcomes are known."""
    known = np.flatnonzero(rows[f"outcome_{name}"].is_valid().to_numpy())
    rows = rows.take(known)
    place = {arm: index for index, arm in enumerate((control, *options))}
    arm = np.array([place[each] for each in rows["arm"].to_pylist()], dtype=np.int64)
    outcome, household = rows[f"outcome_{name}"].to_numpy(), rows["household_id"].to_numpy()
    if min((arm == 0).sum(), (arm > 0).sum()) < rules.ENOUGH or outcome.min() == outcome.max():
        return None
    said = {each: chance[known] for each, chance in chances.items()}
    start = float(logit(np.clip(outcome[arm == 0].mean(), _CERTAIN, 1 - _CERTAIN)))
    trial = Trial(
        offset=_offset(said.get(kind), start, len(outcome)),
        moderators=moderators.matrix(chosen, rows, said),
        arm=arm,
        outcome=outcome,
        household=household,
        fold=rules.folds(household, FOLDS, seed),
        before=rows[f"before_{name}"].to_numpy(),
    )
    channel, message = zip(*(rules.parts_of(option) for option in options), strict=True)
    posterior = hierarchy.fit(trial, channel, message)
    plain = PlainEffects.of(trial, (control, *options))
    return Metric(kind, posterior, start, plain, int(trial.asked.sum()))


@dataclass(frozen=True)
class PlainEffects:
    """The plain differences of the arms' means to the control's, for the card: nothing is borrowed or shrunk.

    persons (K + 1,): with an outcome, the control first. effect, error (K,): clustered by household, in probability;
    NaN for an arm of fewer than five households.
    """

    persons: Ints
    effect: Floats
    error: Floats

    @classmethod
    def of(cls, trial: Trial, arms: tuple[str, ...]) -> PlainEffects:
        """From the trial's rows; `arms` with the control first."""
        persons = np.bincount(trial.arm, minlength=len(arms))
        homes = [len(np.unique(trial.household[trial.arm == arm])) for arm in range(len(arms))]
        large = [arm for arm in range(len(arms)) if homes[arm] >= _FEW or not arm]
        rows = np.flatnonzero(np.isin(trial.arm, large))
        found = analyse(
            trial.outcome[rows],
            np.searchsorted(large, trial.arm[rows]),
            [arms[arm] for arm in large],
            trial.household[rows],
        )
        effect, error = np.full(len(arms), np.nan), np.full(len(arms), np.nan)
        for arm, result in zip(large, found.arms, strict=True):
            if result.effect is not None:
                effect[arm], error[arm] = result.effect.value, result.effect.error
        return cls(persons, effect[1:], error[1:])


def _offset(chance: Floats | None, start: float, count: int) -> Floats:
    """The logit of what a model expects without a contact; without a model, of the control's share."""
    return np.full(count, start) if chance is None else logit(np.clip(chance, _CERTAIN, 1 - _CERTAIN))


def _effect_rows(
    person: pa.Array,
    option: str,
    segment: Ints,
    found: Mapping[Kind, tuple[Floats, Floats]],
    index: int,
) -> pa.RecordBatch:
    columns = {
        "person_id": person,
        "option": pa.repeat(option, len(person)),
        "segment": pa.array(segment.astype(np.int16)),
    }
    for kind in METRICS.values():
        effect, error = found.get(kind, (None, None))
        columns[f"d_{kind}"] = _column(effect, index, len(person))
        columns[f"se_{kind}"] = _column(error, index, len(person))
    return pa.RecordBatch.from_arrays([columns[name] for name in _EFFECT.names], schema=_EFFECT)


def _column(values: Floats | None, index: int, count: int) -> pa.Array:
    """One option's values; null where the metric was not measured."""
    if values is None:
        return pa.nulls(count, pa.float32())
    return pa.array(values[:, index].astype(np.float32))


def _draw_rows(option: str, segments: Ints, errors: Mapping[Kind, Floats]) -> pa.Table:
    """Rows for one option; errors (draws, segments) of each kind measured."""
    count = DRAWS * len(segments)
    columns = {
        "option": pa.repeat(option, count),
        "segment": pa.array(np.tile(segments, DRAWS).astype(np.int16)),
        "draw": pa.array(np.repeat(np.arange(DRAWS), len(segments)).astype(np.int16)),
    }
    for kind in METRICS.values():
        values = errors[kind].ravel()[:, None] if kind in errors else None
        columns[f"d_{kind}"] = _column(values, 0, count)
    return pa.table([columns[name] for name in _DRAW.names], schema=_DRAW)


def card(effects: Effects) -> EffectsCard:
    """What pages tell of the effects; call it once everybody was scored."""
    found = []
    for kind, metric in effects.metrics.items():
        effect, error = effects.overall(kind)
        found.append(
            MetricCard(
                kind=kind,
                persons=int(metric.plain.persons.sum()),
                control_persons=int(metric.plain.persons[0]),
                design_effect=metric.posterior.design_effect,
                scales=metric.posterior.scales,
                options=tuple(
                    OptionCard(
                        option,
                        int(metric.plain.persons[1 + index]),
                        float(metric.plain.effect[index]),
                        float(metric.plain.error[index]),
                        float(effect[index]),
                        float(error[index]),
                    )
                    for index, option in enumerate(effects.options)
                ),
                asked=metric.asked,
                left_over=metric.posterior.left_over,
            )
        )
    names = tuple(moderator.name for moderator in effects.moderators)
    return EffectsCard(effects.pilot.experiment, effects.pilot.control, tuple(found), names, DRAWS)
