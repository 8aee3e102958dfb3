"""How much money a strategy bears before its own trading eats half of its Sharpe ratio (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq

from qts_core.analytics.ratios import sharpe_ratio
from qts_core.market.panel import Floats

__all__ = ["Capacity", "CapacityLine", "capacity", "impact_ratio"]

SIZES: Final = (1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10)
SMALLEST, LARGEST = 1.0, 1e15
COEFFICIENT: Final = 1.0


@dataclass(frozen=True, slots=True)
class CapacityLine:
    """Annualised net Sharpe ratio when `equity` USD are managed."""

    equity: float
    sharpe: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """Net Sharpe ratio against size, `n` sessions.

    Attributes
    ----------
    small : float
        Net Sharpe ratio without impact.
    half : float
        Equity at which half of it is left, USD; infinite where impact never takes so much, NaN where nothing is
        earned without it.
    lines : tuple of CapacityLine
    """

    n: int
    small: float
    half: float
    lines: tuple[CapacityLine, ...]


def impact_ratio(traded: Floats, volatility: Floats, volume: Floats, *, coefficient: float = COEFFICIENT) -> float:
    """Return what orders cost by their impact, ratio of equity, when the equity is 1 USD.

    Parameters
    ----------
    traded : float64 [orders]
        Value of each order over equity, positive.
    volatility : float64 [orders]
        Deviation of the symbol's daily return, ratio.
    volume : float64 [orders]
        Value traded in the symbol in a day, USD.
    coefficient : float
        Of the square-root law; about 1.

    Notes
    -----
    An order of value Q costs ``coefficient x volatility x sqrt(Q / volume)`` of Q, so the ratio of equity grows with
    the root of equity: multiply by ``sqrt(equity)``.

    References
    ----------
    Almgren, Thum, Hauptmann and Li (2005), "Direct Estimation of Equity Market Impact", Risk 18(7), 57-62.
    Tóth et al. (2011), Physical Review X 1, 021006.
    """
    return float(np.sum(coefficient * volatility * traded * np.sqrt(traded / volume)))


def capacity(net: Floats, impact: Floats, *, sizes: Sequence[float] = SIZES) -> Capacity:
    """Return the size at which the net Sharpe ratio halves under square-root impact.

    Parameters
    ----------
    net : float64 [D]
        Return of each session after spread, slippage and fees but without impact, ratio.
    impact : float64 [D]
        :func:`impact_ratio` of each session's orders.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    if len(net) != len(impact):
        raise ValueError(f"{len(net)} returns but {len(impact)} impacts")

    def at(equity: float) -> float:
        return sharpe_ratio(net - impact * math.sqrt(equity))

    small = sharpe_ratio(net)
    lines = tuple(CapacityLine(size, at(size)) for size in sizes)
    return Capacity(len(net), small, _half(small, at), lines)


def _half(small: float, at: Callable[[float], float]) -> float:
    if not small > 0:
        return math.nan

    def left(exponent: float) -> float:
        return at(10.0**exponent) - small / 2

    low, high = math.log10(SMALLEST), math.log10(LARGEST)
    if not left(high) < 0:
        return math.inf
    if left(low) <= 0:
        return SMALLEST
    return float(10.0 ** brentq(left, low, high, xtol=1e-12))
