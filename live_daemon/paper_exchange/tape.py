"""The latest bar, quote and trade of every symbol, and the messages that a minute sends out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from live_daemon.paper_exchange.bars import bar_values, trade_count, typical
from live_daemon.paper_exchange.messages import Message
from qts_core.exchange import FillSettings
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.market.time import NEW_YORK, UTC

__all__ = ["Tape"]

LOT = 100
EXCHANGE_CODE = "V"
TAPE = "C"
Values = dict[str, object]


class Tape:
    """What was last traded and quoted; quotes are the venue's own, half a spread around the last price."""

    def __init__(self, symbols: tuple[str, ...], fills: FillSettings) -> None:
        self._symbols = symbols
        self._half_spread = float(fills.half_spread)
        self.latest_bar: dict[str, tuple[datetime, Values]] = {}
        self.latest_price: dict[str, tuple[datetime, float, float]] = {}
        self._trade_number = 0
        self.new_session()

    def start(self, closes: Mapping[str, float], now: datetime) -> None:
        """Take the last known prices from history."""
        self.latest_price = {symbol: (now, price, 0.0) for symbol, price in closes.items()}

    def new_session(self) -> None:
        """Forget the running day."""
        count = len(self._symbols)
        self._day: dict[str, Floats] = {name: np.full(count, np.nan) for name in ("open", "high", "low", "close")}
        for name in ("volume", "count", "value"):
            self._day[name] = np.zeros(count)

    def minute(self, bars: BarSlice) -> list[Message]:
        """Take a closed minute and return its messages: bars, running daily bars and quotes of symbols that traded."""
        count, price = trade_count(bars.volume), typical(bars.high, bars.low, bars.close)
        self._grow(bars, count, price)
        day_start = (
            bars.ts_event.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        )
        last = bars.ts_known - timedelta(microseconds=1)
        messages, quotes, days = [], [], []
        for i in np.flatnonzero(bars.present()).tolist():
            symbol = bars.symbols[i]
            values = bar_values(
                bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i], count[i], price[i]
            )
            self.latest_bar[symbol] = (bars.ts_event, values)
            self.latest_price[symbol] = (last, float(bars.close[i]), float(bars.volume[i]))
            messages.append(Message("bars", symbol, {"T": "b", "S": symbol, **values}, bars.ts_event))
            days.append(Message("dailyBars", symbol, {"T": "d", "S": symbol, **self._day_values(i)}, day_start))
            quote = {"T": "q", "S": symbol, **self._quote_values(float(bars.close[i]))}
            quotes.append(Message("quotes", symbol, quote, last))
        return [*messages, *days, *quotes]

    def quote(self, symbol: str) -> tuple[datetime, Values] | None:
        """Return the latest quote's time and fields."""
        known = self.latest_price.get(symbol)
        return None if known is None else (known[0], self._quote_values(known[1]))

    def trade(self, symbol: str) -> tuple[datetime, Values] | None:
        """Return the latest trade's time and fields: the last minute's close."""
        known = self.latest_price.get(symbol)
        if known is None:
            return None
        at, price, volume = known
        number = int(at.timestamp())
        return at, {"x": EXCHANGE_CODE, "p": price, "s": min(LOT, volume or LOT), "c": ["@"], "i": number, "z": TAPE}

    def day(self, symbol: str) -> Values | None:
        """Return the running day's bar, or None before its first trade."""
        place = self._symbols.index(symbol)
        return None if np.isnan(self._day["close"][place]) else self._day_values(place)

    def _grow(self, bars: BarSlice, count: Floats, price: Floats) -> None:
        day, traded = self._day, bars.present()
        day["open"] = np.where(np.isnan(day["open"]), bars.open, day["open"])
        day["high"] = np.fmax(day["high"], bars.high)
        day["low"] = np.fmin(day["low"], bars.low)
        day["close"] = np.where(traded, bars.close, day["close"])
        day["volume"] += np.where(traded, bars.volume, 0.0)
        day["count"] += np.where(traded, count, 0.0)
        day["value"] += np.where(traded, price * bars.volume, 0.0)

    def _day_values(self, i: int) -> Values:
        day = self._day
        volume = float(day["volume"][i])
        mean = float(day["value"][i]) / volume if volume else float(day["close"][i])
        return bar_values(
            day["open"][i], day["high"][i], day["low"][i], day["close"][i], day["volume"][i], day["count"][i], mean
        )

    def _quote_values(self, price: float) -> Values:
        return {
            "bx": EXCHANGE_CODE,
            "bp": round(price * (1 - self._half_spread), 4),
            "bs": LOT,
            "ax": EXCHANGE_CODE,
            "ap": round(price * (1 + self._half_spread), 4),
            "as": LOT,
            "c": ["R"],
            "z": TAPE,
        }
