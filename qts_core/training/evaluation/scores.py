"""How good scores are: rank information coefficient, error and hit ratio (specification 7.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["Evaluation", "average_ranks", "evaluate_scores", "rank_ic"]

FEWEST_SYMBOLS = 3
"""A rank correlation over fewer symbols says nothing."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores against what happened, over the samples that have both.

    Attributes
    ----------
    samples : int
        Samples with a score and a return.
    bars : int
        Bars with at least three of them.
    rank_ic_mean, rank_ic_std : float
        Over bars; NaN without bars.
    rank_ic_t : float
        t statistic of the mean over bars an horizon apart, which do not overlap.
    hit_ratio : float
        Share of samples whose score and return have the same sign, of those where neither is zero.
    rmse, residual_std : float
        Root mean squared error, and standard deviation of return less score, ratios.
    r_squared : float
        1 less the squared error over that of predicting zero.
    """

    samples: int
    bars: int
    rank_ic_mean: float
    rank_ic_std: float
    rank_ic_t: float
    hit_ratio: float
    rmse: float
    residual_std: float
    r_squared: float

    def metrics(self) -> dict[str, float]:
        """Return the figures by name, as trackers show them."""
        return {
            "rank_ic": self.rank_ic_mean,
            "rank_ic_std": self.rank_ic_std,
            "rank_ic_t": self.rank_ic_t,
            "hit_ratio": self.hit_ratio,
            "rmse": self.rmse,
            "r_squared": self.r_squared,
            "samples": float(self.samples),
        }


def average_ranks(values: Floats) -> Floats:
    """Rank each row of float64 [T, N] from 1, ties sharing their mean rank, NaN staying NaN."""
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    place = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    is_first = np.ones(values.shape, dtype=bool)
    is_first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    is_last = np.ones(values.shape, dtype=bool)
    is_last[:, :-1] = is_first[:, 1:]
    first = np.maximum.accumulate(np.where(is_first, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(is_last, place, values.shape[1])[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (first + last) / 2.0 + 1.0, axis=1)
    return np.where(np.isnan(values), np.nan, ranks)


def rank_ic(scores: Floats, returns: Floats) -> Floats:
    """Return Spearman's correlation of scores and returns across symbols at each bar.

    Parameters
    ----------
    scores, returns : float64 [T, N]

    Returns
    -------
    float64 [T]
        NaN where fewer than three symbols have both, or where one side is constant.
    """
    both = np.isfinite(scores) & np.isfinite(returns)
    count = both.sum(axis=1)
    left = _centred(average_ranks(np.where(both, scores, np.nan)), count)
    right = _centred(average_ranks(np.where(both, returns, np.nan)), count)
    scale = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    product = (left * right).sum(axis=1)
    is_defined = (count >= FEWEST_SYMBOLS) & (scale > 0)
    return np.where(is_defined, product / np.where(is_defined, scale, 1.0), np.nan)


def evaluate_scores(scores: Floats, returns: Floats, *, horizon_bars: int) -> Evaluation:
    """Judge float64 [T, N] scores against the forward returns they foretold."""
    both = np.isfinite(scores) & np.isfinite(returns)
    foretold, happened = scores[both], returns[both]
    coefficients = rank_ic(scores, returns)
    known = coefficients[np.isfinite(coefficients)]
    error = happened - foretold
    squares = float((happened**2).sum())
    signs = np.sign(foretold) * np.sign(happened)
    decided = signs[signs != 0]
    return Evaluation(
        samples=len(foretold),
        bars=len(known),
        rank_ic_mean=_mean(known),
        rank_ic_std=float(known.std(ddof=1)) if len(known) > 1 else float("nan"),
        rank_ic_t=_t_statistic(coefficients, horizon_bars),
        hit_ratio=_mean(decided > 0),
        rmse=float(np.sqrt(_mean(error**2))),
        residual_std=float(error.std(ddof=1)) if len(error) > 1 else float("nan"),
        r_squared=1.0 - float((error**2).sum()) / squares if squares > 0 else float("nan"),
    )


def _centred(ranks: Floats, count: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Floats:
    return np.where(np.isnan(ranks), 0.0, ranks - (count[:, None] + 1) / 2.0)


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _t_statistic(coefficients: Floats, horizon_bars: int) -> float:
    apart = coefficients[:: max(horizon_bars, 1)]
    apart = apart[np.isfinite(apart)]
    if len(apart) < 2 or (spread := float(apart.std(ddof=1))) == 0.0:
        return float("nan")
    return float(apart.mean()) / (spread / float(np.sqrt(len(apart))))
