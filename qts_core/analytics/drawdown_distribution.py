"""All drawdowns together: how deep, how long, how fast recovered, and the worst one by one (specification 11.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.analytics.drawdown import Drawdown, drawdowns
from qts_core.analytics.spread import Spread
from qts_core.market.panel import Floats

__all__ = ["DrawdownDistribution"]


@dataclass(frozen=True, slots=True)
class DrawdownDistribution:
    """The episodes under water of one equity curve, counted in its rows (sessions or bars).

    Attributes
    ----------
    episodes : tuple of Drawdown
        Oldest first; the last may be open.
    rows : int
        Rows of the curve.
    depth : Spread
        Depths, positive ratios.
    duration : Spread
        Rows from the peak until it was reached again, or to the last row.
    fall, recovery : Spread
        Rows from peak to trough, and from trough to the end of those that ended.
    """

    episodes: tuple[Drawdown, ...]
    rows: int
    depth: Spread
    duration: Spread
    fall: Spread
    recovery: Spread

    @classmethod
    def of(cls, equity: Floats) -> DrawdownDistribution:
        """Measure equity [n], the first row before anything happened."""
        episodes = drawdowns(equity)
        last = len(equity) - 1
        return cls(
            episodes,
            len(equity),
            depth=Spread.of(np.array([d.depth for d in episodes])),
            duration=Spread.of(np.array([(last if d.end is None else d.end) - d.peak for d in episodes])),
            fall=Spread.of(np.array([d.trough - d.peak for d in episodes])),
            recovery=Spread.of(np.array([d.recovery for d in episodes if d.recovery is not None])),
        )

    @property
    def n(self) -> int:
        """Number of episodes."""
        return len(self.episodes)

    @property
    def is_open(self) -> bool:
        """Whether the curve ends under water."""
        return bool(self.episodes) and self.episodes[-1].end is None

    def worst(self, count: int = 5) -> tuple[Drawdown, ...]:
        """Return the `count` deepest episodes, deepest first."""
        return tuple(sorted(self.episodes, key=lambda d: -d.depth)[:count])
