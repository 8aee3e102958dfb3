"""Sharpe ratio of positions held by a model's scores, as early stopping watches it (specification 7.2).

Every sample of a bar is held in proportion to its score, long or short, with the gross exposure 1:

    r_t = sum_i s_i R_i / sum_i |s_i|,    Sharpe = mean_t(r_t) / std_t(r_t)

where R_i is the forward return, s_i a regressor's prediction or a classifier's sum of class probabilities, each by its
sign. A bar without scores earns nothing. It is per bar, gross of costs and not annualised: horizons overlap, so its
level says nothing; only which number of trees has more of it.
"""

from __future__ import annotations

import numpy as np

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.models.context import ValidationTail

__all__ = ["SharpeMetric"]


class SharpeMetric:
    """The metric on one tail.

    Parameters
    ----------
    tail : ValidationTail
        With returns and bars.

    Raises
    ------
    TrainingError
        If they are missing (QTS-MODEL-031).
    """

    name = "sharpe"

    def __init__(self, tail: ValidationTail) -> None:
        if tail.returns is None or tail.bars is None:
            raise TrainingError(
                "QTS-MODEL-031", "the metric sharpe needs forward returns and bars", where="validation tail",
                found="none", expected="returns and bars of every sample",
                fix="give ValidationTail(returns=..., bars=...), or choose evaluation_metric: loss",
            )  # fmt: skip
        self._known = np.isfinite(tail.returns)
        self._returns = np.where(self._known, tail.returns, 0.0)
        _, self._bar = np.unique(tail.bars, return_inverse=True)
        self._bars = int(self._bar.max()) + 1 if len(self._bar) else 0
        self._signs = tail.signs

    def __len__(self) -> int:
        return len(self._returns)

    def __call__(self, predictions: Floats) -> float:
        """Return the Sharpe ratio per bar; 0 when nothing varies.

        Parameters
        ----------
        predictions : float [V] or [V, K]
            A regressor's predictions; the probability of "up"; or those of K classes.
        """
        scores = np.asarray(predictions, dtype=np.float64)
        if scores.ndim == 2:
            scores = scores @ np.asarray(self._signs, dtype=np.float64)
        scores = np.where(self._known, scores, 0.0)
        gross = np.bincount(self._bar, np.abs(scores), self._bars)
        earned = np.bincount(self._bar, scores * self._returns, self._bars)
        returns = np.divide(earned, gross, out=np.zeros_like(earned), where=gross > 0)
        deviation = float(returns.std(ddof=1)) if self._bars > 1 else 0.0
        return float(returns.mean()) / deviation if deviation > 0 else 0.0

    def of_up(self, chances: Floats) -> float:
        """Return the Sharpe ratio by the probability of the second of two classes, float [V]."""
        low, high = self._signs[0], self._signs[-1]
        return self(low + (high - low) * np.asarray(chances, dtype=np.float64))
