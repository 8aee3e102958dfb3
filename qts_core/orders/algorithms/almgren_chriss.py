"""Optimal trading trajectories in closed form: Almgren and Chriss (2000), Journal of Risk 3(2), 5-39.

Units: USD, shares and trading days. Selling and buying cost the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qts_core.market.errors import OrderSubmissionError
from qts_core.market.panel import Floats

__all__ = ["CostEstimate", "ImpactModel", "cost_of", "half_life", "kappa", "trajectory"]

SPREAD_PER_VOLUME = 0.01
"""Share of a day's volume whose rate of trading moves the price by one spread for the time of the trade (page 22)."""
SPREAD_PER_SHIFT = 0.1
"""Share of a day's volume that moves the price by one spread for good (page 22)."""


@dataclass(frozen=True, slots=True)
class ImpactModel:
    """What trading does to the price, and what the price does alone.

    Attributes
    ----------
    epsilon : float
        Fixed cost, USD per share: half the spread and fees.
    eta : float
        Temporary impact, USD per share for a rate of one share per day.
    gamma : float
        Permanent impact, USD per share for each share traded.
    sigma : float
        Volatility, USD per share and square root of a day.
    """

    epsilon: float
    eta: float
    gamma: float
    sigma: float

    @classmethod
    def from_market(cls, *, spread: float, daily_volume: float, sigma: float) -> ImpactModel:
        """Return the paper's rule of thumb (section 3.4, page 22).

        Parameters
        ----------
        spread : float
            Between bid and ask, USD.
        daily_volume : float
            Shares a day.
        sigma : float
            USD per share and square root of a day.
        """
        if not (spread >= 0 and daily_volume > 0 and sigma >= 0):
            raise _unusable(f"spread {spread}, daily volume {daily_volume}, sigma {sigma}", "numbers above 0")
        return cls(
            spread / 2, spread / (SPREAD_PER_VOLUME * daily_volume), spread / (SPREAD_PER_SHIFT * daily_volume), sigma
        )

    def scaled(self, *, volume: float = 1.0, volatility: float = 1.0) -> ImpactModel:
        """Return the model on a day with `volume` times the volume and `volatility` times the volatility."""
        volume = max(volume, 1e-3)
        return replace(self, eta=self.eta / volume, gamma=self.gamma / volume, sigma=self.sigma * volatility)

    def eta_tilde(self, tau: float) -> float:
        """Return ``eta - gamma tau / 2``, the temporary impact that is left when the permanent one is counted.

        Raises
        ------
        OrderSubmissionError
            QTS-EXEC-057: it is not above 0 and no trajectory is best.
        """
        value = self.eta - 0.5 * self.gamma * tau
        if not value > 0:
            raise _unusable(f"eta {self.eta}, gamma {self.gamma}, tau {tau}", "eta above gamma * tau / 2")
        return value


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Expected cost and its variance, USD and USD squared, before the trade."""

    spread: float
    impact: float
    variance: float

    @property
    def expected(self) -> float:
        """Return spread and impact together, USD."""
        return self.spread + self.impact

    @property
    def timing_risk(self) -> float:
        """Return the standard deviation of the cost, USD: what the price may do while the rest waits."""
        return math.sqrt(self.variance)

    def utility(self, risk_aversion: float) -> float:
        """Return ``E + lambda V``, what the trajectory of this risk aversion makes as small as can be."""
        return self.expected + risk_aversion * self.variance


def kappa(model: ImpactModel, risk_aversion: float, tau: float) -> float:
    """Return the urgency kappa, per day: ``2 (cosh(kappa tau) - 1) / tau^2 = lambda sigma^2 / eta_tilde``.

    Parameters
    ----------
    risk_aversion : float
        Lambda, per USD.
    tau : float
        Length of one slice, days.
    """
    squared = risk_aversion * model.sigma**2 / model.eta_tilde(tau)
    # arccosh(1 + z) = 2 arsinh(sqrt(z / 2)), which keeps its digits near z = 0.
    return 2 * math.asinh(0.5 * tau * math.sqrt(squared)) / tau


def half_life(model: ImpactModel, risk_aversion: float, tau: float) -> float:
    """Return ``1 / kappa``, days in which the holding falls by a factor of e; infinite without risk aversion."""
    found = kappa(model, risk_aversion, tau)
    return 1 / found if found else math.inf


def trajectory(shares: float, days: float, slices: int, model: ImpactModel, risk_aversion: float) -> Floats:
    """Return the shares still to trade at the start and after each slice, float64 [slices + 1] (equation 17).

    Parameters
    ----------
    shares : float
        To trade.
    days : float
        The whole window, trading days.
    slices : int
        Trades of equal length.
    risk_aversion : float
        Lambda, per USD, at least 0; 0 gives equal slices.
    """
    left = np.linspace(1.0, 0.0, slices + 1)
    speed = kappa(model, risk_aversion, days / slices) * days
    if speed > 0:
        # sinh(a) / sinh(b) without overflow; nothing is left of it for a hurried enough trader.
        left = np.exp(speed * (left - 1)) * np.expm1(-2 * speed * left) / np.expm1(-2 * speed)
    left[-1] = 0.0
    return np.asarray(shares * left, dtype=np.float64)


def cost_of(holdings: Floats, days: float, model: ImpactModel, liquidity: Floats | None = None) -> CostEstimate:
    """Return the expected cost and variance of `holdings` [slices + 1] over `days` (equations 4 and 5).

    Parameters
    ----------
    liquidity : float64 [slices], optional
        The market's volume in each slice over that of a mean slice, above 0: the temporary impact is divided by it.
    """
    tau = days / (len(holdings) - 1)
    trades = -np.diff(holdings)
    eta = model.eta / (np.ones(len(trades)) if liquidity is None else liquidity)
    permanent = 0.5 * model.gamma * holdings[0] ** 2
    temporary = float(np.sum((eta - 0.5 * model.gamma * tau) / tau * trades**2))
    variance = model.sigma**2 * tau * float(np.sum(holdings[1:] ** 2))
    spread = model.epsilon * float(np.sum(np.abs(trades)))
    return CostEstimate(spread, float(permanent + temporary), variance)


def _unusable(found: str, expected: str) -> OrderSubmissionError:
    what = "an impact model has no best trajectory"
    return OrderSubmissionError("QTS-EXEC-057", what, found=found, expected=expected)
