"""How much of a bar's volume an order may take, and what happens to the rest (specification 11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from qts_core.exchange.marks import price_of
from qts_core.market.ids import stable_uuid
from qts_core.market.money import ZERO, tick

__all__ = ["LargeOrders", "Liquidity", "chance", "share_of", "volume_at"]

DRAWS = 1 << 53


class LargeOrders(StrEnum):
    """What happens to an order that is larger than its share of the bar's volume."""

    PARTIAL = "partial"
    """It takes that share and waits for the next bar with the rest."""
    PROBABILITY = "probability"
    """It fills whole, with the probability that its share of the volume is of it; the same shares on average."""
    REJECT = "reject"
    """It is rejected, as it is when nothing was traded at all."""


@dataclass(frozen=True, slots=True)
class Liquidity:
    """Limits of what a bar can fill.

    Attributes
    ----------
    max_participation : Decimal, optional
        Share of a bar's volume that all orders of the account may take together; None = any size fills whole.
    on_large : LargeOrders
        What happens beyond it.
    queue_ahead : Decimal, optional
        Shares resting before ours at our limit when it joins, as a share of the bar's volume; they fill first while
        the price only touches. None = no queue: a touch fills at once, or never (``is_touch_enough``).
    auction_cost_bps : Decimal, optional
        What an order pays in the opening and closing auction, which have one price and no spread; None = as at any
        other time.
    """

    max_participation: Decimal | None = None
    on_large: LargeOrders = LargeOrders.PARTIAL
    queue_ahead: Decimal | None = None
    auction_cost_bps: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("max_participation", "queue_ahead", "auction_cost_bps"):
            value: Decimal | None = getattr(self, name)
            if value is not None and not (value.is_finite() and value >= 0):
                raise ValueError(f"{name} is {value}, expected a finite number of at least 0")

    def capacity(self, volume: float, used: Decimal) -> Decimal | None:
        """Return the shares that may still be taken of a bar's `volume` when `used` were; None = any number."""
        if self.max_participation is None:
            return None
        traded = price_of(volume) if volume > 0.0 else ZERO
        return max(ZERO, traded * self.max_participation - used)


def share_of(wanted: Decimal, capacity: Decimal | None, *, step: Decimal) -> Decimal:
    """Return how many of the `wanted` shares fit in `capacity`, in steps of `step`."""
    if capacity is None or wanted <= capacity:
        return wanted
    return capacity.quantize(step, ROUND_DOWN) if step < 1 else capacity.to_integral_value(ROUND_DOWN)


def chance(*parts: str) -> Decimal:
    """Return a number from 0 to under 1 that `parts` always give: a draw that a replay repeats."""
    return Decimal(stable_uuid(*parts).int % DRAWS) / DRAWS


def volume_at(limit: Decimal, sign: int, *, high: Decimal, low: Decimal, volume: float) -> Decimal:
    """Return the shares that traded at `limit` or better for others, were a bar's volume even over its range.

    Parameters
    ----------
    limit : Decimal
        USD.
    sign : int
        +1 for a buy, -1 for a sell.
    high, low : Decimal
        The bar's range, USD.
    """
    step = tick(limit)
    reach = limit - low if sign > 0 else high - limit
    if reach < 0 or volume <= 0.0:
        return ZERO
    return price_of(volume) * min(Decimal(1), (reach + step) / (high - low + step))
