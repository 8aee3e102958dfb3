"""How far an order moves the price it pays: fixed, volume, volatility, square-root, Almgren-Chriss (11.2).

Every model gives the adverse move as a ratio of the price, from the shares of one fill and what was known of the market
before the bar. None of them is ever a gain, and none falls when the order grows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from qts_core.exchange.conditions import Conditions

__all__ = [
    "AlmgrenChriss",
    "FixedSlippage",
    "SlippageModel",
    "SquareRootSlippage",
    "VolatilitySlippage",
    "VolumeSlippage",
    "ratio_of",
]

RATIO_STEP = Decimal("0.0000000001")
PER_BPS = 1e-4
PERCENT = 100.0


class SlippageModel(Protocol):
    """A model of slippage and impact."""

    def ratio(self, shares: float, before: float, market: Conditions) -> float:
        """Return the adverse move as a ratio of the price, at least 0.

        Parameters
        ----------
        shares : float
            What this fill takes, positive.
        before : float
            Shares that the account took in the same direction earlier in the session, at least 0.
        market : Conditions
            The symbol's volume and volatility as known before the bar.
        """


@dataclass(frozen=True, slots=True)
class FixedSlippage:
    """The same basis points for every order; simple and unrealistic."""

    bps: float = 5.0

    def ratio(self, shares: float, before: float, market: Conditions) -> float:
        """Return the fixed ratio."""
        return self.bps * PER_BPS


@dataclass(frozen=True, slots=True)
class VolumeSlippage:
    """``min(cap, base + factor x participation in percent)`` basis points (checklist X-16): 1 % pays 15 bps."""

    base_bps: float = 5.0
    factor: float = 10.0
    cap_bps: float = 50.0

    def ratio(self, shares: float, before: float, market: Conditions) -> float:
        """Return the ratio of a fill."""
        return min(self.cap_bps, self.base_bps + self.factor * PERCENT * market.participation(shares)) * PER_BPS


@dataclass(frozen=True, slots=True)
class VolatilitySlippage:
    """``base x current / usual volatility`` basis points, at most `cap_bps`."""

    base_bps: float = 5.0
    cap_bps: float = 50.0

    def ratio(self, shares: float, before: float, market: Conditions) -> float:
        """Return the ratio of a fill."""
        return min(self.cap_bps, self.base_bps * market.turbulence) * PER_BPS


@dataclass(frozen=True, slots=True)
class SquareRootSlippage:
    """``coefficient x sigma x sqrt(Q / V)`` on top of `base_bps`, sigma and V over the same bar (checklist X-15).

    The law does not depend on the horizon: a day's sigma and volume give the same number. Volume of the session so far
    traded by the account in the same direction counts, so that slicing an order is no way round it.
    """

    coefficient: float = 0.3
    base_bps: float = 0.0

    def ratio(self, shares: float, before: float, market: Conditions) -> float:
        """Return the mean ratio over the fill."""
        scale = self.coefficient * market.volatility
        start, end = market.participation(before), market.participation(before + shares)
        # The mean of the root law's price over the fill: total cost ~ x^1.5, so slices add up to the whole.
        mean = (end**1.5 - start**1.5) / (end - start) if end > start else math.sqrt(end)
        return self.base_bps * PER_BPS + scale * mean


@dataclass(frozen=True, slots=True)
class AlmgrenChriss:
    """Linear temporary and permanent impact: Almgren and Chriss 2000, "Optimal Execution", equations 6 to 8.

    With participation measured in the bar's usual volume and moves in the bar's sigma:
    ``temporary = base + eta x sigma x q / V`` falls on the fill alone; ``permanent = gamma x sigma x q / V`` stays for
    the rest of the session, and a fill pays the mean of it over its own shares: half, where the paper's slices pay
    nothing of their own. The permanent part of X shares costs ``gamma x sigma / V x X^2 / 2`` however they are sliced.
    """

    eta: float = 0.5
    gamma: float = 0.1
    base_bps: float = 0.0

    def ratio(self, shares: float, before: float, market: Conditions) -> float:
        """Return the ratio of a fill after `before` shares of the same session."""
        temporary = self.eta * market.participation(shares)
        permanent = self.gamma * market.participation(before + 0.5 * shares)
        return self.base_bps * PER_BPS + market.volatility * (temporary + permanent)


def ratio_of(value: float) -> Decimal:
    """Return a model's ratio as an exact number of ten decimals, between nothing and all of the price."""
    return Decimal(repr(min(max(value, 0.0), 1.0))).quantize(RATIO_STEP, ROUND_HALF_EVEN)
