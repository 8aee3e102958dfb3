"""Fits beside a fold's model what tells how sure it is, on samples that it did not learn from (specification 9.1).

Either the last part of the training rows is kept from the model, purged from the rest and from the test (`tail`: the
promise of split conformal prediction holds as far as those days resemble the next), or the model learns from all rows
and models of inner purged folds are judged (`inner`: the promise is then about other models than the one that predicts;
Barber, Candès, Ramdas and Tibshirani 2021, Annals of Statistics 49, pp. 486-507, on the jackknife+ and CV+).
Probabilities and intervals never share samples: the first half of them corrects the probabilities, the second half,
purged from it, measures sets and intervals of what is then predicted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.calibration import CalibrationMethod, Calibrator
from qts_core.models.conformal import Conformal, SetMethod, set_scores
from qts_core.models.scoring import class_chances, has_opinion
from qts_core.models.tuned_levels import Tuning
from qts_core.models.uncertainty import Doubt, Spread, UncertaintyModel, disagreement_of, doubt_of, scale_values
from qts_core.targets import TargetKind
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import Fitted, fit_fold, score_places
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.folds.purge import Places
from qts_core.training.folds.ranges import RowRange, merged
from qts_core.training.samples import TrainingSet

__all__ = ["doubt_rows", "fit_certain", "outcomes"]

INNER_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """Samples by a model that did not learn from them, in the order of time."""

    places: Places
    fitted: Fitted


def fit_certain(entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold, where: str) -> Fitted:
    """Fit the model of `entry` on `fold` with what tells how sure it is; without that wish exactly ``fit_fold``.

    Raises
    ------
    TrainingError
        If the model cannot be fitted, or the samples kept from it do not suffice (QTS-MODEL-057, 058, 060).
    """
    entry, chosen = entry.in_fold(fold.index), entry.uncertainty
    if not chosen.is_active:
        return fit_fold(entry, samples, plan, fold, where)
    if not chosen.is_fitted:
        fitted = fit_fold(entry, samples, plan, fold, where)
        return replace(fitted, uncertainty=_rules(entry, fitted))
    if chosen.calibrate_on == "inner":
        inner = plan.inner(fold, groups=INNER_FOLDS)
        judged = [
            _Judged(inner.test_samples(f, samples), fit_fold(entry, samples, inner, f, f"{where}, inner {f.index + 1}"))
            for f in inner.folds
        ]
        fitted = fit_fold(entry, samples, plan, fold, where)
    else:
        kept = _kept_back(plan, fold, chosen.calibration_share)
        fitted = fit_fold(entry, samples, kept, kept.folds[0], where)
        judged = [_Judged(kept.test_samples(kept.folds[0], samples), fitted)]
    judged = [_usable(entry, samples, part) for part in judged]
    seen = np.concatenate([part.places for part in judged])
    last_row = max(fitted.last_row, int(samples.end_row[seen].max(initial=0)))
    return replace(fitted, uncertainty=_fitted(entry, samples, fitted, judged), last_row=last_row)


def _kept_back(plan: FoldPlan, fold: Fold, share: float) -> FoldPlan:
    """Return a plan of one fold, judged on the validation rows of `fold` or on its last training rows.

    What calibrates is a test to the model that is fitted: early stopping finds a tail of its own before it.
    """
    held = plan.tail(fold, share)
    return replace(
        plan,
        scheme="walk_forward_anchored",
        folds=(Fold(0, held.train, held.validation),),
        final=RowRange(held.train[0].start, held.train[-1].stop),
        final_validation=None,
        guards=merged((*fold.test, *plan.guards, plan.holdout)),
    )


def outcomes(entry: TrainingEntry, samples: TrainingSet, places: Places) -> Floats:
    """Return what intervals are about, float64 [n]: the label of a regression, the return a classifier speaks of."""
    return (samples.returns if entry.target.is_classification else samples.labels)[places]


def doubt_rows(fitted: Fitted, features: Floats) -> Doubt:
    """Return how sure the model is of float64 [R, F] rows of the training set."""
    assert fitted.uncertainty is not None
    inputs = np.ascontiguousarray(features[:, fitted.columns])
    return doubt_of(
        fitted.uncertainty, fitted.model, inputs, names=fitted.selection.names, preprocessor=fitted.preprocessor
    )


def _rules(entry: TrainingEntry, fitted: Fitted) -> UncertaintyModel:
    """Return the rules by which the model keeps silent, with nothing fitted yet."""
    chosen, target = entry.uncertainty, entry.target
    return UncertaintyModel(
        chosen.level, target.horizon_bars, fitted.signs, target.kind is TargetKind.RELATIVE_RETURN, chosen.abstain,
        chosen.adaptive_rate,
        tuning=Tuning(chosen.adaptive_rates, chosen.adaptive_memory_bars) if chosen.adaptive_rates else None,
    )  # fmt: skip


def _usable(entry: TrainingEntry, samples: TrainingSet, part: _Judged) -> _Judged:
    """Leave out samples that get no opinion, or of which nobody knows what came."""
    features = samples.features[part.places][:, part.fitted.columns]
    known = np.isfinite(samples.labels[part.places]) & np.isfinite(outcomes(entry, samples, part.places))
    return _Judged(part.places[known & has_opinion(features)], part.fitted)


def _fitted(entry: TrainingEntry, samples: TrainingSet, fitted: Fitted, judged: list[_Judged]) -> UncertaintyModel:
    chosen, rules = entry.uncertainty, _rules(entry, fitted)
    if chosen.calibration != "none":
        early, judged = _halves(samples, judged) if chosen.is_conformal else (judged, judged)
        chances = np.concatenate([_chances(samples, part) for part in early])
        classes = np.concatenate([samples.labels[part.places] for part in early]).astype(np.int64)
        method = CalibrationMethod(chosen.calibration)
        rules = replace(rules, calibrator=Calibrator.fit(method, chances, classes))
    if not chosen.is_conformal:
        return rules
    if chosen.intervals != "none" and chosen.scale:
        sizes = np.concatenate([_sizes(samples, part, chosen.scale) for part in judged])
        rules = replace(rules, spread=Spread.fit(chosen.scale, sizes))
    symbols = [samples.symbols[c] for part in judged for c in samples.column[part.places].tolist()]
    if chosen.intervals != "none":
        scores = np.concatenate([_distance(entry, samples, part, rules) for part in judged])
        rules = replace(rules, intervals=Conformal.fit(scores, symbols, chosen.groups))
    if chosen.sets != "none":
        method_of_sets = SetMethod(chosen.sets)
        scores = np.concatenate([_strangeness(samples, part, rules, method_of_sets) for part in judged])
        rules = replace(rules, sets=Conformal.fit(scores, symbols, chosen.groups), set_method=method_of_sets)
    return rules


def _halves(samples: TrainingSet, judged: list[_Judged]) -> tuple[list[_Judged], list[_Judged]]:
    """Split at the middle bar: samples whose label has ended before it, and those from it on."""
    middle = int(np.median(np.concatenate([samples.row[part.places] for part in judged])))
    early = [_Judged(part.places[samples.end_row[part.places] < middle], part.fitted) for part in judged]
    late = [_Judged(part.places[samples.row[part.places] >= middle], part.fitted) for part in judged]
    return early, late


def _inputs(samples: TrainingSet, part: _Judged) -> Floats:
    return np.ascontiguousarray(samples.features[part.places][:, part.fitted.columns])


def _chances(samples: TrainingSet, part: _Judged) -> Floats:
    return class_chances(part.fitted.model, _inputs(samples, part), preprocessor=part.fitted.preprocessor)


def _sizes(samples: TrainingSet, part: _Judged, name: str) -> Floats:
    inputs = _inputs(samples, part)
    return scale_values(name, inputs, part.fitted.selection.names, disagreement_of(part.fitted.model, inputs))


def _distance(entry: TrainingEntry, samples: TrainingSet, part: _Judged, rules: UncertaintyModel) -> Floats:
    """Return how many spreads each outcome lies from its score."""
    fitted = replace(part.fitted, uncertainty=rules)
    score = score_places(fitted, samples, part.places)
    return (
        np.abs(outcomes(entry, samples, part.places) - score) / doubt_rows(fitted, samples.features[part.places]).spread
    )


def _strangeness(samples: TrainingSet, part: _Judged, rules: UncertaintyModel, method: SetMethod) -> Floats:
    """Return how far the class that came lies from what was foretold."""
    chances = doubt_rows(replace(part.fitted, uncertainty=rules), samples.features[part.places]).chances
    assert chances is not None
    came = samples.labels[part.places].astype(np.int64)
    scores: Floats = set_scores(method, chances)[np.arange(len(came)), came]
    return scores
