"""Features of any regular bars in one call, for research and notebooks (specification 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.features.block import FeatureBlock
from qts_core.features.catalogue import shipped_catalogue
from qts_core.features.engine import FeatureEngine
from qts_core.features.graph import Node
from qts_core.features.plan import Plan
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataValidationError, InvalidConfigError
from qts_core.market.panel import Panel
from qts_core.market.time import MICROS_PER_MINUTE, from_micros, trading_day
from qts_core.market.timeline import Timeline

__all__ = ["evaluate"]

FIELDS = ("open", "high", "low", "close", "volume")
DAY_MINUTES = 24 * 60
ISO_DATE = "%Y-%m-%d %H:%M:%S"


def evaluate(
    features: Sequence[str] | Mapping[str, Node], bars: pl.DataFrame, *, bar_minutes: int | None = None
) -> pl.DataFrame:
    """Compute features on bars of any regular frequency.

    Parameters
    ----------
    features : sequence of str, or mapping of str to Node
        Names of the catalogues that QTS ships, or expressions under names of your own.
    bars : polars.DataFrame
        Columns `symbol`, `timestamp` (start of the bar: Date, or Datetime; without a time zone it is UTC), `open`,
        `high`, `low`, `close`, `volume`, as they traded or adjusted. Rows in any order; a null or NaN price, or an
        absent row, is a missing bar.
    bar_minutes : int, optional
        Spacing of the bars; by default the smallest one found.

    Returns
    -------
    polars.DataFrame
        `symbol`, `ts_event` (Datetime, microseconds, UTC) and a Float64 column per feature, one row per row of `bars`
        in the order given; null = no value.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-001 if a feature is unknown, QTS-FEAT-005 if an expression is none.
    DataValidationError
        QTS-FEAT-002 if the bars cannot be laid out.

    Notes
    -----
    Bars that lie on the grid of the New York Stock Exchange get its sessions. Other bars get UTC days; how many bars
    of such a day are still to come is unknown, so what needs it waits for the next day. Bars of a day or longer are
    sessions of their own.

    Examples
    --------
    >>> from qts_core.features import evaluate, ops
    >>> evaluate({"above": ops.close / ops.sma(ops.close, 20) - 1}, bars)  # doctest: +SKIP
    """
    plan = Plan.of(expressions(features))
    frame = checked(bars)
    symbols = tuple(sorted(frame["symbol"].unique().to_list()))
    times = frame["ts_event"].dt.epoch("us").to_numpy()
    grid = np.unique(times)
    step = bar_minutes or spacing(grid)
    timeline, is_known_ahead = lay_out(grid, step)
    row = timeline.rows_of(times)
    column = np.searchsorted(np.array(symbols), frame["symbol"].to_numpy().astype(str))
    fields = {}
    for name in FIELDS:
        values = np.full((len(timeline), len(symbols)), np.nan)
        values[row, column] = frame[name].to_numpy()
        fields[name] = values
    fields["factor"] = np.ones((len(timeline), len(symbols)))
    block = FeatureBlock.of(Panel(timeline, symbols, fields), bar_minutes=step)
    if not is_known_ahead:
        block.calendar[3] = np.nan
    values = FeatureEngine(plan, symbols).push(block)
    columns = [pl.Series(name, values[i, row, column], nan_to_null=True) for i, name in enumerate(plan.names)]
    return frame.select("symbol", "ts_event").with_columns(columns)


def expressions(features: Sequence[str] | Mapping[str, Node]) -> Mapping[str, Node]:
    """Return the expressions asked for, under their names."""
    if not isinstance(features, Mapping):
        catalogue = shipped_catalogue()
        return {name: catalogue[name].expression for name in ([features] if isinstance(features, str) else features)}
    for name, node in features.items():
        if not isinstance(node, Node) or name in {"symbol", "ts_event"}:
            raise InvalidConfigError(
                "QTS-FEAT-005",
                "A feature is not an expression, or has the name of a key column.",
                where=str(name),
                found=type(node).__name__,
                expected="a Node made with qts_core.features.ops",
            )
    return features


def checked(bars: pl.DataFrame) -> pl.DataFrame:
    """Return the bars with fixed types and prices missing together, or say what is wrong."""
    absent = [name for name in ("symbol", "timestamp", *FIELDS) if name not in bars.columns]
    if absent:
        raise unfit("A column is missing.", found=bars.columns, expected=", ".join(absent))
    if bars.is_empty():
        raise unfit("There are no bars.", found="0 rows", expected="at least one")
    kind = bars.schema["timestamp"]
    if kind != pl.Date and not isinstance(kind, pl.Datetime):
        raise unfit("The timestamp is not a time.", found=kind, expected="Date or Datetime")
    wrong = [n for n in FIELDS if not bars.schema[n].is_numeric() and bars.schema[n] != pl.Null]
    if wrong:
        raise unfit("A column is not a number.", found=wrong, expected="numbers")
    time = pl.col("timestamp").cast(pl.Datetime("us"))
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        time = pl.col("timestamp").dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    else:
        time = time.dt.replace_time_zone("UTC")
    frame = bars.select(
        pl.col("symbol").cast(pl.String),
        time.alias("ts_event"),
        *(pl.col(name).cast(pl.Float64).fill_null(np.nan) for name in FIELDS),
    )
    if frame["symbol"].null_count() or frame["ts_event"].null_count():
        raise unfit("A row has no symbol or no timestamp.", found="null", expected="both in every row")
    twice = frame.select("symbol", "ts_event").is_duplicated()
    if twice.any():
        first = frame.filter(twice).row(0)
        raise unfit("Two rows are the same bar.", found=f"{first[0]} {first[1]:{ISO_DATE}}", expected="one row per bar")
    infinite = frame.select(pl.any_horizontal(pl.col(name).is_infinite() for name in FIELDS)).to_series()
    if infinite.any():
        first = frame.filter(infinite).row(0)
        raise unfit("A value is infinite.", found=f"{first[0]} {first[1]:{ISO_DATE}}", expected="finite or missing")
    gone = pl.any_horizontal(pl.col(name).is_nan() for name in FIELDS[:4])
    return frame.with_columns(pl.when(gone).then(np.nan).otherwise(pl.col(name)).alias(name) for name in FIELDS)


def unfit(what: str, *, found: object, expected: str) -> DataValidationError:
    """Return the error of bars that cannot be laid out."""
    return DataValidationError("QTS-FEAT-002", what, found=found, expected=expected)


def spacing(grid: NDArray[np.int64]) -> int:
    """Return the smallest distance of two bars in minutes, at least 1; a day if there is one bar only."""
    steps = np.diff(grid)
    return max(1, int(steps.min()) // MICROS_PER_MINUTE) if len(steps) else DAY_MINUTES


def lay_out(grid: NDArray[np.int64], bar_minutes: int) -> tuple[Timeline, bool]:
    """Return the rows for bars at `grid` and whether the length of a session is known in advance."""
    if bar_minutes >= DAY_MINUTES:
        step = bar_minutes * MICROS_PER_MINUTE
        line = Timeline.regular(grid)
        return Timeline(line.ts_event, line.ts_event + step, line.session, line.slot, line.slots), True
    first, last = (trading_day(from_micros(int(grid[i])).astimezone(UTC)) for i in (0, -1))
    exchange = Timeline.between(xnys(), first, last, bar_minutes=bar_minutes)
    if (exchange.rows_of(grid) >= 0).all():
        begin, end = exchange.rows_of(grid[[0, -1]])
        return exchange[int(begin) : int(end) + 1], True
    return Timeline.regular(grid), False
