"""Which algorithm works a parent: by size, urgency, the market's condition and cost, with the reason (12.2, 12.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from qts_core.orders.algorithms.almgren_chriss import CostEstimate, ImpactModel, cost_of, trajectory

__all__ = ["Algorithm", "Ask", "Candidate", "Route", "RoutingSettings", "aversion", "impact_of", "route"]

BPS = 1e4
URGENCY_RANGE = 100.0
"""Urgency 1 is this many times as averse to risk as urgency a half, which is this many times urgency 0."""
THINNEST = 1e-3
SMALLEST_SPREAD = 0.01


class Algorithm(StrEnum):
    """Ways to work a parent, the simplest first."""

    MARKET = "market"
    """One market order at once."""
    LIMIT = "limit"
    """One resting limit, crossing when the window ends."""
    TWAP = "twap"
    VWAP = "vwap"
    SHORTFALL = "shortfall"


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """Where one algorithm gives way to the next.

    Attributes
    ----------
    small_ratio : float
        Share of a day's volume up to which an order is small.
    urgent_from : float
        Urgency, 0 to 1, from which a small order crosses the spread at once.
    calm_spread_bps : float
        Wider spreads let a small order rest unless its urgency is 1.
    risk_aversion : float
        Lambda at urgency a half, per USD.
    saving_bps : float
        What a less simple algorithm must save to be taken, basis points.
    """

    small_ratio: float = 0.001
    urgent_from: float = 0.5
    calm_spread_bps: float = 20.0
    risk_aversion: float = 1e-6
    saving_bps: float = 0.5


@dataclass(frozen=True, slots=True)
class Ask:
    """An order and its market, as known at the decision.

    Attributes
    ----------
    shares, price : float
        To trade; USD.
    spread_bps : float
        Between bid and ask.
    daily_volume : float
        Shares of a usual session; 0 = not known.
    daily_volatility : float
        Ratio of the price per square root of a session.
    urgency : float
        0 to 1.
    days : float
        The window, ratio of a full session.
    slices : int
    window_volume : tuple of float
        The market's usual share of volume in each slice; empty = no profile.
    is_vwap_benchmark : bool
        Whether the order is to be measured against the window's VWAP.
    """

    shares: float
    price: float
    spread_bps: float
    daily_volume: float
    daily_volatility: float
    urgency: float
    days: float
    slices: int
    window_volume: tuple[float, ...] = ()
    is_vwap_benchmark: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one algorithm is expected to cost, basis points of the order."""

    algorithm: Algorithm
    expected_bps: float
    timing_risk_bps: float
    utility_bps: float


@dataclass(frozen=True, slots=True)
class Route:
    """The choice, in words and figures."""

    algorithm: Algorithm
    reason: str
    candidates: tuple[Candidate, ...] = ()

    @property
    def chosen(self) -> Candidate | None:
        """The expected cost of the choice; None where nothing could be reckoned."""
        return next((c for c in self.candidates if c.algorithm is self.algorithm), None)


def aversion(settings: RoutingSettings, urgency: float) -> float:
    """Return lambda, per USD: a hundred times as much at urgency 1, a hundredth at urgency 0."""
    return float(settings.risk_aversion * URGENCY_RANGE ** (2 * urgency - 1))


def impact_of(ask: Ask) -> ImpactModel | None:
    """Return Almgren and Chriss's rule of thumb for this market, at a spread of a cent or more; None without volume."""
    if not ask.daily_volume > 0:
        return None
    spread = max(ask.price * ask.spread_bps / BPS, SMALLEST_SPREAD)
    return ImpactModel.from_market(spread=spread, daily_volume=ask.daily_volume, sigma=ask.price * ask.daily_volatility)


def route(ask: Ask, settings: RoutingSettings) -> Route:
    """Choose the algorithm of an order.

    Small orders: at once when urgent and the spread is calm, else resting. Larger ones: VWAP where that is the
    benchmark; else the simplest whose expected cost plus lambda times variance is within `saving_bps` of the best.
    """
    model = impact_of(ask)
    if model is None:
        return Route(Algorithm.TWAP, "no volume is known, so only time can be divided")
    ratio = ask.shares / ask.daily_volume
    size = f"{ratio:.3%} of a day's volume, urgency {ask.urgency:.2f}"
    candidates = _candidates(ask, model, aversion(settings, ask.urgency))
    if ratio <= settings.small_ratio:
        is_calm = ask.spread_bps <= settings.calm_spread_bps or ask.urgency >= 1
        if ask.urgency >= settings.urgent_from and is_calm:
            return Route(Algorithm.MARKET, f"small and urgent: {size}", candidates)
        why = "patient" if is_calm else f"a spread of {ask.spread_bps:.1f} bps is worth waiting for"
        return Route(Algorithm.LIMIT, f"small and {why}: {size}", candidates)
    if ask.is_vwap_benchmark and ask.window_volume:
        return Route(Algorithm.VWAP, f"large, to be measured against VWAP: {size}", candidates)
    best = min(c.utility_bps for c in candidates)
    chosen = next(c for c in candidates if c.utility_bps <= best + settings.saving_bps)
    said = ", ".join(f"{c.algorithm} {c.expected_bps:.1f} +- {c.timing_risk_bps:.1f}" for c in candidates)
    return Route(chosen.algorithm, f"large: {size}; expected bps {said}", candidates)


def _candidates(ask: Ask, model: ImpactModel, risk_aversion: float) -> tuple[Candidate, ...]:
    """Return the algorithms that can be reckoned, the simplest first."""
    shares, days, slices = ask.shares, ask.days, ask.slices
    liquidity = None
    if ask.window_volume:
        volume = np.asarray(ask.window_volume, dtype=np.float64)
        liquidity = np.maximum(volume / volume.mean(), THINNEST)
    first = None if liquidity is None else liquidity[:1]
    even = np.linspace(shares, 0.0, slices + 1)
    found = [
        (Algorithm.MARKET, cost_of(np.array([shares, 0.0]), days / slices, model, first)),
        (Algorithm.TWAP, cost_of(even, days, model, liquidity)),
    ]
    if liquidity is not None:
        done = np.concatenate(([0.0], np.cumsum(liquidity))) / liquidity.sum()
        found.append((Algorithm.VWAP, cost_of(shares * (1 - done), days, model, liquidity)))
    best = trajectory(shares, days, slices, model, risk_aversion)
    found.append((Algorithm.SHORTFALL, cost_of(best, days, model, liquidity)))
    return tuple(_candidate(name, cost, shares * ask.price, risk_aversion) for name, cost in found)


def _candidate(name: Algorithm, cost: CostEstimate, notional: float, risk_aversion: float) -> Candidate:
    per = BPS / notional
    return Candidate(name, cost.expected * per, cost.timing_risk * per, cost.utility(risk_aversion) * per)
