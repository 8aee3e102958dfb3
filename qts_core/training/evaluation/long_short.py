"""What scores would earn long and short, in one vectorised pass: no orders, no limits, whole horizons (7.3).

Every horizon the ranks of the scores become weights, half of the money long and half short, and stand until the next.
It ranks folds; what a strategy earns is the event backtest's to say, and ``training/search/trading`` stands between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.ratios import sharpe_ratio, sortino_ratio
from qts_core.market.panel import Floats
from qts_core.market.timeline import BARS_PER_SESSION, SESSIONS_PER_YEAR
from qts_core.training.evaluation.scores import FEWEST_SYMBOLS, average_ranks

__all__ = ["LongShort", "long_short", "periods_per_year"]

BPS = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class LongShort:
    """One period a horizon.

    Attributes
    ----------
    gross, net : float64 [P]
        Return of each period on the money at stake, ratio; before and after costs.
    turnover : float64 [P]
        Traded value over that money, both sides counted.
    periods_per_year : int
    """

    gross: Floats
    net: Floats
    turnover: Floats
    periods_per_year: int

    def measures(self) -> dict[str, float]:
        """Return the figures by name; NaN where undefined."""
        year, net = self.periods_per_year, self.net
        lost = float(-net[net < 0].sum())
        traded = float(self.turnover.sum())
        return {
            "sharpe": sharpe_ratio(net, periods_per_year=year),
            "gross_sharpe": sharpe_ratio(self.gross, periods_per_year=year),
            "sortino": sortino_ratio(net, periods_per_year=year),
            "max_drawdown": max_drawdown(np.r_[1.0, np.cumprod(1.0 + net)]) if len(net) else float("nan"),
            "profit_factor": float(net[net > 0].sum()) / lost if lost > 0 else float("nan"),
            "turnover": traded / len(net) if len(net) else float("nan"),
            "break_even_bps": float(self.gross.sum()) / traded * BPS if traded > 0 else float("nan"),
            "periods": float(len(net)),
        }


def periods_per_year(horizon_bars: int) -> int:
    """Return how many horizons a year has, at least one."""
    return max(1, round(SESSIONS_PER_YEAR * BARS_PER_SESSION / max(horizon_bars, 1)))


def long_short(scores: Floats, returns: Floats, *, horizon_bars: int, cost_ratio: float = 0.0) -> LongShort:
    """Trade float64 [T, N] scores, once every horizon.

    Parameters
    ----------
    scores : float64 [T, N]
        NaN = no opinion, no position.
    returns : float64 [T, N]
        Forward returns over the horizon; a position whose return nobody knows earns nothing.
    horizon_bars : int
        Rows from one decision to the next, so that returns do not overlap.
    cost_ratio : float
        Cost of the traded value.
    """
    step = max(horizon_bars, 1)
    told, came = scores[::step], returns[::step]
    has_score = np.isfinite(told)
    count = has_score.sum(axis=1)
    ranks = average_ranks(np.where(has_score, told, np.nan))
    centred = np.where(has_score, ranks - (count[:, None] + 1) / 2.0, 0.0)
    total = np.abs(centred).sum(axis=1, keepdims=True)
    is_traded = (count >= FEWEST_SYMBOLS)[:, None] & (total > 0)
    weights = np.where(is_traded, centred / np.where(total > 0, total, 1.0), 0.0)
    judged = np.isfinite(came).any(axis=1) & (count > 0)
    weights, came = weights[judged], np.nan_to_num(came[judged], nan=0.0)
    gross = (weights * came).sum(axis=1)
    turnover = np.abs(np.diff(weights, axis=0, prepend=0.0)).sum(axis=1) if len(weights) else np.empty(0)
    return LongShort(gross, gross - cost_ratio * turnover, turnover, periods_per_year(horizon_bars))
