"""Daily bars as a chart of one day shows them: the stored, back-adjusted view of a lake (checklist C-02, X-02).

For people and for comparison with a vendor. Features never read it: every later action rewrites it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from qts_core.data.actions.adjustment import Convention, back_adjusted
from qts_core.data.as_of import as_of as latest_known
from qts_core.data.building.resample import resample_bars
from qts_core.data.ingest import WHOLE, load_actions
from qts_core.data.lineage import is_current
from qts_core.data.quality.flags import real_bars
from qts_core.data.schemas import ADJUSTED_SCHEMA, BAR_SCHEMA, conform
from qts_core.market.calendar import REGULAR_MINUTES, TradingCalendar
from qts_core.market.errors import DataNotFoundError
from qts_core.market.ids import digest
from qts_core.market.time import trading_day
from qts_core.ports.lake import LakePort

__all__ = ["ADJUSTED", "daily_bars", "daily_view", "refresh_daily_view"]

ADJUSTED = "adjusted_bars"
VIEW_VERSION = "1"
"""Raise it whenever the same bars and actions would give another view."""


def daily_bars(bars: pl.DataFrame, *, calendar: TradingCalendar) -> pl.DataFrame:
    """Return one bar for each symbol and session, of the latest word on each 15-minute bar.

    Parameters
    ----------
    bars : DataFrame
        Of ``BAR_SCHEMA`` or ``CLEAN_SCHEMA``; bars filled forward do not count.

    Returns
    -------
    DataFrame
        Of ``BAR_SCHEMA``; `ts_event` is the session's open.
    """
    known = latest_known(real_bars(bars)).select(*BAR_SCHEMA)
    return latest_known(resample_bars(known, calendar=calendar, bar_minutes=REGULAR_MINUTES))


def daily_view(daily: pl.DataFrame, actions: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Return daily bars as seen from the session `as_of`.

    Parameters
    ----------
    daily : DataFrame
        Of ``BAR_SCHEMA``, one a session, raw prices.
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    as_of : date
        Session whose prices stay raw.

    Returns
    -------
    DataFrame
        Of ``ADJUSTED_SCHEMA``, by session and symbol: prices and volume in shares of that day (splits only), and
        `adjusted_close`, from which dividends are taken out too (:attr:`Convention.EX_DAY_CLOSE`).
    """
    splits = back_adjusted(daily, actions, as_of=as_of, convention=Convention.SPLITS)
    total = back_adjusted(daily, actions, as_of=as_of, convention=Convention.EX_DAY_CLOSE)
    key = ["symbol", "ts_event"]
    both = splits.join(total.select(*key, adjusted_close="close"), on=key, how="left", maintain_order="left")
    session = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    shown = both.with_columns(session=session, as_of=pl.lit(as_of))
    return conform(shown, ADJUSTED_SCHEMA).sort("session", "symbol")


def refresh_daily_view(lake: LakePort, *, calendar: TradingCalendar) -> pl.DataFrame | None:
    """Store the view of the lake's clean bars as of their last session; return None if it was there already.

    Raises
    ------
    DataNotFoundError
        If the lake has no clean bars.
    """
    months = lake.months("clean_bars")
    if not months:
        raise DataNotFoundError(
            "QTS-DATA-013", "the lake holds no clean bars", where="clean_bars", fix="materialise them first"
        )
    actions = load_actions(lake)
    inputs: Mapping[str, str] = {
        "view": VIEW_VERSION,
        "clean_bars": lake.data_hash("clean_bars"),
        "actions": digest(actions.sort(actions.columns).write_csv()),
    }
    if is_current(lake, [ADJUSTED], WHOLE, inputs):
        return None
    daily = pl.concat([daily_bars(lake.read_month("clean_bars", month), calendar=calendar) for month in months])
    newest = trading_day(daily.select(pl.col("ts_event").max()).item())
    view = daily_view(daily, actions, as_of=newest)
    lake.write_month(ADJUSTED, WHOLE, view, lineage=inputs)
    return view
