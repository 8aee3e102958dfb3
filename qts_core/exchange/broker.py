"""What the broker charges for carrying positions and asks as margin: data (protocol reference, section 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType

from qts_core.market.money import CENT, ZERO

__all__ = ["BrokerTerms"]

YEAR_BPS = Decimal(360 * 10_000)


def nothing() -> Mapping[str, Decimal]:
    """Return an empty table."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BrokerTerms:
    """Terms of one account.

    Attributes
    ----------
    interest_bps_per_year : Decimal
        On borrowed cash (Alpaca: 625), per 360 days, for every calendar night.
    borrow_bps : mapping of str to Decimal
        Borrow fee of single symbols, basis points a year; others pay the settings' ``short_borrow_bps_per_year``.
    is_borrow_nightly : bool
        Whether shorts pay for every calendar night, as brokers charge, or one day a session.
    hard_to_borrow : frozenset of str
        Symbols that cannot be sold short.
    margin_rates : mapping of str to Decimal
        Maintenance rate of single symbols, such as 0.5 for a 2x and 0.75 for a 3x fund; others 30 %.
    non_marginable : frozenset of str
        Symbols that need all of their value, at the start and after.
    max_concentration : Decimal
        One position above so many times the equity leaves the account with closing orders only.
    is_liquidating : bool
        Whether the broker closes positions at the open after a margin call, the largest first.
    """

    interest_bps_per_year: Decimal = ZERO
    borrow_bps: Mapping[str, Decimal] = field(default_factory=nothing)
    is_borrow_nightly: bool = False
    hard_to_borrow: frozenset[str] = frozenset()
    margin_rates: Mapping[str, Decimal] = field(default_factory=nothing)
    non_marginable: frozenset[str] = frozenset()
    max_concentration: Decimal = Decimal(6)
    is_liquidating: bool = False

    def interest(self, cash: Decimal, nights: int) -> Decimal:
        """Return what borrowed cash costs over `nights`, USD to the cent, at least 0."""
        if cash >= 0 or not self.interest_bps_per_year:
            return ZERO
        return cents(-cash * self.interest_bps_per_year * nights / YEAR_BPS)

    def borrow_fee(self, symbol: str, value: Decimal, usual_bps: Decimal, nights: int) -> Decimal:
        """Return what a short position of `value`, positive, costs at a session's end, USD to the cent."""
        rate = self.borrow_bps.get(symbol, usual_bps)
        days = nights if self.is_borrow_nightly else 1
        return cents(value * rate * days / YEAR_BPS) if rate else ZERO


def cents(amount: Decimal) -> Decimal:
    """Round to a cent, halves to even."""
    return amount.quantize(CENT, ROUND_HALF_EVEN)
