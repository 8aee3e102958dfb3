"""A hand-made market of one-minute bars around Thanksgiving 2024: two full sessions, then a half-day.

AAA opens session s at ``100 + 10 s`` and gains a cent a minute; BBB stands at 50 and misses every tenth minute; CCC
costs 80 and splits four for one before the half-day, when AAA pays 25 cents. Each minute trades 1,000 shares within
a cent of its price.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
import polars as pl

from live_daemon.paper_exchange.market import Market
from live_daemon.paper_exchange.venue import Venue, VenueSettings
from qts_core.data.actions.chain import chain_factors
from qts_core.data.actions.table import actions_frame
from qts_core.exchange import fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline

TUESDAY, WEDNESDAY, FRIDAY = date(2024, 11, 26), date(2024, 11, 27), date(2024, 11, 29)
SYMBOLS = ("AAA", "BBB", "CCC")


def actions() -> pl.DataFrame:
    """Return Friday's split and dividend."""
    split = {"symbol": "CCC", "ex_date": FRIDAY, "kind": "split", "new_shares": 4.0, "old_shares": 1.0}
    dividend = {"symbol": "AAA", "ex_date": FRIDAY, "kind": "dividend", "cash_per_share": 0.25}
    return actions_frame([split, dividend])


@lru_cache(maxsize=1)
def market() -> Market:
    """Return the market described above."""
    line = Timeline.between(xnys(), TUESDAY, FRIDAY, bar_minutes=1)
    session = np.cumsum(np.r_[0, np.diff(line.session) != 0])
    price = np.empty((len(line), 3))
    price[:, 0] = 100 + 10 * session + line.slot / 100
    price[:, 1] = np.where(line.slot % 10 == 9, np.nan, 50.0)
    price[:, 2] = np.where(session < 2, 80.0, 20.0)
    price = np.round(price, 2)
    volume = np.where(np.isnan(price), np.nan, 1000.0)
    fields = {
        "open": price,
        "high": np.round(price + 0.01, 2),
        "low": np.round(price - 0.01, 2),
        "close": price,
        "volume": volume,
        "factor": chain_factors(actions(), line, SYMBOLS),
    }
    panel = Panel(line, SYMBOLS, {name: np.ascontiguousarray(values) for name, values in fields.items()})
    instruments = {s: Instrument(s, is_shortable=s != "BBB") for s in SYMBOLS}
    return Market(panel, 1, actions(), instruments, "hand-made")


def venue(
    sessions: tuple[date, ...] = (WEDNESDAY, FRIDAY),
    *,
    speed: float | None = None,
    monotonic: Callable[[], float] = lambda: 0.0,
    warm_start: int = 5,
    fill_mode: str = "alpaca-paper",
) -> Venue:
    """Return a replay of the market, without spread unless another mode is asked for."""
    fills = fill_settings(fill_mode, half_spread_bps=0 if fill_mode == "alpaca-paper" else None)
    settings = VenueSettings(sessions, fills, Decimal(100_000), speed, timedelta(minutes=warm_start))
    return Venue(market(), xnys(), settings, monotonic)


def at(text: str) -> datetime:
    """Return a New York time of the replay, such as ``27 09:30``, in UTC."""
    return datetime.fromisoformat(f"2024-11-{text.replace(' ', 'T')}:00-05:00")
