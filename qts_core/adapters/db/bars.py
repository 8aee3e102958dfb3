"""Bars of the lake in the database: a month at a time, whole, exact and repeatable (specification 14.1, 14.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from qts_core.adapters.db.columns import ExactDecimal
from qts_core.adapters.db.engine import lock_table, reader, writer
from qts_core.adapters.db.market_tables import bar_loads, ohlcv_bars
from qts_core.data.quality.flags import real_bars
from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.market.errors import DataValidationError

__all__ = ["SqlBars"]

NEW_YORK: Final = ZoneInfo("America/New_York")
COLUMNS: Final = tuple(column.name for column in ohlcv_bars.columns)
DECIMALS: Mapping[str, ExactDecimal] = MappingProxyType(
    {c.name: c.type for c in ohlcv_bars.columns if isinstance(c.type, ExactDecimal)}
)
ROWS_AT_ONCE: Final = 20_000


class SqlBars:
    """The table `ohlcv_bars`.

    Notes
    -----
    A price of the lake is a binary float; here it is that float's shortest decimal, rounded to 8 places. Bars filled
    forward stay behind, and of several versions of a bar the one known last is taken: the lake keeps them all.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load_month(self, month: str, frame: pl.DataFrame, *, sha256: str, now: datetime) -> bool:
        """Make the bars of `month` those of `frame`, in one transaction; return whether anything changed.

        Parameters
        ----------
        month : str
            ``YYYY-MM`` in New York; bars of other months are refused.
        frame : DataFrame
            Columns of ``BAR_SCHEMA``, and `flags` if it has them.
        sha256 : str
            Identity of the content; a month loaded before with the same one, and as many rows as then, is left alone.
        now : datetime
            Noted as the time of loading.

        Raises
        ------
        DataValidationError
            If a value does not fit its column, or a bar is of another month.
        """
        first, after = _span(month)
        span = (ohlcv_bars.c.timestamp >= first, ohlcv_bars.c.timestamp < after)
        with writer(self._engine) as connection:
            lock_table(connection, bar_loads)
            loaded = connection.execute(select(bar_loads).where(bar_loads.c.month == month)).first()
            count = connection.execute(select(func.count()).select_from(ohlcv_bars).where(*span)).scalar_one()
            if loaded is not None and (loaded.sha256, loaded.rows) == (sha256, count):
                return False
            rows = _rows(frame, month, first, after)
            connection.execute(delete(ohlcv_bars).where(*span))
            connection.execute(delete(bar_loads).where(bar_loads.c.month == month))
            _insert(connection, rows)
            connection.execute(insert(bar_loads).values(month=month, sha256=sha256, rows=rows.height, loaded_at=now))
        return True

    def count(self) -> int:
        """Return how many bars there are."""
        with reader(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(ohlcv_bars)).scalar_one())

    def loaded_rows(self, month: str) -> int:
        """Return how many bars of `month` were loaded, 0 for none."""
        with reader(self._engine) as connection:
            query = select(bar_loads.c.rows).where(bar_loads.c.month == month)
            return int(connection.execute(query).scalar_one_or_none() or 0)

    def months(self) -> tuple[str, ...]:
        """Return the months loaded, sorted."""
        with reader(self._engine) as connection:
            return tuple(connection.execute(select(bar_loads.c.month).order_by(bar_loads.c.month)).scalars())


def _span(month: str) -> tuple[datetime, datetime]:
    """Return the first instant of a New York month and the first after it."""
    first = date.fromisoformat(f"{month}-01")
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    start, end = (datetime(d.year, d.month, d.day, tzinfo=NEW_YORK).astimezone(UTC) for d in (first, after))
    return start, end


def _rows(frame: pl.DataFrame, month: str, first: datetime, after: datetime) -> pl.DataFrame:
    """Return the bars as rows of the table, with exact decimals, one for each symbol and instant."""
    flags = pl.col("flags") if "flags" in frame.columns else pl.lit(0, pl.UInt32).alias("flags")
    bars = real_bars(frame.with_columns(flags))
    bars = conform(bars, {**BAR_SCHEMA, "flags": pl.UInt32()}).rename({"ts_event": "timestamp"})
    outside = bars.filter(~pl.col("timestamp").is_between(first, after, closed="left")).height
    if outside:
        raise DataValidationError(
            "QTS-DB-006", "Bars of another month", where=f"ohlcv_bars {month}", found=f"{outside} bars",
            expected=f"bars from {first.isoformat()} on, before {after.isoformat()}",
        )  # fmt: skip
    # Sorted by instant, rows are appended at the end of every partition; the stable sort keeps the last of equals.
    bars = bars.sort("timestamp", "symbol", "ts_known", maintain_order=True)
    bars = bars.unique(["timestamp", "symbol"], keep="last", maintain_order=True)
    try:
        exact = [pl.col(name).cast(pl.Decimal(kind.digits, kind.decimals)) for name, kind in DECIMALS.items()]
        return bars.with_columns(*exact).select(COLUMNS)
    except pl.exceptions.PolarsError as error:
        raise DataValidationError(
            "QTS-DB-006", "A value does not fit its column", where=f"ohlcv_bars {month}",
            found=str(error).splitlines()[0],
        ) from error  # fmt: skip


def _insert(connection: Connection, rows: pl.DataFrame) -> None:
    """Insert through the driver's own fast way; its errors become SQLAlchemy's, as everywhere else."""
    driver = connection.dialect.loaded_dbapi
    try:
        if connection.dialect.name == "sqlite":
            _insert_sqlite(connection, rows)
        else:
            _copy(connection, rows)
    except driver.IntegrityError as error:
        raise DataValidationError(
            "QTS-DB-006", "A bar lacks a value it must have", where="ohlcv_bars", found=str(error).splitlines()[0]
        ) from error
    except driver.Error as error:
        raise DBAPIError.instance(None, None, error, driver.Error, dialect=connection.dialect) from error


def _copy(connection: Connection, rows: pl.DataFrame) -> None:
    """Hand all rows to PostgreSQL in one COPY."""
    text = rows.with_columns(pl.col("timestamp", "ts_known").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    # Text is always in quotes, so that an empty one is not taken for a missing value.
    data = text.write_csv(include_header=False, quote_style="non_numeric", null_value="").encode()
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    cursor: Any = connection.connection.cursor()  # psycopg's; SQLAlchemy knows only what every driver has
    with cursor.copy(f"COPY ohlcv_bars ({names}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(data)


def _insert_sqlite(connection: Connection, rows: pl.DataFrame) -> None:
    """Insert rows as SQLite stores them: decimals as whole numbers of their last places, instants as microseconds."""
    whole = [(pl.col(name) * 10**kind.decimals).cast(pl.Int64) for name, kind in DECIMALS.items()]
    stored = rows.with_columns(pl.col("timestamp", "ts_known").dt.timestamp("us"), *whole)
    marks = ", ".join("?" * len(COLUMNS))
    cursor = connection.connection.cursor()
    for part in stored.iter_slices(ROWS_AT_ONCE):
        cursor.executemany(f"INSERT INTO ohlcv_bars VALUES ({marks})", part.rows())  # noqa: S608  marks only
