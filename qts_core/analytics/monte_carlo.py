"""Other histories that might have been: trades in another order, sessions drawn anew (specification 11.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from qts_core.analytics.bootstrap import stationary_indices
from qts_core.analytics.spread import Spread
from qts_core.market.panel import Floats

__all__ = ["LADDER", "MonteCarlo", "resample_returns", "resample_trades", "shuffle_trades"]

LADDER: Final = (0.05, 0.10, 0.15, 0.20, 0.30)
"""Drawdowns whose probability is stated; 5, 10 and 15 % are the ladder of the risk limits."""
CHUNK: Final = 200
"""Histories in memory at once."""


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """Simulated histories of `n` sessions or trades each.

    Attributes
    ----------
    n, draws : int
        Length and number of the histories.
    final : Spread
        Compound return over a history, ratio.
    max_drawdown : Spread
        Largest loss from a peak, positive ratio.
    drawdown_probability : mapping of float to float
        Share of histories whose largest drawdown reaches each depth of ``LADDER``.
    loss_probability : float
        Share of histories that end below where they began.
    """

    n: int
    draws: int
    final: Spread
    max_drawdown: Spread
    drawdown_probability: Mapping[float, float]
    loss_probability: float

    @classmethod
    def of(cls, final: Floats, drawdown: Floats, *, n: int, ladder: Sequence[float] = LADDER) -> MonteCarlo:
        """Summarise what `draws` histories gave, float64 [draws] each."""
        # A depth that is reached up to rounding is reached.
        reached = {depth: float(np.mean(drawdown >= depth - 1e-12)) for depth in ladder}
        losing = float(np.mean(final < 0.0))
        return cls(n, len(final), Spread.of(final), Spread.of(drawdown), MappingProxyType(reached), losing)


def resample_returns(
    returns: Floats,
    generator: np.random.Generator,
    *,
    sessions: int | None = None,
    mean_block: float = 10.0,
    draws: int = 2000,
) -> MonteCarlo | None:
    """Draw histories from returns [n] with the stationary bootstrap.

    Parameters
    ----------
    sessions : int, optional
        Length of a history, at most n; n by default.
    mean_block : float
        Sessions kept together on average, so that volatility stays clustered.

    Returns
    -------
    MonteCarlo or None
        None below two sessions.

    References
    ----------
    Politis and Romano (1994), Journal of the American Statistical Association 89(428), 1303-1313.
    """
    n = len(returns)
    if n < 2:
        return None
    length = min(sessions or n, n)
    parts = []
    for first in range(0, draws, CHUNK):
        count = min(CHUNK, draws - first)
        picks = stationary_indices(generator, n, mean_block=mean_block, draws=count)[:, :length]
        parts.append(_outcome(np.asarray(np.cumprod(1.0 + returns[picks], axis=1), dtype=np.float64)))
    final, drawdown = np.concatenate(parts, axis=1)
    return MonteCarlo.of(final, drawdown, n=length)


def shuffle_trades(pnl: Floats, initial: float, generator: np.random.Generator, *, draws: int = 2000) -> MonteCarlo:
    """Put the profits of trades [n], USD, in random orders: the end stays, the way there does not.

    Parameters
    ----------
    initial : float
        Equity before the first trade, USD.
    """
    return _trades(pnl, initial, draws, lambda count: generator.permuted(np.tile(pnl, (count, 1)), axis=1))


def resample_trades(pnl: Floats, initial: float, generator: np.random.Generator, *, draws: int = 2000) -> MonteCarlo:
    """Draw as many trades anew from profits [n], USD, with replacement: both the end and the way there vary."""
    size = len(pnl)
    return _trades(pnl, initial, draws, lambda count: pnl[generator.integers(0, max(size, 1), size=(count, size))])


def _trades(pnl: Floats, initial: float, draws: int, drawn: Callable[[int], Floats]) -> MonteCarlo:
    parts = [
        _outcome(1.0 + np.cumsum(drawn(min(CHUNK, draws - first)), axis=1) / initial)
        for first in range(0, draws, CHUNK)
    ]
    final, drawdown = np.concatenate(parts, axis=1)
    return MonteCarlo.of(final, drawdown, n=len(pnl))


def _outcome(growth: Floats) -> Floats:
    """Return final return and largest drawdown of growth [draws, n] from 1, float64 [2, draws]."""
    peak = np.maximum(np.maximum.accumulate(growth, axis=1), 1.0)
    drawdown = np.max(1.0 - growth / peak, axis=1, initial=0.0)
    final = growth[:, -1] - 1.0 if growth.shape[1] else np.zeros(len(growth))
    return np.stack([final, drawdown])
