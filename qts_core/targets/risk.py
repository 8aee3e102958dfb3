"""Labels of risk: return by risk taken, volatility, Sharpe ratio, the best position (checklist 6.5-34 to 6.5-37).

All of them are entered at the open of bar t + 1, left at the open of bar t + 1 + h, and use nothing later.
"""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats, Panel
from qts_core.targets.labels import LabelPanel, forward_return
from qts_core.targets.paths import known_scale, path_steps

__all__ = ["FULL_SIZE_DEVIATIONS", "position_size", "realised_variance", "risk_adjusted_return", "sharpe", "volatility"]

FULL_SIZE_DEVIATIONS = 2.0
"""A steady move of so many expected deviations deserves the full position."""


def risk_adjusted_return(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return the forward return in expected deviations, ``R / (s sqrt(h))`` with s known at t.

    NaN where s is unknown or zero.
    """
    labels = forward_return(panel, horizon_bars)
    expected = known_scale(panel).deviation * np.sqrt(horizon_bars)
    values = labels.values / np.where(expected > 0, expected, np.nan)
    return LabelPanel(values, labels.end_row)


def realised_variance(panel: Panel, horizon_bars: int) -> Floats:
    """Return the sum of squared log returns from open to open over the horizon, [T, N] (Andersen et al. 2003, p. 583).

    NaN where the forward return is.
    """
    total = np.zeros(forward_return(panel, horizon_bars).values.shape)
    known = len(total) - horizon_bars - 1
    for step in path_steps(panel, horizon_bars):
        total[:known] += step**2
    return np.where(np.isfinite(forward_return(panel, horizon_bars).values), total, np.nan)


def volatility(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return the realised volatility of one bar, ``sqrt(RV / h)``: root mean square of the h returns."""
    variance = realised_variance(panel, horizon_bars)
    return LabelPanel(np.sqrt(variance / horizon_bars), forward_return(panel, horizon_bars).end_row)


def sharpe(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return mean over sample standard deviation of the h log returns from open to open, per bar, not annualised.

    NaN where they do not vary (Sharpe 1994, Journal of Portfolio Management 21(1), p. 50).
    """
    labels = forward_return(panel, horizon_bars)
    values = np.full(labels.values.shape, np.nan)
    known = max(len(panel) - horizon_bars - 1, 0)
    mean, squares = np.zeros(values[:known].shape), np.zeros(values[:known].shape)
    largest = np.zeros(mean.shape)
    for step in path_steps(panel, horizon_bars):
        mean += step / horizon_bars
        largest = np.maximum(largest, np.abs(step))
    for step in path_steps(panel, horizon_bars):
        squares += (step - mean) ** 2
    spread = np.sqrt(squares / (horizon_bars - 1))
    # Rounding gives equal returns a tiny deviation; it is no risk.
    varies = spread > 1e-10 * largest
    values[:known] = np.where(varies, mean / np.where(varies, spread, 1.0), np.nan)
    return LabelPanel(np.where(np.isfinite(labels.values), values, np.nan), labels.end_row)


def position_size(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return the position in [-1, 1] that would have been best.

    It maximises ``w R - a w^2 RV / 2``, the mean-variance utility of what then happened (Merton 1969, Review of
    Economics and Statistics 51(3), p. 250), with a risk aversion ``a = 2 / (s sqrt(h))`` known at t: a move of two
    expected deviations, with the variance that was expected, deserves the full position. ``w = R s sqrt(h) / (2 RV)``,
    cut to [-1, 1]; 0 where nothing moved.
    """
    labels = forward_return(panel, horizon_bars)
    variance = realised_variance(panel, horizon_bars)
    expected = known_scale(panel).deviation * np.sqrt(horizon_bars)
    wanted = labels.values * expected / (FULL_SIZE_DEVIATIONS * np.where(variance > 0, variance, 1.0))
    return LabelPanel(np.clip(wanted, -1.0, 1.0), labels.end_row)
