"""What a split or a dividend does to a holding: one arithmetic for the book and the simulated exchange (11.2)."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from qts_core.market.events import Dividend, Split

__all__ = ["dividend_cash", "split_price", "split_quantity"]

SHARE_STEP = Decimal("0.000000001")
"""Alpaca keeps nine decimals of a share."""


def split_quantity(quantity: Decimal, split: Split) -> Decimal:
    """Return the signed holding after `split`, cut to nine decimals."""
    after = quantity * split.new_shares / split.old_shares
    whole = after.to_integral_value()
    return whole if whole == after else after.quantize(SHARE_STEP, ROUND_DOWN)


def split_price(price: Decimal, split: Split) -> Decimal:
    """Return what one share of `price` is worth after `split`."""
    return price * split.old_shares / split.new_shares


def dividend_cash(quantity: Decimal, dividend: Dividend) -> Decimal:
    """Return the cash that `dividend` moves, exact: positive for a long, negative for a short."""
    return quantity * dividend.cash_per_share
