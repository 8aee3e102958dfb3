"""Margin numbers of the simulated account under the rules in force since June 2026 (protocol reference, section 17)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qts_core.market.money import ZERO

__all__ = ["Holding", "Margin", "initial_requirement", "maintenance_requirement", "margin_of"]

INITIAL = Decimal("0.5")
MAINTENANCE_RATIO = Decimal("0.3")
LOW_PRICED_LONG = Decimal(6)
LOW_PRICED_SHORT = Decimal(5)
SHORT_FLOOR = Decimal(5)
LOW_SHORT_FLOOR = Decimal("2.5")
MINIMUM_EQUITY = Decimal(2_000)


@dataclass(frozen=True, slots=True)
class Holding:
    """Signed shares at a price, USD."""

    quantity: Decimal
    price: Decimal

    @property
    def value(self) -> Decimal:
        """Signed market value, USD."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Margin:
    """What the account may still do, USD."""

    multiplier: int
    is_shorting_enabled: bool
    buying_power: Decimal
    regt_buying_power: Decimal
    non_marginable_buying_power: Decimal


def initial_requirement(gross: Decimal) -> Decimal:
    """Return the initial margin of `gross` exposure: half."""
    return gross * INITIAL


def maintenance_requirement(holding: Holding) -> Decimal:
    """Return the maintenance margin of one position.

    Long: 30 %, or all of it below $6. Short: the greater of $5 a share and 30 %; below $5 the greater of $2.50 a
    share and all of it.
    """
    value, shares = abs(holding.value), abs(holding.quantity)
    if holding.quantity >= 0:
        return value if holding.price < LOW_PRICED_LONG else value * MAINTENANCE_RATIO
    if holding.price < LOW_PRICED_SHORT:
        return max(shares * LOW_SHORT_FLOOR, value)
    return max(shares * SHORT_FLOOR, value * MAINTENANCE_RATIO)


def margin_of(
    *,
    equity: Decimal,
    cash: Decimal,
    gross: Decimal,
    held: Decimal,
    last_equity: Decimal,
    last_maintenance: Decimal,
    last_gross: Decimal,
    max_multiplier: int,
) -> Margin:
    """Return the buying power of an account.

    Parameters
    ----------
    equity, cash, gross, held : Decimal
        Now: equity, cash, gross exposure and the value of open opening orders, USD.
    last_equity, last_maintenance, last_gross : Decimal
        At the previous close.
    max_multiplier : int
        The owner's cap: 1, 2 or 4.

    Notes
    -----
    Multiplier 4 gives ``4 (last_equity - last_maintenance)`` less the exposure added since the close, and never more
    than keeps gross exposure within 4 times equity; 2 gives ``2 (equity - initial margin)``; 1 gives cash. Under
    $2,000 of equity there is neither leverage nor shorting. The wording of the intraday part is Alpaca's, its
    bookkeeping is not published.
    """
    has_leverage = equity >= MINIMUM_EQUITY
    multiplier = min(max_multiplier, 4) if has_leverage else 1
    excess = max(ZERO, equity - initial_requirement(gross) - initial_requirement(held))
    if multiplier == 4:
        power = min(4 * (last_equity - last_maintenance) - max(ZERO, gross - last_gross), 4 * equity - gross) - held
    elif multiplier == 2:
        power = 2 * excess
    else:
        power = cash - held
    return Margin(multiplier, has_leverage, max(ZERO, power), 2 * excess, excess)
