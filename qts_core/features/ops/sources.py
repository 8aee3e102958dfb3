"""Leaves of expressions: what is known of a bar when it has closed.

Prices are chain-linked USD (raw times the split factor in force), volume chain-linked shares. `session` is the trading
date as days since 1970, `start_minute` and `end_minute` count from the session's open, `bars_left` is how many bars
follow in the session (0 at its last; NaN when no calendar says so in advance), `weekday` is 0 for Monday.
"""

from __future__ import annotations

from qts_core.features.graph import source

__all__ = [
    "bars_left",
    "close",
    "end_minute",
    "high",
    "low",
    "open_",
    "session",
    "start_minute",
    "volume",
    "weekday",
]

open_ = source("open")
high = source("high")
low = source("low")
close = source("close")
volume = source("volume")
session = source("session")
start_minute = source("start_minute")
end_minute = source("end_minute")
bars_left = source("bars_left")
weekday = source("weekday")
