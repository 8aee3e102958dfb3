"""The latest bar, quote and trade of every symbol, and the messages that a minute sends out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import numpy as np

from live_daemon.paper_exchange.bars import bar_values, trade_count, typical
from live_daemon.paper_exchange.messages import Message
from qts_core.exchange import FillSettings
from qts_core.market.bars import BarSlice
from qts_core.market.events import Split
from qts_core.market.panel import Floats
from qts_core.market.time import NEW_YORK, UTC

__all__ = ["CHANNELS", "Tape"]

CHANNELS = ("bars", "dailyBars", "quotes")
"""The channels on which a replay has something to say."""

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

    def split(self, split: Split) -> None:
        """Divide a symbol's last price as a split does."""
        known = self.latest_price.get(split.symbol)
        if known is not None:
            ratio = float(split.old_shares) / float(split.new_shares)
            self.latest_price[split.symbol] = (known[0], known[1] * ratio, known[2])

    def minute(self, bars: BarSlice, channels: Collection[str]) -> list[Message]:
        """Take a closed minute and return its messages on `channels`: bars, running daily bars and quotes."""
        count, price = trade_count(bars.volume), typical(bars.high, bars.low, bars.close)
        self._grow(bars, count, price)
        last = bars.ts_known - timedelta(microseconds=1)
        columns = (c.tolist() for c in (bars.open, bars.high, bars.low, bars.close, bars.volume, count, price))
        traded = []
        for i, (symbol, *values) in enumerate(zip(bars.symbols, *columns, strict=True)):
            if values[3] == values[3]:
                traded.append(i)
                self.latest_bar[symbol] = (bars.ts_event, bar_values(*values))
                self.latest_price[symbol] = (last, values[3], values[4])
        messages: list[Message] = []
        for channel in channels:
            messages += [self._message(channel, bars.symbols[i], i, bars.ts_event, last) for i in traded]
        return messages

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

    def _message(self, channel: str, symbol: str, i: int, start: datetime, last: datetime) -> Message:
        if channel == "bars":
            return Message(channel, symbol, {"T": "b", "S": symbol, **self.latest_bar[symbol][1]}, start)
        if channel == "dailyBars":
            return Message(channel, symbol, {"T": "d", "S": symbol, **self._day_values(i)}, _midnight(start))
        quote = {"T": "q", "S": symbol, **self._quote_values(self.latest_price[symbol][1])}
        return Message(channel, symbol, quote, last)

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
        day = {name: float(values[i]) for name, values in self._day.items()}
        mean = day["value"] / day["volume"] if day["volume"] else day["close"]
        return bar_values(day["open"], day["high"], day["low"], day["close"], day["volume"], day["count"], mean)

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


def _midnight(moment: datetime) -> datetime:
    local = moment.astimezone(NEW_YORK)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
