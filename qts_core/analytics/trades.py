"""Round trips: win rate, profit factor, expectancy, duration and streaks (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["Streaks", "TradeStatistics", "profit_factor", "win_rate"]


@dataclass(frozen=True, slots=True)
class Streaks:
    """Runs of consecutive trades of one outcome, in the order in which they were closed."""

    lengths: tuple[int, ...]

    @property
    def longest(self) -> int:
        """Trades in the longest run, 0 without one."""
        return max(self.lengths, default=0)

    @property
    def average(self) -> float:
        """Mean trades in a run; NaN without one."""
        return float(np.mean(self.lengths)) if self.lengths else math.nan


@dataclass(frozen=True, slots=True)
class TradeStatistics:
    """Statistics of `n` round trips, USD net of costs; a win has a profit above zero, a loss one below.

    Attributes
    ----------
    n, wins, losses : int
        Trades; those that broke even are neither wins nor losses.
    average_win, average_loss : float
        Mean profit of the wins, mean (negative) profit of the losses, USD; NaN without one.
    profit_factor : float
        Sum of profits over sum of losses; infinite without a loss, NaN without either.
    expectancy : float
        Mean profit per trade, USD.
    duration, winning_duration, losing_duration : float
        Mean holding time, bars.
    """

    n: int
    wins: int
    losses: int
    average_win: float
    average_loss: float
    profit_factor: float
    expectancy: float
    duration: float
    winning_duration: float
    losing_duration: float
    winning_streaks: Streaks
    losing_streaks: Streaks

    @classmethod
    def of(cls, pnl: Floats, bars_held: NDArray[np.int64] | Floats) -> TradeStatistics:
        """Compute from profit per trade [n], USD net of costs in the order of closing, and holding times [n], bars.

        Raises
        ------
        ValueError
            If the lengths differ.
        """
        if len(pnl) != len(bars_held):
            raise ValueError(f"{len(pnl)} profits but {len(bars_held)} holding times")
        won, lost = pnl > 0, pnl < 0
        signs = np.sign(pnl).astype(int)
        runs = [(sign, len(list(run))) for sign, run in groupby(signs.tolist())]
        return cls(
            n=len(pnl),
            wins=int(won.sum()),
            losses=int(lost.sum()),
            average_win=_mean(pnl[won]),
            average_loss=_mean(pnl[lost]),
            profit_factor=profit_factor(pnl),
            expectancy=_mean(pnl),
            duration=_mean(bars_held),
            winning_duration=_mean(bars_held[won]),
            losing_duration=_mean(bars_held[lost]),
            winning_streaks=Streaks(tuple(n for sign, n in runs if sign > 0)),
            losing_streaks=Streaks(tuple(n for sign, n in runs if sign < 0)),
        )

    @property
    def win_rate(self) -> float:
        """Wins over all trades, ratio; NaN without a trade."""
        return self.wins / self.n if self.n else math.nan

    @property
    def payoff_ratio(self) -> float:
        """Average win over the size of the average loss; also called win/loss ratio."""
        return -self.average_win / self.average_loss


def win_rate(pnl: Floats) -> float:
    """Return the share of trades with a profit above zero, ratio; NaN without a trade."""
    return float(np.mean(pnl > 0)) if len(pnl) else math.nan


def profit_factor(pnl: Floats) -> float:
    """Return the sum of profits over the sum of losses; infinite without a loss, NaN without either."""
    gained, lost = float(np.sum(pnl[pnl > 0])), -float(np.sum(pnl[pnl < 0]))
    if lost > 0:
        return gained / lost
    return math.inf if gained > 0 else math.nan


def _mean(values: NDArray[np.int64] | Floats) -> float:
    return float(np.mean(values)) if len(values) else math.nan
