"""Fixed fractional: a stop that is hit loses the same share of equity, whatever the symbol (specification 10.1)."""

from __future__ import annotations

import math

from qts_core.market.errors import DataError

__all__ = ["effective_risk", "fixed_fractional_ratio", "fixed_fractional_shares"]


def effective_risk(risk_fraction: float, trade_loss_limit: float) -> float:
    """Return the share of equity risked: what sizing wants, but no more than a single trade may lose (X-17)."""
    return min(risk_fraction, trade_loss_limit)


def fixed_fractional_ratio(risk: float, stop_loss_ratio: float, max_position_ratio: float) -> float:
    """Return the weight, ratio of equity, that loses `risk` of equity when the price falls by `stop_loss_ratio`.

    With a tight stop the largest position binds: 1 % of risk at a stop 2 % away is half of the equity.
    """
    return min(risk / stop_loss_ratio, max_position_ratio)


def fixed_fractional_shares(
    equity: float, price: float, stop_loss_ratio: float, *, risk_fraction: float, trade_loss_limit: float = math.inf,
    max_position_ratio: float = 0.10,
) -> int:  # fmt: skip
    """Return whole shares: equity * risk / (price * stop), but no more than the largest position.

    Parameters
    ----------
    equity, price : float
        USD, and USD a share.
    stop_loss_ratio : float
        Distance of the stop, ratio of the price.
    risk_fraction, trade_loss_limit : float
        Ratios of equity; the smaller of the two is risked.
    max_position_ratio : float
        Largest position, ratio of equity.

    Returns
    -------
    int
        Shares, rounded down; 0 without equity.

    Raises
    ------
    DataError
        QTS-RISK-011 if price or stop is not positive and finite.
    """
    if not (0.0 < price < math.inf and 0.0 < stop_loss_ratio < math.inf):
        raise DataError(
            "QTS-RISK-011", "a size needs a price and a stop", found=(price, stop_loss_ratio),
            expected="positive numbers", fix="size only symbols that have a price",
        )  # fmt: skip
    ratio = fixed_fractional_ratio(effective_risk(risk_fraction, trade_loss_limit), stop_loss_ratio, max_position_ratio)
    return max(0, math.floor(max(equity, 0.0) * ratio / price))
