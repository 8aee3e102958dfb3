"""What cleaning carries from one month to the next: the end of each security's main line."""

from __future__ import annotations

import polars as pl

from qts_core.data.cleaning.marks import IS_FLAT, OUTLIER_WINDOW_BARS
from qts_core.data.schemas import STATE_SCHEMA, conform, empty
from qts_core.market.errors import DataValidationError

__all__ = ["checked_state", "next_state"]

KEPT_BARS = OUTLIER_WINDOW_BARS + 1
"""As many returns as the window of the outlier rule holds."""


def checked_state(state: pl.DataFrame | None) -> pl.DataFrame:
    """Return a state as frames are judged by it, with `linked`, the chain-linked close.

    Raises
    ------
    DataValidationError
        If an earlier version of QTS left it.
    """
    if state is None:
        state = empty(STATE_SCHEMA)
    elif missing := [name for name in STATE_SCHEMA if name not in state.columns]:
        raise DataValidationError(
            "QTS-DATA-016", "the months before were cleaned by an earlier version", where="cleaning_state",
            found=f"no {', '.join(missing)}", fix="clean all months again, in order",
        )  # fmt: skip
    return conform(state, STATE_SCHEMA).with_columns(linked=pl.col("close") * pl.col("factor"))


def next_state(accepted: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the state after `accepted`, which goes on from `before`.

    Parameters
    ----------
    accepted : DataFrame
        Bars that were believed, with `line`, `session`, `factor` and `is_main`.
    before : DataFrame
        The state before them, with `line`.

    Returns
    -------
    DataFrame
        Of ``STATE_SCHEMA``, sorted by symbol and time.
    """
    new = accepted.filter("is_main").with_columns(IS_FLAT)
    columns = (*STATE_SCHEMA, "line")
    both = pl.concat([before.sort("ts_event").select(columns), new.select(columns)])
    kept = both.group_by("line").tail(KEPT_BARS)
    return conform(kept, STATE_SCHEMA).sort("symbol", "ts_event")
