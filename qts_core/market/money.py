"""Exact money: Decimal at the broker's edge and in the book, float64 in research; converted only here."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

__all__ = ["CENT", "ZERO", "dollars", "exact", "plain", "tick", "to_tick"]

ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")
SUB_DOLLAR_TICK: Final = Decimal("0.0001")
ONE: Final = Decimal(1)
EIGHT_PLACES: Final = Decimal("0.00000001")


def exact(value: float) -> Decimal:
    """Return `value` as the Decimal that its shortest decimal notation shows, at most 8 places (0.1 becomes 0.1).

    Raises
    ------
    ValueError
        If `value` is not finite.
    """
    number = Decimal(repr(float(value)))
    if not number.is_finite():
        raise ValueError(f"not an amount of money: {value}")
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -8 else number.quantize(EIGHT_PLACES, ROUND_HALF_EVEN)


def tick(price: Decimal) -> Decimal:
    """Return the smallest price step at `price`: a cent from one dollar up, a hundredth of a cent below."""
    return CENT if price >= ONE else SUB_DOLLAR_TICK


def to_tick(price: Decimal) -> Decimal:
    """Round `price` to its tick, halves to even."""
    return price.quantize(tick(price), ROUND_HALF_EVEN)


def dollars(amount: Decimal) -> float:
    """Return an exact amount as float64, for panels and screens."""
    return float(amount)


def plain(amount: Decimal) -> str:
    """Write `amount` without exponent or trailing zeros, as Alpaca does: ``"101.5"``."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
