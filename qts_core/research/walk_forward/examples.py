"""Two strategies to begin with, each in one class: a moving-average crossover and a short-term reversal (11.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats, Panel
from qts_core.trading.strategy import Strategy, View, Wanted

__all__ = ["Crossover", "Reversal"]

INVESTED = 0.95
"""Share of equity: orders decided at a close fill at another open, and what they cost then must be there."""
SAME = 1e-12
"""Relative distance of two means that rounding alone may make."""


class _ByMeans(Strategy, ABC):
    """Holds equal weights by the chain-linked closes of the last `reach` bars."""

    def __init__(self, reach: int) -> None:
        self.reach = reach
        self._closes: list[Floats] = []

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        """Return equal weights of the chosen symbols once there are enough bars."""
        del view
        self._closes = [*self._closes, bars.close * bars.factor][-self.reach :]
        if len(self._closes) < self.reach:
            return None
        chosen: Floats = self._chosen(np.array(self._closes)[None])[0]
        return chosen

    def weights(self, panel: Panel) -> Floats:
        """Return the same for every bar, float64 [T, N]."""
        closes = panel["close"] * panel["factor"]
        wanted = np.full(closes.shape, np.nan)
        if len(closes) >= self.reach:
            view = np.lib.stride_tricks.sliding_window_view(closes, self.reach, axis=0)
            wanted[self.reach - 1 :] = self._chosen(np.moveaxis(view, 2, 1))
        return wanted

    def snapshot(self) -> Mapping[str, object]:
        """Return the closes that it remembers."""
        return {"closes": [to_list(row) for row in self._closes]}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take them up again."""
        self._closes = [from_list(row) for row in cast(Sequence[list[str | float]], state["closes"])]

    @abstractmethod
    def _chosen(self, closes: Floats) -> Floats:
        """Return weights [m, N] of closes [m, reach, N]."""


class Crossover(_ByMeans):
    """Holds what trades above: the mean of the last `fast` closes over that of the last `slow`; long or flat."""

    name = "crossover"
    space: ClassVar[Mapping[str, object]] = {"fast": (4, 40), "slow": (52, 260)}
    horizon_bars = 26

    def __init__(self, fast: int = 20, slow: int = 100) -> None:
        super().__init__(slow)
        self.fast = fast

    def _chosen(self, closes: Floats) -> Floats:
        short, long = closes[:, -self.fast :].mean(axis=1), closes.mean(axis=1)
        is_above = short > long * (1 + SAME)
        return np.where(np.isnan(long), np.nan, INVESTED * is_above / closes.shape[2])


class Reversal(_ByMeans):
    """Holds what fell most: the share `breadth` of the symbols with the worst move over `lookback` bars."""

    name = "reversal"
    space: ClassVar[Mapping[str, object]] = {"lookback": (2, 52), "breadth": (0.1, 0.5)}
    horizon_bars = 26

    def __init__(self, lookback: int = 13, breadth: float = 0.2) -> None:
        super().__init__(lookback + 1)
        self.breadth = breadth

    def _chosen(self, closes: Floats) -> Floats:
        move = closes[:, -1] / closes[:, 0] - 1.0
        known = np.isfinite(move)
        count = np.maximum(1, np.floor(known.sum(axis=1) * self.breadth)).astype(np.int64)
        order = np.argsort(np.argsort(np.where(known, move, np.inf), axis=1, kind="stable"), axis=1, kind="stable")
        is_held = (order < count[:, None]) & known
        return np.where(known, INVESTED * is_held / count[:, None], np.nan)
