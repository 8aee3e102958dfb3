"""Leaves of expressions: what is known of a bar when it has closed.

Prices are chain-linked USD (raw times the split factor in force), volume chain-linked shares. `session` is the trading
date as days since 1970, `start_minute` and `end_minute` count from the session's open, `bars_left` is how many bars
follow in the session (0 at its last; NaN when no calendar says so in advance), `weekday` is 0 for Monday.

The rest is what the exchange's calendar says beforehand, NaN on a day that it does not have: sessions of the month
before this one (`month_done`) and after it (`month_left`), of the quarter after it (`quarter_left`), sessions until
options expire on the third Friday (`expiry_left`) and until they do in the last month of a quarter (`witching_left`),
0 on the day, and calendar days until the next session (`days_ahead`).
"""

from __future__ import annotations

from qts_core.features.graph import source

__all__ = [
    "bars_left",
    "close",
    "days_ahead",
    "end_minute",
    "expiry_left",
    "high",
    "low",
    "month_done",
    "month_left",
    "open_",
    "quarter_left",
    "session",
    "start_minute",
    "volume",
    "weekday",
    "witching_left",
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
month_done = source("month_done")
month_left = source("month_left")
quarter_left = source("quarter_left")
expiry_left = source("expiry_left")
witching_left = source("witching_left")
days_ahead = source("days_ahead")
