"""Margin numbers of the simulated account under the rules in force since June 2026 (protocol reference, section 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from qts_core.exchange.broker import BrokerTerms
from qts_core.market.light import light
from qts_core.market.money import ZERO

__all__ = ["Holding", "Margin", "MarginCalls", "initial_requirement", "maintenance_requirement", "margin_of"]

INITIAL = Decimal("0.5")
MAINTENANCE_RATIO = Decimal("0.3")
LOW_PRICED_LONG = Decimal(6)
LOW_PRICED_SHORT = Decimal(5)
SHORT_FLOOR = Decimal(5)
LOW_SHORT_FLOOR = Decimal("2.5")
MINIMUM_EQUITY = Decimal(2_000)
GRACE_SESSIONS = 5
RESTRICTION = timedelta(days=90)
USUAL = BrokerTerms()


@light
@dataclass(frozen=True, slots=True)
class Holding:
    """Signed shares at a price, USD; the symbol tells whether the broker asks more for it."""

    quantity: Decimal
    price: Decimal
    symbol: str = ""

    @property
    def value(self) -> Decimal:
        """Signed market value, USD."""
        return self.quantity * self.price


@light
@dataclass(frozen=True, slots=True)
class Margin:
    """What the account may still do, USD."""

    multiplier: int
    is_shorting_enabled: bool
    buying_power: Decimal
    regt_buying_power: Decimal
    non_marginable_buying_power: Decimal
    is_liquidation_only: bool = False


class MarginCalls:
    """Whether the account is under a call, day by day: due at once, restricting for 90 days when unmet after five."""

    def __init__(self) -> None:
        self.deficit = ZERO
        self.since: date | None = None
        self.restricted_until: date | None = None
        self._sessions = 0

    def strike(self, day: date, deficit: Decimal) -> None:
        """Take what is missing to the maintenance requirement at a session's end, USD, at most 0 when nothing is."""
        self.deficit = max(ZERO, deficit)
        if not self.deficit:
            self.since, self._sessions = None, 0
            return
        self.since = self.since or day
        self._sessions += 1
        if self._sessions >= GRACE_SESSIONS:
            self.restricted_until = day + RESTRICTION

    def is_restricted(self, day: date) -> bool:
        """Return whether only closing orders are taken on `day`."""
        return self.restricted_until is not None and day <= self.restricted_until


def initial_requirement(gross: Decimal, non_marginable: Decimal = ZERO) -> Decimal:
    """Return the initial margin of `gross` exposure: half, and all of what is `non_marginable` in it."""
    return gross * INITIAL + non_marginable * (1 - INITIAL)


def maintenance_requirement(holding: Holding, broker: BrokerTerms = USUAL) -> Decimal:
    """Return the maintenance margin of one position.

    Long: 30 %, or all of it below $6. Short: the greater of $5 a share and 30 %; below $5 the greater of $2.50 a
    share and all of it. The broker may ask another rate, or all of it, for single symbols.
    """
    value, shares = abs(holding.value), abs(holding.quantity)
    rate = Decimal(1) if holding.symbol in broker.non_marginable else MAINTENANCE_RATIO
    rate = max(rate, broker.margin_rates.get(holding.symbol, ZERO))
    if holding.quantity >= 0:
        return value if holding.price < LOW_PRICED_LONG else value * rate
    if holding.price < LOW_PRICED_SHORT:
        return max(shares * LOW_SHORT_FLOOR, value)
    return max(shares * SHORT_FLOOR, value * rate)


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
    non_marginable: Decimal = ZERO,
    is_liquidation_only: bool = False,
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
    non_marginable : Decimal
        Part of `gross` that cannot be borrowed against, USD.
    is_liquidation_only : bool
        Whether the broker takes closing orders only.

    Notes
    -----
    Multiplier 4 gives ``4 (last_equity - last_maintenance)`` less the exposure added since the close, and never more
    than keeps gross exposure within 4 times equity; 2 gives ``2 (equity - initial margin)``; 1 gives cash. Under
    $2,000 of equity there is neither leverage nor shorting. The wording of the intraday part is Alpaca's, its
    bookkeeping is not published.
    """
    has_leverage = equity >= MINIMUM_EQUITY
    multiplier = min(max_multiplier, 4) if has_leverage else 1
    excess = max(ZERO, equity - initial_requirement(gross, non_marginable) - initial_requirement(held))
    if multiplier == 4:
        power = min(4 * (last_equity - last_maintenance) - max(ZERO, gross - last_gross), 4 * equity - gross) - held
    elif multiplier == 2:
        power = 2 * excess
    else:
        power = cash - held
    return Margin(multiplier, has_leverage, max(ZERO, power), 2 * excess, excess, is_liquidation_only)
