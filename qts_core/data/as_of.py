"""What was known when: of several versions of a bar, the latest one by a moment (specification 5.1; two times)."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from qts_core.market.errors import DataValidationError

__all__ = ["as_of"]

KEY = ("symbol", "ts_event")


def as_of(frame: pl.DataFrame, moment: datetime | None = None) -> pl.DataFrame:
    """Return each (symbol, ts_event) once: the row with the greatest `ts_known` that is not after `moment`.

    Parameters
    ----------
    frame : DataFrame
        With `symbol`, `ts_event` and `ts_known`; any number of versions of a bar, in any order.
    moment : datetime, optional
        Aware. None takes everything that is known.

    Returns
    -------
    DataFrame
        Sorted by (ts_event, symbol). A bar first known after `moment` is not there. Of versions known at the same
        instant the one further down in `frame` counts: in the lake, the one written last.

    Raises
    ------
    DataValidationError
        If `moment` has no time zone or a column is missing.
    """
    missing = [name for name in (*KEY, "ts_known") if name not in frame.columns]
    if missing:
        raise DataValidationError(
            "QTS-DATA-014", "a view as of a moment needs both times", found=f"no {', '.join(missing)}",
            expected="symbol, ts_event, ts_known",
        )  # fmt: skip
    if moment is not None:
        if moment.tzinfo is None:
            raise DataValidationError(
                "QTS-DATA-006", "a moment needs a time zone", found=moment.isoformat(), expected="an aware datetime"
            )
        frame = frame.filter(pl.col("ts_known") <= moment)
    versions = frame.sort("ts_event", "symbol", "ts_known", maintain_order=True)
    is_latest = [pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in KEY]
    return versions.filter(pl.any_horizontal(is_latest))
