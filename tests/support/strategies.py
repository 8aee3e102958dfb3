"""User strategies for tests: a moving-average crossover, one that orders, and one that looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.trading.strategy import OrderWish, Strategy, View, Wanted

__all__ = ["Crossover", "Random", "Said"]


class Crossover(Strategy):
    """Long what trades above its mean of the last `slow` bars, short what trades below."""

    name = "crossover"

    def __init__(self, slow: int = 8, weight: float = 0.05) -> None:
        self.slow, self.weight = slow, weight
        self.closes: list[object] = []

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        self.closes = [*self.closes, to_list(bars.close)][-self.slow :]
        if len(self.closes) < self.slow:
            return None
        mean = np.array([from_list(row) for row in self.closes]).mean(axis=0)
        direction: Floats = np.sign(bars.close - mean)
        return direction * self.weight

    def snapshot(self) -> Mapping[str, object]:
        return {"closes": self.closes}

    def restore(self, state: Mapping[str, object]) -> None:
        self.closes = list(cast(Sequence[object], state["closes"]))


class Random(Strategy):
    """Random weights now and then, the same for the same seed."""

    def __init__(self, name: str, seed: int, scale: float = 0.08) -> None:
        self.name = name
        self.scale = scale
        self.random = np.random.default_rng(seed)

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        draw = self.random.uniform(-self.scale, self.scale, len(view.symbols))
        return np.where(self.random.random(len(draw)) < 0.3, draw, np.nan)


class Said(Strategy):
    """Answers with what a function says."""

    def __init__(self, say: Callable[[BarSlice, View], Wanted], *, timeframes: tuple[str, ...] = ()) -> None:
        self.name = "said"
        self.timeframes = timeframes
        self.say = say

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        return self.say(bars, view)


def buy(symbol: str, shares: int) -> OrderWish:
    """Return a market order, signed."""
    return OrderWish(symbol, Decimal(shares))
