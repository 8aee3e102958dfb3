"""The last price of every symbol, as the bars brought them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.events import Split
from qts_core.market.money import exact
from qts_core.market.panel import Floats

__all__ = ["Marks", "price_of"]

price_of = lru_cache(maxsize=1 << 16)(exact)
"""The exact price that a float shows; prices in cents come back bar after bar."""


class Marks:
    """Last and previous-close prices, USD; a missing bar leaves them as they were."""

    def __init__(self) -> None:
        self._symbols: tuple[str, ...] = ()
        self._index: dict[str, int] = {}
        self._last: Floats = np.empty(0)
        self._close: Floats = np.empty(0)

    def observe(self, symbols: tuple[str, ...], prices: Floats) -> None:
        """Take the prices of a bar, NaN where there is none."""
        self._cover(symbols)
        if symbols is self._symbols:
            _take(self._last, prices)
            return
        for symbol, price in zip(symbols, prices.tolist(), strict=True):
            if price == price:
                self._last[self._index[symbol]] = price

    def update(self, prices: Mapping[str, float], *, is_previous_close: bool) -> None:
        """Take single prices; `is_previous_close` also makes them the previous close."""
        self._cover(tuple(sorted({*self._symbols, *prices})))
        for symbol, price in prices.items():
            self._last[self._index[symbol]] = price
            if is_previous_close:
                self._close[self._index[symbol]] = price

    def column(self, symbols: tuple[str, ...], symbol: str) -> int | None:
        """Return the column of `symbol` in `symbols`, or None."""
        if symbols is self._symbols:
            return self._index.get(symbol)
        return symbols.index(symbol) if symbol in symbols else None

    def end_session(self) -> None:
        """Make the last prices the previous close."""
        self._close = self._last.copy()

    def split(self, split: Split) -> None:
        """Divide a symbol's prices as a split does."""
        place = self._index.get(split.symbol)
        if place is not None:
            ratio = float(split.old_shares) / float(split.new_shares)
            self._last[place] *= ratio
            self._close[place] *= ratio

    def last(self, symbol: str) -> Decimal | None:
        """Return the last price, or None before the first."""
        return self._read(self._last, symbol)

    def previous_close(self, symbol: str) -> Decimal | None:
        """Return the price at the previous session's close, or None."""
        return self._read(self._close, symbol)

    def _read(self, prices: Floats, symbol: str) -> Decimal | None:
        place = self._index.get(symbol)
        if place is None:
            return None
        price = prices.item(place)
        return price_of(price) if price == price else None

    def _cover(self, symbols: tuple[str, ...]) -> None:
        if symbols is self._symbols:
            return
        if self._index.keys() <= set(symbols):
            self._reorder(symbols)
        elif not set(symbols) <= self._index.keys():
            self._reorder(tuple(sorted({*self._symbols, *symbols})))

    def _reorder(self, symbols: tuple[str, ...]) -> None:
        old, last, close = self._index, self._last, self._close
        self._symbols, self._index = symbols, {s: i for i, s in enumerate(symbols)}
        self._last = np.array([last[old[s]] if s in old else np.nan for s in symbols])
        self._close = np.array([close[old[s]] if s in old else np.nan for s in symbols])


@kernel
def _take(last: Floats, prices: Floats) -> None:
    for i in range(len(last)):
        if not np.isnan(prices[i]):
            last[i] = prices[i]
