"""From frames of bars to dense panels, and the months they are kept in (specification 5.2 alignment)."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from qts_core.data.actions.chain import chain_factors
from qts_core.data.quality.flags import real_bars
from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.market.calendar import Session, TradingCalendar, month_of
from qts_core.market.errors import DataValidationError
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline

__all__ = ["bars_to_panel", "month_expression", "month_key", "sessions_of_month"]

VALUES = ("open", "high", "low", "close", "volume")


def month_key(day: date) -> str:
    """Return the partition of a trading day: ``YYYY-MM``."""
    return f"{day:%Y-%m}"


def month_expression() -> pl.Expr:
    """Return the partition of each bar, by its New York date."""
    return pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.strftime("%Y-%m")


def sessions_of_month(calendar: TradingCalendar, month: str) -> tuple[Session, ...]:
    """Return the sessions of ``YYYY-MM``."""
    return calendar.between(*month_of(date.fromisoformat(f"{month}-01")))


def bars_to_panel(
    bars: pl.DataFrame,
    actions: pl.DataFrame,
    *,
    timeline: Timeline,
    symbols: tuple[str, ...],
    with_filled: bool = False,
) -> Panel:
    """Lay bars out on a timeline.

    Parameters
    ----------
    bars : DataFrame
        Of ``BAR_SCHEMA`` or ``CLEAN_SCHEMA``, in any order. Bars before or after the timeline and of other symbols are
        left out. Of several versions of one bar the one known last is taken, so filter on ``ts_known`` first for an
        as-of view.
    actions : DataFrame
        Of ``ACTION_SCHEMA``, for the field `factor`.
    timeline : Timeline
        T bars.
    symbols : tuple of str
        N symbols, sorted.
    with_filled : bool
        Whether bars filled forward count as bars: for charts. Features, labels and backtests know no such bar.

    Returns
    -------
    Panel
        ``BAR_FIELDS``, float64 [T, N]; NaN = no bar; `factor` is filled everywhere.

    Raises
    ------
    DataValidationError
        If `symbols` are not sorted and distinct, or a bar lies between the timeline's ends but not on it.
    """
    if list(symbols) != sorted(set(symbols)):
        raise DataValidationError("QTS-DATA-015", "symbols of a panel must be sorted and distinct", found=symbols)
    place = pl.DataFrame({"symbol": pl.Series(symbols, dtype=pl.String), "column": np.arange(len(symbols))})
    chosen = bars if with_filled else real_bars(bars)
    frame = conform(chosen, BAR_SCHEMA).join(place, on="symbol").sort("ts_known", maintain_order=True)
    starts = frame["ts_event"].to_physical().to_numpy()
    rows = timeline.rows_of(starts)
    on = rows >= 0
    if len(timeline):
        inside = (starts >= timeline.ts_event[0]) & (starts < timeline.ts_known[-1])
        if (stray := inside & ~on).any():
            first = int(np.flatnonzero(stray)[0])
            raise DataValidationError(
                "QTS-DATA-015", "bars lie off the timeline", where=str(frame["symbol"][first]),
                found=f"{int(stray.sum())} bars, the first at {from_micros(int(starts[first])).isoformat()}",
                expected="bars that start on the session's grid", fix="clean the bars first",
            )  # fmt: skip
    rows, columns = rows[on], frame["column"].to_numpy()[on]
    fields = {}
    for name in VALUES:
        values = np.full((len(timeline), len(symbols)), np.nan)
        values[rows, columns] = frame[name].to_numpy()[on]
        fields[name] = values
    fields["factor"] = chain_factors(actions, timeline, symbols)
    return Panel(timeline, symbols, fields)
