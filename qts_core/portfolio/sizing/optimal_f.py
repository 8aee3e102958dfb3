"""Optimal f: the share that would have grown most, over the trades there were and over many drawn histories (10.1)."""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["growth", "monte_carlo_f", "optimal_f", "worst_fall"]

STEPS = 60
GOLDEN = (5.0**0.5 - 1.0) / 2.0


def growth(share: float, trades: Floats) -> float:
    """Return the mean log growth a trade when `share` of equity is lost by a trade as bad as the worst of `trades`.

    Parameters
    ----------
    share : float
        f, 0 to 1.
    trades : float64 [K]
        Returns of closed trades, at least one of them negative.
    """
    return float(np.log1p(share * trades / -float(trades.min())).mean())


def optimal_f(trades: Floats) -> float:
    """Return the share f of equity, 0 to 1, that a loss like the worst seen would cost and that would have grown most.

    It is the numerical form of Kelly for outcomes of any size and agrees with it for two outcomes: it is not "more
    aggressive" in itself (X-17), but takes no account of losses worse than the worst seen. 0 when trades lose on
    average or none has lost.

    References
    ----------
    Vince (1990), "Portfolio Management Formulas", chapter 2: f maximises the geometric mean of 1 + f * r / |worst|.
    """
    if not len(trades) or not float(trades.min()) < 0.0 or not float(trades.mean()) > 0.0:
        return 0.0
    # Growth is concave in f: golden section finds its peak to 1e-12.
    low, high = 0.0, 1.0 - 1e-12
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if growth(left, trades) < growth(right, trades):
            low = left
        else:
            high = right
    return (low + high) / 2.0


def monte_carlo_f(
    trades: Floats, generator: np.random.Generator, *, paths: int = 500, confidence: float = 0.95,
    drawdown_limit: float = 0.15,
) -> float:  # fmt: skip
    """Return the largest share f, at most :func:`optimal_f`, that keeps drawn histories from falling too far.

    Histories of as many trades are drawn with replacement; of `confidence` of them the largest fall from the highest
    equity is at most `drawdown_limit`.

    Parameters
    ----------
    generator : numpy.random.Generator
        The same draws serve every f, so the answer is one of the generator's state.
    """
    best = optimal_f(trades)
    if best == 0.0:
        return 0.0
    drawn = trades[generator.integers(0, len(trades), (paths, len(trades)))] / -float(trades.min())
    low, high = 0.0, best
    if float(np.quantile(worst_fall(drawn, high), confidence)) <= drawdown_limit:
        return high
    for _ in range(30):
        middle = (low + high) / 2.0
        if float(np.quantile(worst_fall(drawn, middle), confidence)) <= drawdown_limit:
            low = middle
        else:
            high = middle
    return low


@kernel
def worst_fall(outcomes: Floats, share: float) -> Floats:
    """Return the largest fall from the highest equity, ratio, of each of [P, K] histories staked with `share`."""
    falls = np.zeros(len(outcomes))
    for path in range(len(outcomes)):
        equity, highest = 1.0, 1.0
        for outcome in outcomes[path]:
            equity *= 1.0 + share * outcome
            highest = max(highest, equity)
            falls[path] = max(falls[path], 1.0 - equity / highest)
    return falls
