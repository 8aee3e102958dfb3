"""One fold of an ensemble: members on all its training rows, what combines them on out-of-fold scores (spec. 9.1)."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.models.ensemble.member import Member
from qts_core.models.ensemble.model import EnsembleModel, Parts
from qts_core.models.scoring import UP_OR_NOT
from qts_core.training.ensembles.combining import Level0, combine
from qts_core.training.ensembles.entry import EnsembleEntry
from qts_core.training.ensembles.figures import figures_of
from qts_core.training.ensembles.out_of_fold import OutOfFold, ScoreFold, member_view, out_of_fold
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import Fitted, fit_fold
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.samples import TrainingSet
from qts_core.training.selection import Selection

__all__ = ["fit_ensemble", "horizon_factors"]


def fit_ensemble(
    entry: TrainingEntry,
    chosen: EnsembleEntry,
    samples: TrainingSet,
    plan: FoldPlan,
    fold: Fold,
    where: str,
    *,
    score_fold: ScoreFold | None = None,
) -> Fitted:
    """Fit the ensemble of `entry` by the training rows of `fold` alone.

    Members are fitted on all of them, as each would be alone. Weights, votes, meta-learner, regimes and the size of
    other horizons come from scores on rows that the scoring model did not learn from; `score_fold` as in
    :func:`out_of_fold`.

    Raises
    ------
    TrainingError
        If a member has too few samples, or a feature that is asked for is not there (QTS-MODEL-055).
    """
    fitted = [
        fit_fold(m.entry, member_view(samples, m), plan, fold, f"{where}, member {m.entry.key}") for m in chosen.members
    ]
    settings = chosen.settings
    meta = _matching(settings.meta_features, samples.names, entry.key)
    regime = (settings.regime.volatility_feature, settings.regime.trend_feature) if settings.method == "regime" else ()
    _matching(regime, samples.names, entry.key)
    seen = {*meta, *regime, *(name for f in fitted for name in f.selection.names)}
    columns = np.array([i for i, name in enumerate(samples.names) if name in seen], dtype=np.int64)
    inner = out_of_fold(chosen, samples, plan, fold, score_fold=score_fold)
    factors = horizon_factors(entry, chosen, inner.scores)
    members = tuple(
        Member(m.entry.key, f.model, f.label_scale, f.signs, f.preprocessor, factor)
        for m, f, factor in zip(chosen.members, fitted, factors, strict=True)
    )
    learned = plan.train_samples(fold, samples)
    level0 = Level0(
        entry=entry,
        settings=settings,
        samples=samples,
        fold=fold,
        learned=learned,
        members=members,
        inner=OutOfFold(inner.places, inner.scores * factors),
        meta_features=meta,
        regime_features=regime,
    )
    combination, detector = combine(level0)
    last_row = max([int(samples.end_row[learned].max()), *(f.last_row for f in fitted)])
    names = tuple(samples.names[i] for i in columns)
    model = EnsembleModel(entry.key, version=entry.version, seed=entry.seed, parameters=entry.parameters).assemble(
        Parts(members, combination, settings.min_agreement, meta, detector, regime),
        feature_names=names,
        trained_until=from_micros(int(samples.timeline.ts_known[last_row])),
    )
    used = np.unique(np.concatenate([f.samples for f in fitted]))
    reason = dict.fromkeys(names, "a member sees it, or what combines them")
    selection = Selection("none", names, dict.fromkeys(names, 1.0), reason)
    scale = float(np.nanmean(np.abs(samples.returns[learned])))
    figures = figures_of(level0, combination)
    return Fitted(model, scale, used, None, selection, columns, UP_OR_NOT, last_row, figures=figures)


def horizon_factors(entry: TrainingEntry, chosen: EnsembleEntry, scores: Floats) -> Floats:
    """Return what brings each member's scores to the ensemble's horizon, float64 [M].

    A member of the same horizon keeps its scores. Those of another horizon get the dispersion, over out-of-fold scores,
    of the members of this one; if there are none, returns are taken to spread with the square root of time.
    """
    horizons = np.array([m.entry.target.horizon_bars for m in chosen.members])
    is_common = horizons == entry.target.horizon_bars
    if is_common.all():
        return np.ones(len(horizons))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.nanstd(scores, axis=0)
        if is_common.any():
            factors = np.where(is_common, 1.0, float(np.mean(spread[is_common])) / spread)
        else:
            factors = np.sqrt(entry.target.horizon_bars / horizons)
    return np.where(np.isfinite(factors) & (factors > 0), factors, 1.0)


def _matching(patterns: tuple[str, ...], names: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Return the features that `patterns` name, in order; raise TrainingError where one names none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise TrainingError(
                "QTS-MODEL-055", "a feature that an ensemble asks for is not there",
                where=f"models.yaml {key} ensemble", found=pattern, expected="a name or pattern of its features",
                fix="`qts features list` shows the names; add its group to features.yaml, or name another",
            )  # fmt: skip
    return tuple(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))
