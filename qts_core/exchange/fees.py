"""Commission and the regulatory fees on sales (specification 9.2; Alpaca's fee schedule of April 2026)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from qts_core.exchange.settings import FillSettings
from qts_core.market.light import light
from qts_core.market.money import CENT, ZERO
from qts_core.market.orders import OrderSide

__all__ = ["Fees", "fees_of"]

MILLION = Decimal(1_000_000)
BPS = Decimal(10_000)
BUY = OrderSide.BUY


@light
@dataclass(frozen=True, slots=True)
class Fees:
    """Fees of one execution, USD, whole cents."""

    commission: Decimal = ZERO
    sec: Decimal = ZERO
    taf: Decimal = ZERO
    cat: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of them."""
        return ZERO if self is NO_FEES else self.commission + self.sec + self.taf + self.cat

    def by_kind(self) -> tuple[tuple[str, Decimal], ...]:
        """Return the fees that are not nothing, by the name under which they are booked."""
        named = (("COMMISSION", self.commission), ("SEC", self.sec), ("TAF", self.taf), ("CAT", self.cat))
        return tuple((kind, amount) for kind, amount in named if amount)


NO_FEES = Fees()


def fees_of(side: OrderSide, quantity: Decimal, price: Decimal, settings: FillSettings) -> Fees:
    """Return the fees of a fill; each is rounded up to a cent, as the schedule says.

    Parameters
    ----------
    side : OrderSide
        The SEC's and FINRA's fees fall on sales only, the audit trail's (CAT) on both sides.
    quantity, price : Decimal
        Shares and USD.
    """
    value = quantity * price
    commission = _cents(value * settings.commission_bps / BPS) if settings.commission_bps else ZERO
    cat = _cents(quantity * settings.cat_per_share) if settings.cat_per_share else ZERO
    if side is BUY:
        return Fees(commission, cat=cat) if commission or cat else NO_FEES
    sec = _cents(value * settings.sec_fee_per_million / MILLION)
    taf = min(_cents(quantity * settings.taf_per_share), settings.taf_cap)
    return Fees(commission, sec, taf, cat)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_CEILING) if amount else ZERO
