"""The bars a paper exchange replays, from a file, the lake or a synthetic market (specification 9.1, 12.1)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from qts_core.adapters.lake import Lake
from qts_core.data.actions.table import no_actions
from qts_core.data.building.synthesis import synthesise_minutes
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.panels import bars_to_panel
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros, trading_day
from qts_core.market.timeline import BAR_MINUTES, Timeline

__all__ = ["Market", "market_of_file", "market_of_lake", "synthetic_market_of"]

MINUTE_SESSIONS_KEPT = 40
SYNTHETIC_FIRST = date(2024, 7, 1)
SYNTHETIC_LAST = date(2024, 12, 31)


@dataclass
class Market:
    """Bars of whole sessions with their corporate actions.

    Attributes
    ----------
    bars : Panel
        Fields of ``BAR_FIELDS``, one or fifteen minutes a bar, raw prices.
    bar_minutes : int
        1 or 15.
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    instruments : mapping of str to Instrument
        One for each column.
    origin : str
        Where the bars came from, for people.
    """

    bars: Panel
    bar_minutes: int
    actions: pl.DataFrame
    instruments: dict[str, Instrument]
    origin: str
    _minutes: OrderedDict[date, Panel] = field(default_factory=OrderedDict, repr=False)
    _rows: dict[date, slice] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        present = ~np.isnan(self.bars["close"])
        self._rows = {day: rows for day, rows in self.bars.timeline.session_rows() if present[rows].any()}

    @property
    def sessions(self) -> tuple[date, ...]:
        """The sessions that have bars, in order."""
        return tuple(self._rows)

    def rows_of(self, day: date) -> slice | None:
        """Return the rows of a session, or None when it has no bars."""
        return self._rows.get(day)

    def minutes(self, day: date) -> Panel | None:
        """Return the one-minute bars of a session, or None when it has no bars; the latest few are kept."""
        rows = self._rows.get(day)
        if rows is None:
            return None
        if self.bar_minutes == 1:
            return self.bars.rows(rows)
        if day not in self._minutes:
            self._minutes[day] = synthesise_minutes(self.bars.rows(rows))
            while len(self._minutes) > MINUTE_SESSIONS_KEPT:
                self._minutes.popitem(last=False)
        self._minutes.move_to_end(day)
        return self._minutes[day]


def market_of_file(path: Path, calendar: TradingCalendar) -> Market:
    """Read one- or fifteen-minute bars of a CSV or Parquet file; they are cleaned as any import is.

    Raises
    ------
    DataError
        If the file cannot be read or is not a table of bars.
    """
    from qts_core.adapters.bar_files import import_bars
    from qts_core.data.cleaning import clean_bars
    from qts_core.data.quality.flags import real_bars

    imported = import_bars(path)
    minutes = 1 if imported.bar_minutes == 1 else BAR_MINUTES
    frame = real_bars(clean_bars(imported.frame, calendar=calendar, bar_minutes=minutes).clean)
    return _laid_out(frame, no_actions(), {}, minutes, calendar, str(path))


def market_of_lake(root: Path, calendar: TradingCalendar, instruments: dict[str, Instrument]) -> Market | None:
    """Read the clean bars of a lake; None when it has none."""
    if not root.is_dir():
        return None
    lake = Lake(root)
    if not lake.months("clean_bars"):
        return None
    panel = load_panel(lake, calendar=calendar)
    known = {symbol: instruments.get(symbol, Instrument(symbol)) for symbol in panel.symbols}
    return Market(panel, BAR_MINUTES, load_actions(lake), known, str(root))


def synthetic_market_of(calendar: TradingCalendar, *, symbols: int, seed: int) -> Market:
    """Make half a year of a synthetic market."""
    from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market

    made = synthetic_market(
        SyntheticMarketSettings(symbols=symbols, first=SYNTHETIC_FIRST, last=SYNTHETIC_LAST, seed=seed)
    )
    instruments = {i.symbol: i for i in made.instruments}
    return _laid_out(made.bars, made.corporate_actions, instruments, BAR_MINUTES, calendar, "synthetic market")


def _laid_out(
    frame: pl.DataFrame,
    actions: pl.DataFrame,
    instruments: dict[str, Instrument],
    minutes: int,
    calendar: TradingCalendar,
    origin: str,
) -> Market:
    if frame.is_empty():
        raise DataNotFoundError(
            "QTS-DATA-002", "There is no bar of a regular session to replay", where=origin, fix="give a file of bars"
        )
    stamps = frame["ts_event"].dt.timestamp("us")
    first, last = trading_day(from_micros(int(stamps.min()))), trading_day(from_micros(int(stamps.max())))  # type: ignore[arg-type]
    timeline = Timeline.between(calendar, first, last, bar_minutes=minutes)
    symbols = tuple(sorted(frame["symbol"].unique().to_list()))
    panel = bars_to_panel(frame, actions, timeline=timeline, symbols=symbols)
    return Market(panel, minutes, actions, {s: instruments.get(s, Instrument(s)) for s in symbols}, origin)
