"""Return per unit of risk: Sharpe, Sortino, Calmar, omega, annualised by 252 sessions (specification 11.3)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.returns import annualised_return, is_constant
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["calmar_ratio", "downside_deviation", "omega_ratio", "sharpe_ratio", "sortino_ratio"]


def sharpe_ratio(returns: Floats, *, risk_free: float = 0.0, periods_per_year: int = SESSIONS_PER_YEAR) -> float:
    """Return mean excess return over its sample standard deviation, annualised.

    Parameters
    ----------
    returns : float64 [n]
        Simple returns per period, net of costs.
    risk_free : float, default 0
        Risk-free return per period, ratio.
    periods_per_year : int, default 252

    Returns
    -------
    float
        NaN below two different returns.

    References
    ----------
    Sharpe (1994), "The Sharpe Ratio", Journal of Portfolio Management 21(1), 49-58.
    """
    if len(returns) < 2 or is_constant(returns):
        return math.nan
    return float((np.mean(returns) - risk_free) / np.std(returns, ddof=1) * math.sqrt(periods_per_year))


def downside_deviation(returns: Floats, *, target: float = 0.0) -> float:
    """Return the root mean square of the shortfalls below `target` over **all** returns [n], per period."""
    return float(np.sqrt(np.mean(np.minimum(returns - target, 0.0) ** 2))) if len(returns) else math.nan


def sortino_ratio(returns: Floats, *, target: float = 0.0, periods_per_year: int = SESSIONS_PER_YEAR) -> float:
    """Return mean return above `target` over the downside deviation, annualised; NaN without a loss.

    References
    ----------
    Sortino and van der Meer (1991), "Downside Risk", Journal of Portfolio Management 17(4), 27-31.
    """
    deviation = downside_deviation(returns, target=target)
    return float((np.mean(returns) - target) / deviation * math.sqrt(periods_per_year)) if deviation > 0 else math.nan


def calmar_ratio(returns: Floats, *, periods_per_year: int = SESSIONS_PER_YEAR) -> float:
    """Return the annualised return over the maximum drawdown of the same returns [n]; NaN without a drawdown.

    References
    ----------
    Young (1991), "Calmar Ratio: A Smoother Tool", Futures 20(1).
    """
    worst = max_drawdown(np.r_[1.0, np.cumprod(1 + returns)])
    return annualised_return(returns, periods_per_year=periods_per_year) / worst if worst > 0 else math.nan


def omega_ratio(returns: Floats, *, target: float = 0.0) -> float:
    """Return the sum of gains above `target` over the sum of shortfalls below it; NaN without a shortfall.

    References
    ----------
    Keating and Shadwick (2002), "A Universal Performance Measure".
    """
    short = float(np.sum(np.maximum(target - returns, 0.0)))
    return float(np.sum(np.maximum(returns - target, 0.0))) / short if short > 0 else math.nan
