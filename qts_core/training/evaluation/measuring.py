"""Every figure of one fold that its kind of target has, with intervals over horizons that do not overlap (7.3)."""

from __future__ import annotations

import numpy as np

from qts_core.analytics.bootstrap import bootstrap_interval
from qts_core.analytics.ratios import sharpe_ratio
from qts_core.exchange import fill_settings
from qts_core.market.panel import Floats
from qts_core.models.scoring import UP_OR_NOT, class_chances
from qts_core.training.entry import TrainingEntry
from qts_core.training.evaluation.classes import auc_interval, class_measures
from qts_core.training.evaluation.long_short import long_short, periods_per_year
from qts_core.training.evaluation.scores import rank_ic
from qts_core.training.evaluation.values import value_measures
from qts_core.training.fitting import Fitted
from qts_core.training.folds.purge import Places
from qts_core.training.samples import TrainingSet

__all__ = ["VERDICT_COST_RATIO", "fold_measures", "score_measures"]

DRAWS = 400
VERDICT = fill_settings("pessimistic")
VERDICT_COST_RATIO = float(VERDICT.half_spread_bps + VERDICT.slippage_bps + VERDICT.commission_bps) * 1e-4
"""Cost of the traded value under the fills that verdicts use unless backtest.yaml says otherwise."""


def score_measures(
    scores: Floats, returns: Floats, *, horizon_bars: int, generator: np.random.Generator
) -> dict[str, float]:
    """Return the interval of the rank IC, and the figures of a long/short portfolio with that of its Sharpe ratio.

    Parameters
    ----------
    scores, returns : float64 [T, N]
        Of rows that follow each other.
    horizon_bars : int
        Rows this far apart do not overlap; blocks of about n**(1/3) of them are drawn together.
    generator : numpy.random.Generator
    """
    apart = rank_ic(scores[:: max(horizon_bars, 1)], returns[:: max(horizon_bars, 1)])
    traded = long_short(scores, returns, horizon_bars=horizon_bars, cost_ratio=VERDICT_COST_RATIO)
    year = periods_per_year(horizon_bars)
    known = apart[np.isfinite(apart)]
    ranked = bootstrap_interval(known, lambda v: float(v.mean()), generator, mean_block=_block(len(known)), draws=DRAWS)
    ratio = bootstrap_interval(
        traded.net, lambda v: sharpe_ratio(v, periods_per_year=year), generator,
        mean_block=_block(len(traded.net)), draws=DRAWS,
    )  # fmt: skip
    return {
        "rank_ic.low": ranked.low,
        "rank_ic.high": ranked.high,
        **{f"long_short.{name}": value for name, value in traded.measures().items()},
        "long_short.sharpe.low": ratio.low,
        "long_short.sharpe.high": ratio.high,
    }


def fold_measures(
    entry: TrainingEntry, samples: TrainingSet, fitted: Fitted, tested: Places, scores: Floats, seed: int
) -> dict[str, float]:
    """Return the finite figures of one fold beside its `Evaluation`.

    Parameters
    ----------
    fitted : Fitted
        The fold's model.
    tested : int64 [n]
        Its test samples.
    scores : float64 [T, N]
        Its scores on them, NaN elsewhere.
    seed : int
        Of the intervals, with the model's own.
    """
    if not len(tested):
        return {}
    generator = np.random.default_rng([entry.seed, seed])
    at = (samples.row[tested], samples.column[tested])
    rows, place = np.unique(samples.row[tested], return_inverse=True)
    shape = (len(rows), scores.shape[1])

    def laid_out(values: Floats) -> Floats:
        panel = np.full(shape, np.nan)
        panel[place, at[1]] = values
        return panel

    told = scores[at]
    found: dict[str, float] = {}
    if entry.target.is_classification:
        found |= _of_classes(entry, samples, fitted, tested, told, generator)
    else:
        found |= value_measures(laid_out(told), laid_out(samples.labels[tested]))
    if entry.target.spec.is_return:
        horizon = entry.target.horizon_bars
        found |= score_measures(
            laid_out(told), laid_out(samples.returns[tested]), horizon_bars=horizon, generator=generator
        )
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _of_classes(
    entry: TrainingEntry,
    samples: TrainingSet,
    fitted: Fitted,
    tested: Places,
    told: Floats,
    generator: np.random.Generator,
) -> dict[str, float]:
    chances = _chances(samples, fitted, tested, told)
    known = np.isfinite(chances).all(axis=1) & np.isfinite(samples.labels[tested])
    chances, classes = chances[known], samples.labels[tested][known].astype(np.int64)
    found = class_measures(chances, classes)
    if chances.shape[1] == 2:
        block = samples.row[tested][known].astype(np.int64) // max(entry.target.horizon_bars, 1)
        found["auc.low"], found["auc.high"] = auc_interval(chances[:, 1], classes == 1, block, generator, draws=DRAWS)
    return found


def _chances(samples: TrainingSet, fitted: Fitted, tested: Places, told: Floats) -> Floats:
    """Return class probabilities; of two classes they follow from the score, which spares a second prediction."""
    if tuple(fitted.signs) == UP_OR_NOT and fitted.label_scale > 0:
        up = np.clip((told / fitted.label_scale + 1.0) / 2.0, 0.0, 1.0)
        return np.column_stack([1.0 - up, up])
    return class_chances(
        fitted.model,
        np.ascontiguousarray(samples.features[tested][:, fitted.columns]),
        preprocessor=fitted.preprocessor,
        calibrator=None if fitted.uncertainty is None else fitted.uncertainty.calibrator,
    )


def _block(count: int) -> float:
    return max(1.0, float(float(count) ** (1 / 3)))
