"""Fits what combines the members of one fold, on scores of rows that they did not learn from (specification 9.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from qts_core.config.ensembles import EnsembleSettings
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.market.timeline import BARS_PER_SESSION
from qts_core.models.bar_scorer import bar_means
from qts_core.models.base import ModelType
from qts_core.models.context import FitContext
from qts_core.models.ensemble.combinations import Averaging, Combination, Level1, RegimeWeights, Voting
from qts_core.models.ensemble.member import Member
from qts_core.models.ensemble.stacking import LinearStack, ModelStack, level1_names, level1_rows
from qts_core.models.ensemble.weights import BarRecord, bar_record, best_members, decayed, weights_by, with_floor
from qts_core.models.factory import create_model
from qts_core.models.regimes.detectors import (
    REGIMES,
    ClassifierDetector,
    HmmDetector,
    RegimeDetector,
    ThresholdDetector,
)
from qts_core.training.ensembles.out_of_fold import OutOfFold
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import Fold
from qts_core.training.samples import TrainingSet

__all__ = ["Level0", "combine"]

META_ROUNDS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Level0:
    """What the combination of a fold is fitted on.

    Attributes
    ----------
    learned : int64 [n]
        Samples that may train the fold.
    members : tuple of Member
        Fitted on them.
    inner : OutOfFold
        Scores on the common scale, by models that did not learn from their rows.
    meta_features, regime_features : tuple of str
    """

    entry: TrainingEntry
    settings: EnsembleSettings
    samples: TrainingSet
    fold: Fold
    learned: np.ndarray[tuple[int], np.dtype[np.int64]]
    members: tuple[Member, ...]
    inner: OutOfFold
    meta_features: tuple[str, ...]
    regime_features: tuple[str, ...]

    @property
    def returns(self) -> Floats:
        """Forward returns of the scored rows, float64 [n]."""
        return self.samples.returns[self.inner.places]

    @property
    def now(self) -> int:
        """The last bar of the training rows: what is known then may weigh members."""
        return max(r.stop for r in (*self.fold.train, *self.fold.validation)) - 1

    def record(self) -> BarRecord:
        """Return the members' performance by bar, of outcomes known at `now`."""
        places = self.inner.places
        found = bar_record(self.inner.scores, self.returns, self.samples.row[places], self.samples.end_row[places])
        return found.known_at(self.now)

    def level1(self) -> Level1:
        """Return the scored rows as a combination sees them, regimes left out."""
        scores, names = self.inner.scores, list(self.samples.names)
        columns = [names.index(name) for name in self.meta_features]
        chances = np.column_stack([m.chance_up(scores[:, i]) for i, m in enumerate(self.members)])
        features = self.samples.features[self.inner.places][:, columns]
        return Level1(scores, chances, features, np.full((len(scores), len(REGIMES)), 1.0 / len(REGIMES)))

    def labels(self) -> Floats:
        """Return the labels of the scored rows, cut as those of the training rows."""
        values, ratio = self.samples.labels[self.inner.places], self.entry.winsorize_ratio
        if ratio <= 0:
            return values
        low, high = np.quantile(self.samples.labels[self.learned], [ratio, 1.0 - ratio])
        return np.clip(values, low, high)


def combine(level0: Level0) -> tuple[Combination, RegimeDetector | None]:
    """Return the fitted combination, and the detector of regimes where it follows them."""
    settings = level0.settings
    if settings.method == "regime":
        return _by_regime(level0)
    return METHODS[settings.method](level0), None


def _stacked(level0: Level0) -> Combination:
    settings, inputs, labels = level0.settings, level0.level1(), level0.labels()
    speaks = ~np.isnan(inputs.scores).all(axis=1)
    inputs = Level1(inputs.scores[speaks], inputs.chances[speaks], inputs.features[speaks], inputs.regimes[speaks])
    if settings.meta_learner != "xgboost":
        alpha = settings.meta_alpha if settings.meta_learner == "ridge" else 0.0
        return LinearStack.fit(inputs, labels[speaks], alpha=alpha)
    model = create_model(
        "xgboost", ModelType.REGRESSOR, name="meta", seed=level0.entry.seed,
        parameters={"n_estimators": META_ROUNDS, "max_depth": 2, "learning_rate": 0.05, "min_child_weight": 200.0},
    )  # fmt: skip
    names = level1_names(tuple(m.key for m in level0.members), level0.meta_features)
    last = int(level0.samples.end_row[level0.inner.places].max())
    until = from_micros(int(level0.samples.timeline.ts_known[last]))
    model.fit(level1_rows(inputs), labels[speaks], FitContext(feature_names=names, trained_until=until))
    return ModelStack(model, len(level0.members))


def _averaged(level0: Level0) -> Combination:
    settings = level0.settings
    if settings.averaging in ("median", "trimmed_mean"):
        return Averaging(
            settings.averaging, np.full(len(level0.members), 1.0 / len(level0.members)), settings.trim_share
        )
    weights = _weights(level0) if settings.averaging == "weighted" else _equal(level0)
    return Averaging("weighted", weights)


def _adaptive(level0: Level0) -> Combination:
    return Averaging("weighted", _weights(level0, is_recent=True))


def _voted(level0: Level0) -> Combination:
    settings = level0.settings
    scale = float(np.nanmean(np.abs(level0.samples.returns[level0.learned])))
    if settings.vote_weights == "per_class":
        up, down = _precision(level0, 1.0), _precision(level0, -1.0)
    else:
        up = down = _weights(level0) if settings.vote_weights == "weighted" else _equal(level0)
    return Voting(settings.voting, up, down, scale)


def _by_regime(level0: Level0) -> tuple[Combination, RegimeDetector]:
    settings, record = level0.settings, level0.record()
    names, chosen = list(level0.samples.names), level0.settings.regime
    columns = [names.index(name) for name in level0.regime_features]
    # of the training samples alone: not even a feature of another row may enter
    observed = np.ascontiguousarray(level0.samples.features[level0.learned][:, columns])
    rows, bar = np.unique(level0.samples.row[level0.learned], return_inverse=True)
    bars = bar_means(observed, bar.astype(np.int64), len(rows))
    detector = _detector(level0, bars)
    chances = detector.probabilities(bars)[np.searchsorted(rows, record.row)]
    preferred: dict[str, tuple[str, ...]] = {str(regime): led for regime, led in chosen.preferred.items()}
    gated: dict[str, float] = {str(regime): gate for regime, gate in chosen.gates.items()}
    table = np.empty((len(REGIMES), len(level0.members)))
    for place, regime in enumerate(REGIMES):
        led = preferred.get(regime, ())
        if led:
            raw = np.array([1.0 if m.key in led else 0.0 for m in level0.members])
            table[place] = with_floor(raw, settings.weight_floor)
        else:
            table[place] = weights_by(
                settings.weights_method, record, floor=settings.weight_floor, importance=chances[:, place]
            )
    gates = np.array([gated.get(regime, 1.0) for regime in REGIMES])
    return RegimeWeights(table, gates, detector.neutral), detector


def _detector(level0: Level0, bars: Floats) -> RegimeDetector:
    chosen, window = level0.settings.regime, level0.settings.regime.window_bars
    if chosen.detector == "thresholds":
        return ThresholdDetector(window)
    if chosen.detector == "classifier":
        return ClassifierDetector.fit(bars, window=window, ahead=level0.entry.target.horizon_bars)
    return HmmDetector.fit(bars, window=window, seed=level0.entry.seed)


def _equal(level0: Level0) -> Floats:
    return np.full(len(level0.members), 1.0 / len(level0.members))


def _weights(level0: Level0, *, is_recent: bool = False) -> Floats:
    """Return the weights of the settings; members that are not among the best ones kept weigh 0."""
    settings, record = level0.settings, level0.record()
    age = decayed(record, level0.now, settings.half_life_sessions * BARS_PER_SESSION)
    weights = weights_by(
        settings.weights_method, record, floor=settings.weight_floor, importance=age if is_recent else None
    )
    if settings.keep_best is None:
        return weights
    kept = np.where(best_members(record, settings.keep_best, age), weights, 0.0)
    return np.asarray(kept / kept.sum())


def _precision(level0: Level0, sign: float) -> Floats:
    """Return weights by the share of each member's calls of one sign that were right."""
    scores, returns = level0.inner.scores, level0.returns
    raw = np.zeros(len(level0.members))
    for place in range(len(raw)):
        called = np.sign(scores[:, place]) == sign
        raw[place] = float((np.sign(returns[called]) == sign).mean()) if called.any() else 0.0
    return with_floor(raw, level0.settings.weight_floor)


METHODS: Mapping[str, Callable[[Level0], Combination]] = MappingProxyType(
    {
        "stacking": _stacked,
        "blending": _stacked,
        "averaging": _averaged,
        "voting": _voted,
        "adaptive": _adaptive,
    }
)
"""Methods by their name in models.yaml; `regime` has a detector besides."""
