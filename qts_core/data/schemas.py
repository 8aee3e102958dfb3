"""Schemas of the frames that cross this package's doors (specification 5.1, 14.3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from qts_core.market.errors import DataValidationError

__all__ = [
    "ACTION_SCHEMA",
    "ADJUSTED_SCHEMA",
    "BAR_SCHEMA",
    "CLEAN_SCHEMA",
    "INSTRUMENT_SCHEMA",
    "PRICES",
    "QUARANTINE_SCHEMA",
    "STATE_SCHEMA",
    "Schema",
    "conform",
    "empty",
]

Schema = Mapping[str, pl.DataType]

INSTANT = pl.Datetime("us", "UTC")

PRICES = ("open", "high", "low", "close")

BAR_SCHEMA: Schema = MappingProxyType(
    {
        "symbol": pl.String(),
        "ts_event": INSTANT,
        "ts_known": INSTANT,
        "open": pl.Float64(),
        "high": pl.Float64(),
        "low": pl.Float64(),
        "close": pl.Float64(),
        "volume": pl.Float64(),
        "vwap": pl.Float64(),
        "trade_count": pl.Int64(),
        "source": pl.String(),
    }
)
"""Bars: raw prices in USD, volume in shares; `ts_event` is the start, `ts_known` the end or a revision's arrival.

`vwap` and `trade_count` may be null everywhere; a null price or volume is quarantined by cleaning.
"""

CLEAN_SCHEMA: Schema = MappingProxyType({**BAR_SCHEMA, "flags": pl.UInt32()})
"""Bars that may be used, with what is worth knowing of each (:class:`qts_core.data.quality.flags.BarFlag`).

Bars filled forward stand among them with their flag; :func:`qts_core.data.quality.flags.real_bars` leaves them out.
"""

QUARANTINE_SCHEMA: Schema = MappingProxyType({**CLEAN_SCHEMA, "rule": pl.String()})
"""Bars that broke a rule, with its name (see :data:`qts_core.data.quality.rules.RULES`)."""

ACTION_SCHEMA: Schema = MappingProxyType(
    {
        "symbol": pl.String(),
        "ex_date": pl.Date(),
        "kind": pl.String(),
        "new_shares": pl.Float64(),
        "old_shares": pl.Float64(),
        "cash_per_share": pl.Float64(),
        "source": pl.String(),
        "new_symbol": pl.String(),
        "ts_known": INSTANT,
    }
)
"""Corporate actions, effective from the open of `ex_date`; build frames with ``data.actions.table.actions_frame``.

Kinds (:class:`qts_core.data.actions.table.ActionKind`): ``split`` (new for old shares), ``dividend`` (USD a share),
``spin_off`` (`new_symbol`, shares of it for old shares, or its worth in USD a share), ``symbol_change``
(`new_symbol`) and ``delisting``. `ts_known` null: known for ever.
"""

ADJUSTED_SCHEMA: Schema = MappingProxyType(
    {
        "symbol": pl.String(),
        "session": pl.Date(),
        **dict.fromkeys(PRICES, pl.Float64()),
        "volume": pl.Float64(),
        "adjusted_close": pl.Float64(),
        "as_of": pl.Date(),
    }
)
"""Daily bars seen from the session `as_of`: prices (USD) and volume in that day's shares.

From `adjusted_close` dividends are taken out too. For charts; see :mod:`qts_core.data.actions.daily_view`.
"""

INSTRUMENT_SCHEMA: Schema = MappingProxyType({"symbol": pl.String(), "sector": pl.String(), "industry": pl.String()})
"""Who trades: sector ``Other`` when it is not known."""

STATE_SCHEMA: Schema = MappingProxyType(
    {
        "symbol": pl.String(),
        "ts_event": INSTANT,
        "ts_known": INSTANT,
        "session": pl.Date(),
        "close": pl.Float64(),
        "factor": pl.Float64(),
        "is_flat": pl.Boolean(),
    }
)
"""What cleaning carries from one month to the next: the last accepted bars of each security, raw close and factor."""


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return `frame` with exactly the columns and types of `schema`, in its order.

    Columns beyond the schema are dropped; missing nullable ones are not invented.

    Raises
    ------
    DataValidationError
        If a column is missing or a value does not fit its type.
    """
    missing = [name for name in schema if name not in frame.columns]
    if missing:
        raise DataValidationError(
            "QTS-DATA-014", "columns are missing", found=", ".join(missing), expected=", ".join(schema)
        )
    if tuple(frame.schema.items()) == tuple(schema.items()):
        return frame
    try:
        return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
    except pl.exceptions.PolarsError as error:
        raise DataValidationError(
            "QTS-DATA-014",
            "a value does not fit its column",
            found=str(error).splitlines()[0],
            expected=", ".join(f"{name} {kind}" for name, kind in schema.items()),
        ) from error


def empty(schema: Schema) -> pl.DataFrame:
    """Return a frame of `schema` without rows."""
    return pl.DataFrame(schema=dict(schema))
