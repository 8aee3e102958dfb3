"""The opening and closing prints of a session, kept apart from its bars (specification 5.2).

The opening auction prints at or just after the open: its print is an ordinary one of the first bar. The closing auction
prints at or after the close, when the last bar has ended and the last decision been made: it is in no bar. On the daily
sample a session's bars hold 0.74 to 0.95 of the day's volume for that reason. What the auctions paid stands here.
"""

from __future__ import annotations

from types import MappingProxyType

import polars as pl

from qts_core.data.building.trades import TRADE_SCHEMA
from qts_core.data.grid import place_bars
from qts_core.data.schemas import Schema, conform
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["AUCTION_SCHEMA", "PRINTS", "auction_prints"]

PRINTS = MappingProxyType(
    {
        "O": "opening",
        "Q": "official_open",
        "5": "reopening",
        "6": "closing",
        "M": "official_close",
        "9": "corrected_close",
    }
)
"""What a print is, by its sale condition (see :mod:`qts_core.data.building.conditions` for the sources)."""

AUCTION_SCHEMA: Schema = MappingProxyType(
    {
        "symbol": pl.String(),
        "session": pl.Date(),
        "kind": pl.String(),
        "ts_event": pl.Datetime("us", "UTC"),
        "ts_known": pl.Datetime("us", "UTC"),
        "price": pl.Float64(),
        "size": pl.Float64(),
        "exchange": pl.String(),
        "is_in_bar": pl.Boolean(),
    }
)
"""Auction prints; `is_in_bar` says whether the print lies within the session, so that a bar holds it."""


def auction_prints(trades: pl.DataFrame, *, calendar: TradingCalendar) -> pl.DataFrame:
    """Return the auction prints among `trades`, one row for each kind that a print is.

    Parameters
    ----------
    trades : DataFrame
        Of ``TRADE_SCHEMA``; cancelled ones are left out, of a corrected one the last word is taken.

    Returns
    -------
    DataFrame
        Of ``AUCTION_SCHEMA``, by time and symbol. Each exchange prints its own; the auction is the listing exchange's,
        as a rule the largest.
    """
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    ordered = conform(trades, TRADE_SCHEMA).with_columns(day.alias("session")).sort("ts_known", maintain_order=True)
    last = ordered.unique(["symbol", "session", "exchange", "trade_id"], keep="last", maintain_order=True)
    last = last.filter(pl.col("action") != "cancel")
    prints = last.explode("conditions", keep_nulls=False, empty_as_null=False).filter(
        pl.col("conditions").is_in(list(PRINTS))
    )
    starts = prints["ts_event"].dt.cast_time_unit("us").to_physical().to_numpy()
    inside = place_bars(starts, calendar, BAR_MINUTES).in_session
    named = prints.with_columns(
        pl.col("conditions").replace_strict(dict(PRINTS), return_dtype=pl.String).alias("kind"),
        pl.Series("is_in_bar", inside, dtype=pl.Boolean) & ~pl.col("conditions").is_in(["Q", "M", "9"]),
    )
    return conform(named, AUCTION_SCHEMA).sort("ts_event", "symbol", "kind")
