"""Neutralisation as a fold: exposures from closed bars, residuals of the combined signals (specification 9.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import numpy as np

from qts_core.alphas.history import ReturnHistory, Rows
from qts_core.alphas.neutral import neutralised, sector_columns
from qts_core.alphas.signal import Signals
from qts_core.alphas.windows import MINIMUM_BREADTH, MINIMUM_KNOWN, standardised, total_and_deviation
from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["Against", "NeutralSettings", "Neutraliser", "market_betas"]


class Against(StrEnum):
    """What signals are made neutral against."""

    MARKET = "market"
    """The strengths add up to zero."""
    SECTOR = "sector"
    """They add up to zero in every sector."""
    BETA = "beta"
    """Times the symbols' betas they add up to zero."""
    FACTOR = "factor"
    """The same with the symbols' momentum, volatility and traded value, standardised."""


@dataclass(frozen=True, slots=True)
class NeutralSettings:
    """What the combined signals are made neutral against.

    Attributes
    ----------
    against : tuple of Against
        All at once; empty = nothing.
    lookback_bars : int
        Bars from which betas and factors are known.
    """

    against: tuple[Against, ...] = ()
    lookback_bars: int = 520


class Neutraliser:
    """A fold over closed bars and signals of N symbols.

    Exposures are estimated at a session's first bar, from bars that are closed, and stand until the next. Until they
    are known nobody can be neutral: there is no opinion. Where a residual is larger than 1, all are divided by the
    largest, which keeps them neutral.

    Parameters
    ----------
    settings : NeutralSettings
    sectors : sequence of str
        Of the N symbols.
    """

    def __init__(self, settings: NeutralSettings, sectors: Sequence[str]) -> None:
        self.settings = settings
        breadth = len(sectors)
        against = settings.against
        fixed = [np.ones((breadth, 1))] if Against.MARKET in against else []
        fixed += [sector_columns(sectors)] if Against.SECTOR in against else []
        self._fixed: Floats = np.hstack(fixed) if fixed else np.zeros((breadth, 0))
        self._is_beta, self._is_factor = Against.BETA in against, Against.FACTOR in against
        self._width = int(self._is_beta) + FACTORS * int(self._is_factor)
        self._moving: Floats = np.full((breadth, self._width), np.nan)
        self._history = ReturnHistory(settings.lookback_bars, breadth) if self._width else None
        self._traded = Rows(settings.lookback_bars, breadth) if self._is_factor else None

    @property
    def exposures(self) -> Floats:
        """In force, float64 [N, F]."""
        return np.hstack([self._fixed, self._moving])

    def update(self, bars: BarSlice, signals: Signals) -> Signals:
        """Take one closed bar and the signals given at its close, and return them neutral."""
        if self._history is not None:
            self._history.update(bars.close * bars.factor)
            if self._traded is not None:
                self._traded.push(bars.close * bars.volume)
            if bars.slot == 0:
                self._moving = self._estimated(self._history.returns)
        strength = neutralised(signals.strength, self.exposures)
        largest = float(np.abs(strength[~np.isnan(strength)]).max(initial=0.0))
        if largest > 1.0:
            strength = strength / largest
        confidence = np.where(np.isnan(strength), np.nan, signals.confidence)
        return Signals(strength, confidence, signals.is_expired, signals.horizon_bars, signals.source)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "moving": to_list(self._moving.ravel()),
            **({} if self._history is None else {"history": self._history.snapshot()}),
            **({} if self._traded is None else {"traded": self._traded.snapshot()}),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._moving = from_list(state["moving"]).reshape(self._moving.shape)
        if self._history is not None:
            self._history.restore(cast(dict[str, object], state["history"]))
        if self._traded is not None:
            self._traded.restore(state["traded"])

    def _estimated(self, returns: Floats) -> Floats:
        columns = [market_betas(returns)] if self._is_beta else []
        if self._traded is not None:
            total, deviation, _ = total_and_deviation(returns)
            value, _, count = total_and_deviation(self._traded.values)
            with np.errstate(divide="ignore", invalid="ignore"):
                size = np.log(value / count)
            columns += [standardised(np.where(np.isfinite(raw), raw, np.nan)) for raw in (total, deviation, size)]
        return np.column_stack(columns)


FACTORS = 3


@kernel
def market_betas(returns: Floats) -> Floats:
    """Return each symbol's least-squares slope, with intercept, on the mean return of all symbols; [T, N] to [N].

    NaN where fewer than four fifths of the returns are known, or the market did not move.
    """
    length, breadth = returns.shape
    market, found = np.full(length, np.nan), np.full(breadth, np.nan)
    for t in range(length):
        known = returns[t][~np.isnan(returns[t])]
        if len(known) >= MINIMUM_BREADTH:
            market[t] = known.mean()
    for i in range(breadth):
        both = ~np.isnan(returns[:, i]) & ~np.isnan(market)
        if both.sum() < max(2.0, MINIMUM_KNOWN * length):
            continue
        x, y = market[both], returns[both, i]
        x = x - x.mean()
        square = (x * x).sum()
        if square > 0.0:
            found[i] = (x * (y - y.mean())).sum() / square
    return found
