"""Build 1-minute bars from trades, with late prints, corrections and cancels as they become known (X-12).

Minutes are versions: the first when the minute has settled, another for each later moment that changed it. Feed them to
:class:`~qts_core.data.building.stream.BarBuilder` or :func:`~qts_core.data.building.resample.resample_bars`, whose
cut-off decides which of them a 15-minute bar may know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import fsum
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from qts_core.data.building.arithmetic import inside
from qts_core.data.building.conditions import Effect, Last, effect_of
from qts_core.data.building.frames import BuiltBar, bars_frame
from qts_core.data.schemas import Schema, conform
from qts_core.market.panel import Floats
from qts_core.market.time import MICROS_PER_MINUTE

__all__ = ["SETTLE", "TRADE_SCHEMA", "TradeMinutes", "minutes_of_trades"]

SETTLE: Final = timedelta(seconds=1)
"""A minute's first version holds what was known this long after its end: as Alpaca's does."""

TRADE_SCHEMA: Schema = MappingProxyType(
    {
        "symbol": pl.String(),
        "ts_event": pl.Datetime("ns", "UTC"),
        "ts_known": pl.Datetime("us", "UTC"),
        "trade_id": pl.Int64(),
        "exchange": pl.String(),
        "price": pl.Float64(),
        "size": pl.Float64(),
        "conditions": pl.List(pl.String()),
        "tape": pl.String(),
        "action": pl.String(),
    }
)
"""Prints, each with when it was executed (`ts_event`) and when its report arrived (`ts_known`).

`action` is ``new``, ``correct`` (the same `trade_id` of the same exchange again, with other values) or ``cancel``; a
correction under a new id is a cancel and a new print. A `trade_id` is unique for symbol, exchange and day.
"""


@dataclass(frozen=True, slots=True)
class _Print:
    order: tuple[int, str, int]
    price: float
    size: float
    effect: Effect


@dataclass(slots=True)
class _Minute:
    prints: dict[tuple[str, int], _Print] = field(default_factory=dict)

    def take(self, row: Mapping[str, object], nanos: int) -> None:
        key = (str(row["exchange"]), int(str(row["trade_id"])))
        if row["action"] == "cancel":
            self.prints.pop(key, None)
            return
        conditions = row["conditions"]
        codes = [str(c) for c in conditions] if isinstance(conditions, list) else []
        price, size = float(str(row["price"])), float(str(row["size"]))
        self.prints[key] = _Print((nanos, *key), price, size, effect_of(codes, str(row["tape"])))

    def bar(self) -> Floats | None:
        """Return the minute as ``FLOW_FIELDS``, None when no print may set a price.

        Sums are correctly rounded whatever their order (Shewchuk 1997, Discrete and Computational Geometry 18,
        305-363), so that a minute does not depend on the order of arrival.
        """
        prints = sorted(self.prints.values(), key=lambda p: p.order)
        ranged = [p for p in prints if p.effect.is_range]
        lasting = [p for p in ranged if p.effect.last is Last.YES]
        lasting = lasting or [p for p in ranged if p.effect.last is Last.CONDITIONAL]
        if not lasting:
            return None
        high, low = max(p.price for p in ranged), min(p.price for p in ranged)
        traded = [p.size for p in prints if p.effect.is_volume]
        weight = fsum(p.size for p in ranged)
        mean = fsum(p.price * p.size for p in ranged) / weight if weight > 0 else np.nan
        vwap = float(inside(np.array([mean]), np.array([low]), np.array([high]))[0])
        return np.array([lasting[0].price, high, low, lasting[-1].price, fsum(traded), vwap, float(len(traded))])


class TradeMinutes:
    """Streaming builder of minutes from trades.

    Parameters
    ----------
    settle : timedelta
        How long after a minute's end its first version is made.
    source : str
        Written to the frames it gives.
    """

    def __init__(self, *, settle: timedelta = SETTLE, source: str = "built from trades") -> None:
        self._settle = settle // timedelta(microseconds=1)
        self._source = source
        self._minutes: dict[tuple[int, str], _Minute] = {}
        self._said: dict[tuple[int, str], Floats] = {}

    def versions(self, trades: pl.DataFrame) -> pl.DataFrame:
        """Take prints in the order of their arrival and return every version of a minute that they make.

        Parameters
        ----------
        trades : DataFrame
            Of ``TRADE_SCHEMA``. Whatever arrived by the time a minute settled must come in the same call as that
            minute's other prints, or before.

        Returns
        -------
        DataFrame
            Of ``BAR_SCHEMA``, by time, symbol and `ts_known`. A minute whose every print is cancelled later keeps its
            last version: there is no bar that says "nothing".
        """
        frame = conform(trades, TRADE_SCHEMA).with_columns(
            nanos=pl.col("ts_event").to_physical(),
            minute=pl.col("ts_event").to_physical() // (1000 * MICROS_PER_MINUTE) * MICROS_PER_MINUTE,
            known=pl.col("ts_known").to_physical(),
        )
        settled = pl.col("minute") + MICROS_PER_MINUTE + self._settle
        frame = frame.with_columns(version=pl.max_horizontal(settled, "known"))
        built: list[BuiltBar] = []
        ordered = frame.sort("version", "minute", "symbol", "known", "nanos", maintain_order=True)
        for rows in _alike(ordered.to_dicts()):
            built += self._version(rows)
        built.sort(key=lambda bar: (bar.ts_event, bar.symbol, bar.ts_known))
        return bars_frame(built, self._source)

    def _version(self, rows: Sequence[Mapping[str, object]]) -> list[BuiltBar]:
        """Take the prints of one version of one minute."""
        start, symbol = int(str(rows[0]["minute"])), str(rows[0]["symbol"])
        minute = self._minutes.setdefault((start, symbol), _Minute())
        for row in rows:
            minute.take(row, int(str(row["nanos"])))
        bar = minute.bar()
        said = self._said.get((start, symbol))
        if bar is None or (said is not None and np.array_equal(bar, said, equal_nan=True)):
            return []
        self._said[start, symbol] = bar
        known = max(int(str(row["known"])) for row in rows)
        return [BuiltBar(symbol, start, max(known, start + MICROS_PER_MINUTE), bar)]


def minutes_of_trades(
    trades: pl.DataFrame, *, settle: timedelta = SETTLE, source: str = "built from trades"
) -> pl.DataFrame:
    """Build minutes from a frame of trades, all versions of each.

    Which prints set what is decided by :mod:`qts_core.data.building.conditions`: odd lots, average prices and the like
    count for volume and trade count alone, the official open and close for nothing; vwap is that of the prints that may
    set the range, so it never leaves it. A minute in which no print may set a price has no bar.

    Parameters
    ----------
    trades : DataFrame
        Of ``TRADE_SCHEMA``, in any order.
    settle : timedelta
        How long after a minute's end its first version is made.

    Returns
    -------
    DataFrame
        Of ``BAR_SCHEMA``, by time, symbol and `ts_known`; minutes of all hours.
    """
    return TradeMinutes(settle=settle, source=source).versions(trades)


def _alike(rows: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Yield runs of rows of the same version of the same minute."""
    run: list[dict[str, object]] = []
    for row in rows:
        if run and any(row[name] != run[0][name] for name in ("version", "minute", "symbol")):
            yield run
            run = []
        run.append(row)
    if run:
        yield run
