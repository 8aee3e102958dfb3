"""One fold's fit: choice of features, scaler, model, label scale, by its training samples alone (specification 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.models.bar_scorer import bar_means, context_of
from qts_core.models.base import TradingModel
from qts_core.models.context import FitContext, ValidationTail
from qts_core.models.factory import create_model
from qts_core.models.preprocessing import Preprocessor
from qts_core.models.scoring import UP_OR_NOT, has_opinion, score
from qts_core.models.uncertainty import UncertaintyModel
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.prerequisites import check_patterns, check_start
from qts_core.training.samples import TrainingSet
from qts_core.training.selection import Selection, TrainingRows, select
from qts_core.training.weights import sample_weights

__all__ = ["Fitted", "fit_fold", "score_places", "score_rows"]

FEWEST_SAMPLES = 100
PREDICTION_BLOCK_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model fitted on a fold, with what it needs to score rows.

    Attributes
    ----------
    samples : int64 [n]
        Places of the samples it learned from.
    columns : int64 [F]
        Places of its features among those of the training set.
    last_row : int
        Last row that a label it has seen uses, its validation tail included.
    uncertainty : UncertaintyModel, optional
        How sure it is, fitted on samples that it did not learn from (:mod:`qts_core.training.certainty`).
    figures : mapping of str to float
        What the fit tells of itself, such as an ensemble's weights.
    """

    model: TradingModel
    label_scale: float
    samples: NDArray[np.int64]
    preprocessor: Preprocessor | None
    selection: Selection
    columns: NDArray[np.int64]
    signs: tuple[float, ...]
    last_row: int
    uncertainty: UncertaintyModel | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


def fit_fold(entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold, where: str) -> Fitted:
    """Fit the model of `entry` on the training samples of `fold`: choice of features, scaler, model, label scale.

    A model that asks for a validation tail gets the fold's own validation window, or the last part of its training
    rows, purged from the rest; features, scaler and the cut of the labels are found without it.

    Raises
    ------
    TrainingError
        If there are too few samples; `where` names the fold in the message.
    """
    # a plan within a fold numbers its own folds
    entry = entry if plan.guards else entry.in_fold(fold.index)
    if entry.ensemble is not None:
        from qts_core.training.ensembles.fitting import fit_ensemble

        return fit_ensemble(entry, entry.ensemble, samples, plan, fold, where)
    model = create_model(
        entry.kind,
        entry.model_type,
        name=entry.key,
        version=entry.version,
        seed=entry.seed,
        parameters=entry.parameters,
        classes=max(len(entry.target.spec.classes), 2),
        strategy=entry.strategy,
    )
    check_patterns(entry, samples.names)
    check_start(entry, samples.timeline, fold, where)
    if model.wants_validation:
        fold = plan.tail(fold, entry.validation_share)
    places = plan.train_samples(fold, samples)
    rng = np.random.default_rng(entry.seed)
    drawn = places[rng.random(len(places)) * entry.row_stride < 1.0]
    chosen, features = _usable(entry, drawn, samples.features[drawn], where)
    selection, columns = _selected(entry, samples, chosen, features, rng)
    if len(columns) < len(samples.names):
        chosen, features = _usable(entry, chosen, np.ascontiguousarray(features[:, columns]), where)
    bounds = _bounds(entry, samples.labels[chosen])
    scaler = None
    if entry.preprocessing is not None:
        scaler = Preprocessor.fit(entry.preprocessing, features, selection.names)
        features = scaler.transform(features)
    signs = entry.target.spec.signs or UP_OR_NOT
    last_row, tail = int(samples.end_row[chosen].max()), None
    if model.wants_validation:
        tuned = plan.validation_samples(fold, samples)
        tuned, judged = _usable(
            entry, tuned, np.ascontiguousarray(samples.features[tuned][:, columns]), f"{where}, tail"
        )
        tail = ValidationTail(
            features=judged if scaler is None else scaler.transform(judged),
            labels=np.clip(samples.labels[tuned], *bounds),
            weights=sample_weights(entry, samples, tuned),
            returns=samples.returns[tuned],
            bars=samples.row[tuned],
            signs=signs,
        )
        last_row = max(last_row, int(samples.end_row[tuned].max()))
    context = FitContext(
        feature_names=selection.names,
        trained_until=from_micros(int(samples.timeline.ts_known[last_row])),
        weights=sample_weights(entry, samples, chosen),
        validation=tail,
        start=entry.start,
    )
    model.fit(features, np.clip(samples.labels[chosen], *bounds), context)
    scale = float(np.nanmean(np.abs(samples.returns[chosen])))
    return Fitted(model, scale, chosen, scaler, selection, columns, signs, last_row)


def _bounds(entry: TrainingEntry, labels: Floats) -> tuple[float, float]:
    """Return the quantiles that return labels are cut to, infinite for classes."""
    if entry.target.is_classification or entry.winsorize_ratio <= 0:
        return -np.inf, np.inf
    low, high = np.quantile(labels, [entry.winsorize_ratio, 1.0 - entry.winsorize_ratio])
    return float(low), float(high)


def _usable(
    entry: TrainingEntry, places: NDArray[np.int64], features: Floats, where: str
) -> tuple[NDArray[np.int64], Floats]:
    """Return the samples with enough values to be scored; raise TrainingError where they are too few to learn from."""
    is_usable = has_opinion(features)
    if not is_usable.all():
        places, features = places[is_usable], features[is_usable]
    if len(places) < FEWEST_SAMPLES:
        raise TrainingError(
            "QTS-MODEL-003", "too few samples to train on", where=f"{entry.key}, {where}", found=len(places),
            expected=f"at least {FEWEST_SAMPLES}", fix="import more bars, or lower training.row_stride in models.yaml",
        )  # fmt: skip
    return places, features


def _selected(
    entry: TrainingEntry,
    samples: TrainingSet,
    places: NDArray[np.int64],
    features: Floats,
    rng: np.random.Generator,
) -> tuple[Selection, NDArray[np.int64]]:
    """Return the features chosen by the training samples at `places`, and their columns."""
    rows = TrainingRows(
        features=features,
        labels=samples.labels[places],
        row=samples.row[places],
        end_row=samples.end_row[places],
        names=samples.names,
        classes=len(entry.target.spec.classes),
    )
    selection = select(rows, entry.selection, rng)
    column = {name: place for place, name in enumerate(samples.names)}
    return selection, np.array([column[name] for name in selection.names], dtype=np.int64)


def score_rows(fitted: Fitted, features: Floats) -> Floats:
    """Return the scores of float64 [R, F] rows of the training set, float64 [R]."""
    blocks = [
        score(
            fitted.model,
            features[start : start + PREDICTION_BLOCK_ROWS, fitted.columns],
            label_scale=fitted.label_scale,
            preprocessor=fitted.preprocessor,
            signs=fitted.signs,
            calibrator=None if fitted.uncertainty is None else fitted.uncertainty.calibrator,
        )
        for start in range(0, len(features), PREDICTION_BLOCK_ROWS)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0)


def score_places(fitted: Fitted, samples: TrainingSet, places: NDArray[np.int64]) -> Floats:
    """Return the scores of the samples at `places`, float64 [n]; of a model that looks at the market, in its bars."""
    context = context_of(fitted.model)
    if context is None:
        return score_rows(fitted, samples.features[places])
    observed = np.ascontiguousarray(samples.features[:, fitted.columns[context.context_columns]])
    means = bar_means(observed, samples.row.astype(np.int64), len(samples.timeline))
    found = np.empty(len(places))
    states = context.contexts(means)
    for start in range(0, len(places), PREDICTION_BLOCK_ROWS):
        block = places[start : start + PREDICTION_BLOCK_ROWS]
        rows = np.ascontiguousarray(samples.features[block][:, fitted.columns])
        values = context.predict_in(rows, states[samples.row[block]])
        found[start : start + len(block)] = np.where(has_opinion(rows), values, np.nan)
    return found
