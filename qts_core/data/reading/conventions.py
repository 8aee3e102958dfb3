"""Whether a file's times name the start of a bar or its end: declared or detected (specification 5.1).

A declaration that the data contradict is refused; without one the data decide. Whether prices are adjusted is settled
in :mod:`qts_core.data.reading.adjustment`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError
from qts_core.market.time import MICROS_PER_MINUTE, from_micros, to_micros, trading_day

__all__ = ["Label", "LabelChoice", "settle_labels"]

Label = Literal["start", "end"]
LabelChoice = Literal["start", "end", "auto"]

USUAL = 0.5
RARE = 0.1
QUIET = 0.3
NAMED = 8


def settle_labels(
    frame: pl.DataFrame, *, bar_minutes: int, calendar: TradingCalendar, declared: LabelChoice = "auto", where: str
) -> tuple[pl.DataFrame, Label]:
    """Return bars whose `ts_event` is their start.

    A bar of the regular session is labelled 09:30 to 15:45 New York when its start is named, 09:45 to 16:00 when its
    end is (15-minute bars). Where a file has bars beyond the session both labels occur, and volume tells: the first
    bar of the session trades more than the one before the open.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``; times as the file gives them.
    bar_minutes : int
        Length of a bar.
    calendar : TradingCalendar
        Sessions.
    declared : "start", "end" or "auto"
        What the source says.
    where : str
        File name, for messages.

    Returns
    -------
    DataFrame
        Times moved back by a bar where they name the end; `ts_known` as well where it was reckoned from them.
    "start" or "end"
        What was settled; "start" where neither shows.

    Raises
    ------
    DataValidationError
        If the data contradict the declaration, or each other.
    """
    seen = _labels_seen(frame, bar_minutes, calendar)
    ends = sorted(symbol for symbol, label in seen.items() if label == "end")
    starts = sorted(symbol for symbol, label in seen.items() if label == "start")
    if ends and starts and declared == "auto":
        raise DataValidationError(
            "QTS-DATA-020", "some symbols' times name the bar's end and some its start", where=where,
            found=f"end: {_named(ends)}; start: {_named(starts)}", expected="one convention in an import",
            fix="import them apart",
        )  # fmt: skip
    settled: Label = ("end" if ends else "start") if declared == "auto" else declared
    against = ends if settled == "start" else starts
    if against:
        first = "09:30" if settled == "end" else f"09:{30 + bar_minutes}" if bar_minutes < 30 else "the first bar's end"
        raise DataValidationError(
            "QTS-DATA-020", f"the times are declared to name the bar's {settled}, and they do not", where=where,
            found=f"sessions that begin at {first} New York: {_named(against)}",
            fix=f"import with --label {'end' if settled == 'start' else 'start'} or --label auto",
        )  # fmt: skip
    if settled == "end":
        bar = pl.duration(minutes=bar_minutes)
        is_reckoned = pl.col("ts_known") == pl.col("ts_event") + bar
        frame = frame.with_columns(
            pl.col("ts_event") - bar,
            ts_known=pl.when(is_reckoned).then(pl.col("ts_event")).otherwise(pl.col("ts_known")),
        )
    return frame, settled


def _labels_seen(frame: pl.DataFrame, bar_minutes: int, calendar: TradingCalendar) -> dict[str, Label]:
    """Return what each symbol's times name, for symbols where it shows."""
    starts = frame["ts_event"].to_physical().to_numpy()
    if not len(starts):
        return {}
    days = trading_day(from_micros(int(starts.min()))), trading_day(from_micros(int(starts.max())))
    sessions = calendar.between(*days)
    if not sessions:
        return {}
    opens = np.array([to_micros(s.open) for s in sessions], dtype=np.int64)
    closes = np.array([to_micros(s.close) for s in sessions], dtype=np.int64)
    session = np.maximum(np.searchsorted(opens, starts, side="right") - 1, 0)
    after_open, to_close = starts - opens[session], closes[session] - starts
    step = bar_minutes * MICROS_PER_MINUTE
    edges = pl.DataFrame(
        {
            "symbol": frame["symbol"],
            "session": session,
            "volume": frame["volume"],
            "at_open": after_open == 0,
            "at_second": after_open == step,
            "at_close": to_close == 0,
            "is_inside": (after_open >= 0) & (to_close >= 0),
        }
    ).filter("is_inside")
    counts = edges.group_by("symbol").agg(
        sessions=pl.col("session").n_unique(),
        at_open=pl.col("at_open").sum(),
        at_close=pl.col("at_close").sum(),
        first=pl.col("volume").filter("at_open").median(),
        second=pl.col("volume").filter("at_second").median(),
    )
    seen = {str(row["symbol"]): _label_seen(row) for row in counts.iter_rows(named=True)}
    return {symbol: label for symbol, label in seen.items() if label is not None}


def _label_seen(row: dict[str, float | None]) -> Label | None:
    at_open, at_close = ((row[name] or 0) / (row["sessions"] or 1) for name in ("at_open", "at_close"))
    if at_open >= USUAL and at_close <= RARE:
        return "start"
    if at_close >= USUAL and at_open <= RARE:
        return "end"
    first, second = row["first"], row["second"]
    if at_open >= USUAL and at_close >= USUAL and first and second:
        return "start" if first > second else "end" if first < QUIET * second else None
    return None


def _named(symbols: list[str]) -> str:
    more = f" and {len(symbols) - NAMED} more" if len(symbols) > NAMED else ""
    return ", ".join(symbols[:NAMED]) + more
