"""Kelly's share of equity, with what makes it bearable: a fraction, a floor, a cap, a wait, smoothing (10.1)."""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["kelly_of_trades", "kelly_ratio", "smoothed_kelly"]


def kelly_ratio(win_rate: float, win_loss_ratio: float) -> float:
    """Return the share of equity to stake: (p W - (1 - p)) / W; negative where the bet loses.

    Parameters
    ----------
    win_rate : float
        p, 0 to 1.
    win_loss_ratio : float
        W, mean gain over mean loss, positive.

    References
    ----------
    Kelly (1956), "A New Interpretation of Information Rate", Bell System Technical Journal 35, 917-926.
    """
    return (win_rate * win_loss_ratio - (1.0 - win_rate)) / win_loss_ratio


def kelly_of_trades(trades: Floats) -> float:
    """Return Kelly's share, 0 to 1, from the returns [K] of closed trades, their mean gain and mean loss.

    It is taken as the weight itself, as the specification does. Kelly's own bet loses all its stake; to lose the share
    at a mean loss of a few percent a position would have to be many times the equity.

    A trade that earned nothing counts as lost. Without a loss, or without a gain, no ratio is known: all or nothing
    would follow from luck, so without a loss it is 0 as well until one has been seen.
    """
    gains, losses = trades[trades > 0.0], -trades[trades <= 0.0]
    if not len(gains) or not len(losses) or not float(losses.mean()) > 0.0:
        return 0.0
    return min(max(kelly_ratio(len(gains) / len(trades), float(gains.mean() / losses.mean())), 0.0), 1.0)


def smoothed_kelly(trades: Floats, lookback_trades: int, half_life_trades: float, minimum_trades: int) -> float:
    """Return the exponentially weighted mean of Kelly's shares after each trade, the newest counting most.

    Parameters
    ----------
    trades : float64 [K]
        Returns of closed trades, oldest first, out of sample.
    lookback_trades : int
        Trades in each estimate.
    half_life_trades : float
        0 = only the newest estimate.
    minimum_trades : int
        Trades before the first estimate.
    """
    if half_life_trades <= 0.0:
        return kelly_of_trades(trades[-lookback_trades:])
    ends = np.arange(min(minimum_trades, len(trades)), len(trades) + 1)
    estimates = np.array([kelly_of_trades(trades[max(0, end - lookback_trades) : end]) for end in ends])
    weights = 0.5 ** ((len(trades) - ends) / half_life_trades)
    return float(estimates @ weights / weights.sum())
