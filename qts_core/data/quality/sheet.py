"""Bars laid out once for all rules: sorted, judged one by one, placed in sessions, summed up by session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.grid import place_bars, timeline_of
from qts_core.data.quality.rules import broken_rule
from qts_core.data.quality.settings import QualitySettings
from qts_core.data.schemas import PRICES
from qts_core.market.calendar import TradingCalendar
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline

__all__ = ["KEY", "Sheet"]

KEY = ("symbol", "ts_event", "ts_known")


@dataclass(frozen=True, eq=False)
class Sheet:
    """What the rules look at.

    Attributes
    ----------
    given : DataFrame
        The bars as they were given.
    bars : DataFrame
        Of ``BAR_SCHEMA`` with `rule`, `in_session` and `on_grid`, in order of symbol, ts_event, ts_known; `symbol` is
        an Enum in alphabetical order, which sorts and groups ten times faster than text.
    calendar, bar_minutes, settings
        What they are held against.
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    """

    given: pl.DataFrame
    bars: pl.DataFrame
    calendar: TradingCalendar
    bar_minutes: int
    settings: QualitySettings
    actions: pl.DataFrame

    @classmethod
    def of(
        cls,
        given: pl.DataFrame,
        *,
        calendar: TradingCalendar,
        bar_minutes: int,
        settings: QualitySettings,
        actions: pl.DataFrame,
    ) -> Sheet:
        """Sort and judge `given`, of ``BAR_SCHEMA`` and not empty."""
        names = given["symbol"].drop_nulls().unique().sort()
        bars = given.with_columns(pl.col("symbol").cast(pl.Enum(names))).sort(KEY)
        if bars.select(_repeats().any()).item():
            # Only now can the order of rows decide between bars; the content decides instead.
            bars = bars.sort(*KEY, *[name for name in bars.columns if name not in KEY])
        places = place_bars(bars["ts_event"].to_physical().to_numpy(), calendar, bar_minutes)
        judged = bars.with_columns(
            broken_rule(), in_session=pl.Series(places.in_session), on_grid=pl.Series(places.on_grid)
        )
        return cls(given, judged, calendar, bar_minutes, settings, actions)

    @cached_property
    def sound(self) -> pl.DataFrame:
        """Bars that break no rule by themselves, every version of each, with `row` of the timeline and `session`.

        Without `vwap`, `trade_count` and `source`, which no rule about many bars asks for.
        """
        is_sound = self.bars.select(pl.col("rule").is_null() & pl.col("in_session") & pl.col("on_grid")).to_series()
        # A filter copies every bar, and most files have none to leave out.
        sound = (self.bars if is_sound.all() else self.bars.filter(is_sound)).select(*KEY, *PRICES, "volume")
        if sound.is_empty():
            return sound.with_columns(row=pl.lit(0, pl.Int64), session=pl.lit(None, pl.Date))
        rows = self._rows_of(sound)
        days = pl.Series(self.timeline.session[rows]).cast(pl.Date)
        return sound.with_columns(row=pl.Series(rows), session=days)

    @cached_property
    def timeline(self) -> Timeline:
        """Every bar of every session from the first to the last bar in session."""
        is_sound = pl.col("rule").is_null() & pl.col("in_session") & pl.col("on_grid")
        inside = self.bars.select(pl.col("ts_event").filter(is_sound))
        return timeline_of(inside, self.calendar, self.bar_minutes)

    @cached_property
    def latest(self) -> pl.DataFrame:
        """The last version of each sound bar."""
        same = (pl.col("symbol") == pl.col("symbol").shift(-1)) & (pl.col("row") == pl.col("row").shift(-1))
        superseded = self.sound.select(same.fill_null(value=False)).to_series()
        return self.sound.filter(~superseded) if superseded.any() else self.sound

    @cached_property
    def by_session(self) -> pl.DataFrame:
        """One row for each symbol and session of `latest`.

        Columns: `symbol`, `session`, `ts_event` of the first bar, `open`, `high`, `low`, `close`, `volume`, `dollars`
        (traded value, USD), `bars`, `column` and `day` (place in a matrix of sessions by symbols).
        """
        worth = pl.col("close") * pl.col("volume")
        frame = self.latest.group_by("symbol", "session", maintain_order=True).agg(
            pl.col("ts_event", "open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            dollars=worth.sum(),
            bars=pl.len(),
        )
        day = np.searchsorted(self.days, frame["session"].to_physical().to_numpy())
        return frame.with_columns(column=pl.col("symbol").to_physical().cast(pl.Int64), day=pl.Series(day))

    @cached_property
    def days(self) -> NDArray[np.int32]:
        """Sessions of the timeline, int32 [S], days since 1970."""
        return np.unique(self.timeline.session)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol, sorted; N of them."""
        kind = self.bars.schema["symbol"]
        assert isinstance(kind, pl.Enum)
        return tuple(kind.categories)

    def matrix(self, name: str) -> Floats:
        """Return a column of `by_session` as float64 [S, N]; NaN where a symbol has no bar in a session."""
        frame = self.by_session
        values = np.full((len(self.days), len(self.symbols)), np.nan)
        values[frame["day"].to_numpy(), frame["column"].to_numpy()] = frame[name].to_numpy()
        return values

    def _rows_of(self, sound: pl.DataFrame) -> NDArray[np.int64]:
        return self.timeline.rows_of(sound["ts_event"].to_physical().to_numpy())


def _repeats() -> pl.Expr:
    """Whether a bar has the key of the one before it, in a sorted frame."""
    same = [pl.col(name) == pl.col(name).shift(1) for name in KEY]
    return pl.all_horizontal(same).fill_null(value=False)
