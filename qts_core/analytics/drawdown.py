"""Losses from the peak: the underwater curve, its episodes, and the measures made of them (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats

__all__ = [
    "Drawdown",
    "average_drawdown",
    "burke_ratio",
    "drawdown_curve",
    "drawdowns",
    "max_drawdown",
    "pain_index",
    "sterling_ratio",
    "ulcer_index",
]

STERLING_EPISODES = 5


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One episode under water, in rows of the equity curve.

    Attributes
    ----------
    peak, trough : int
        Rows of the peak before it and of its lowest point.
    end : int or None
        Row at which the peak was reached again, None while it has not been.
    depth : float
        Loss from the peak at the trough, positive ratio.
    """

    peak: int
    trough: int
    end: int | None
    depth: float

    @property
    def recovery(self) -> int | None:
        """Rows from the trough until the peak was reached again."""
        return None if self.end is None else self.end - self.trough


def drawdown_curve(equity: Floats) -> Floats:
    """Return the loss from the highest equity so far, ratio <= 0 [n]."""
    return equity / np.maximum.accumulate(equity) - 1


def max_drawdown(equity: Floats) -> float:
    """Return the deepest loss from a peak as a positive ratio; 0 when equity never fell."""
    return max(0.0, -float(np.min(drawdown_curve(equity)))) if len(equity) else math.nan


def drawdowns(equity: Floats) -> tuple[Drawdown, ...]:
    """Return every episode under water, oldest first; the last may still be open."""
    under = drawdown_curve(equity)
    is_under = np.r_[False, under < 0, False]
    starts = np.flatnonzero(is_under[1:] & ~is_under[:-1])
    ends = np.flatnonzero(~is_under[1:] & is_under[:-1])
    episodes = []
    for first, after in zip(starts, ends, strict=True):
        trough = int(first + np.argmin(under[first:after]))
        end = int(after) if after < len(equity) else None
        episodes.append(Drawdown(int(first) - 1, trough, end, -float(under[trough])))
    return tuple(episodes)


def average_drawdown(equity: Floats) -> float:
    """Return the mean depth of the episodes, positive ratio; 0 without one."""
    depths = [d.depth for d in drawdowns(equity)]
    return float(np.mean(depths)) if depths else 0.0


def ulcer_index(equity: Floats) -> float:
    """Return the root mean square of the drawdown over all rows, positive ratio.

    References
    ----------
    Martin and McCann (1989), "The Investor's Guide to Fidelity Funds".
    """
    return float(np.sqrt(np.mean(drawdown_curve(equity) ** 2)))


def pain_index(equity: Floats) -> float:
    """Return the mean drawdown over all rows, positive ratio.

    References
    ----------
    Becker (2006), "What is the pain index?", Zephyr Associates.
    """
    return max(0.0, -float(np.mean(drawdown_curve(equity))))


def burke_ratio(equity: Floats, annual_return: float) -> float:
    """Return `annual_return` over the root of the sum of squared episode depths; NaN without an episode.

    References
    ----------
    Burke (1994), "A Sharper Sharpe Ratio", Futures 23(3).
    """
    squares = sum(d.depth**2 for d in drawdowns(equity))
    return annual_return / math.sqrt(squares) if squares > 0 else math.nan


def sterling_ratio(equity: Floats, annual_return: float) -> float:
    """Return `annual_return` over the mean depth of the five deepest episodes; NaN without an episode.

    References
    ----------
    Kestner (1996), "Getting a Handle on True Performance", Futures 25(1). No 10 % is added to the denominator.
    """
    deepest = sorted((d.depth for d in drawdowns(equity)), reverse=True)[:STERLING_EPISODES]
    return annual_return / float(np.mean(deepest)) if deepest else math.nan
