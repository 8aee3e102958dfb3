"""Give a vendor's table of corporate actions its meaning: column names, kinds, ratios (specification 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

import polars as pl

from qts_core.data.actions.table import ActionKind, actions_frame
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.instruments import canonical_symbol

__all__ = ["COLUMN_NAMES", "KIND_NAMES", "parse_actions"]

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "symbol": ("symbol", "ticker", "sym", "instrument"),
        "ex_date": ("ex_date", "exdate", "ex-date", "date", "effective_date"),
        "kind": ("kind", "action", "type", "action_type"),
        "value": ("value", "amount", "factor"),
        "ratio": ("ratio", "split_ratio", "split_coefficient", "split_factor"),
        "new_shares": ("new_shares", "new_rate", "split_to"),
        "old_shares": ("old_shares", "old_rate", "split_from"),
        "cash_per_share": ("cash_per_share", "cash", "dividend", "dividend_amount", "rate"),
        "new_symbol": ("new_symbol", "to_symbol", "new_ticker"),
        "source": ("source", "provider"),
        "ts_known": ("ts_known", "known_at"),
    }
)
"""What each column may be called, in any case. `value` is the ratio of a split and the amount of anything else."""

KIND_NAMES: Mapping[str, ActionKind] = MappingProxyType(
    {
        **{str(kind): kind for kind in ActionKind},
        **dict.fromkeys(("forward_split", "reverse_split", "unit_split", "stock_split"), ActionKind.SPLIT),
        **dict.fromkeys(("cash_dividend", "div", "cash"), ActionKind.DIVIDEND),
        **dict.fromkeys(("spinoff", "spin-off"), ActionKind.SPIN_OFF),
        **dict.fromkeys(("name_change", "ticker_change", "rename"), ActionKind.SYMBOL_CHANGE),
        **dict.fromkeys(("delisted", "worthless_removal"), ActionKind.DELISTING),
    }
)
"""What each kind may be called, in any case."""

LARGEST_SHARES = 100
ROUNDED = 5e-6
"""A ratio written with six decimals, such as 1.499999 or 0.166667, names the fraction that near to it."""
NUMBERS = ("value", "ratio", "new_shares", "old_shares", "cash_per_share")
TEXT_NULLS = ("", "null", "none", "nan", "na")


def parse_actions(table: pl.DataFrame, *, where: str, source: str) -> pl.DataFrame:
    """Return a vendor's table as corporate actions.

    Parameters
    ----------
    table : DataFrame
        Columns named as in ``COLUMN_NAMES``, as text or as numbers and dates.
    where : str
        File name, for messages.
    source : str
        Provenance of rows that name none.

    Returns
    -------
    DataFrame
        Of ``ACTION_SCHEMA``. Rows of a kind that QTS does not know are refused, not dropped.

    Raises
    ------
    DataNotFoundError
        If there are no rows.
    DataValidationError
        If a column is missing or given twice, or a cell is not what its column needs.
    """
    if table.is_empty():
        raise DataNotFoundError("QTS-DATA-002", "there are no corporate actions in the file", where=where)
    frame = _named(table, where)
    for name in NUMBERS:
        frame = frame.with_columns(_number(frame, name, where))
    frame = frame.with_columns(_day(frame, where), _instant(frame, where), row=pl.int_range(1, pl.len() + 1))
    rows = [_row(row, where, source) for row in frame.iter_rows(named=True)]
    return actions_frame(rows)


def _named(table: pl.DataFrame, where: str) -> pl.DataFrame:
    known = {alias: name for name, aliases in COLUMN_NAMES.items() for alias in aliases}
    found: dict[str, str] = {}
    for column in table.columns:
        name = known.get(column.strip().lower())
        if name in found:
            raise _refused("a column is given twice", where, f"{found[name]} and {column}", "each once")
        if name is not None:
            found[name] = column
    missing = [name for name in ("symbol", "ex_date", "kind") if name not in found]
    if missing:
        names = "; ".join(f"{name}: {', '.join(COLUMN_NAMES[name])}" for name in missing)
        raise _refused("columns are missing", where, ", ".join(table.columns[:12]), names)
    frame = table.select(pl.col(column).alias(name) for name, column in found.items())
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMN_NAMES if name not in found]
    frame = frame.with_columns(absent)
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    stripped = [pl.col(name).str.strip_chars() for name in texts]
    frame = frame.with_columns(stripped)
    return frame.with_columns(
        pl.when(~pl.col(name).str.to_lowercase().is_in(TEXT_NULLS)).then(pl.col(name)).alias(name) for name in texts
    )


def _number(frame: pl.DataFrame, name: str, where: str) -> pl.Series:
    column = frame[name]
    if column.dtype == pl.String:
        numbers = column.cast(pl.Float64, strict=False)
    elif column.dtype.is_numeric() or column.dtype == pl.Null:
        numbers = column.cast(pl.Float64)
    else:
        raise _refused(f"{name} is no number", where, str(column.dtype), "a number")
    wrong = (
        column.is_not_null() & ~numbers.is_finite().fill_null(value=False) & ~numbers.is_nan().fill_null(value=False)
    )
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise _refused(f"{name} is no number", f"{where} row {row + 1}", str(column[row]), "a number such as 0.25")
    return numbers.fill_nan(None).alias(name)


def _day(frame: pl.DataFrame, where: str) -> pl.Series:
    column = frame["ex_date"]
    if column.dtype == pl.String:
        days = column.str.to_date("%Y-%m-%d", strict=False)
    elif column.dtype == pl.Date or isinstance(column.dtype, pl.Datetime):
        days = column.cast(pl.Date)
    else:
        raise _refused("ex_date is no date", where, str(column.dtype), "YYYY-MM-DD")
    if days.null_count():
        row = int(days.is_null().arg_max() or 0)
        raise _refused("ex_date is no date", f"{where} row {row + 1}", str(column[row]), "YYYY-MM-DD")
    return days.alias("ex_date")


def _instant(frame: pl.DataFrame, where: str) -> pl.Series:
    column = frame["ts_known"]
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        return column.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    if column.dtype == pl.String:
        moments = column.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
        if moments.null_count() == column.null_count():
            return moments
    if column.null_count() == len(column):
        return pl.Series("ts_known", [None] * len(column), pl.Datetime("us", "UTC"))
    raise _refused("ts_known is no instant", where, str(column.drop_nulls()[0]), "2024-03-28T13:30:00Z")


def _row(row: Mapping[str, object], where: str, source: str) -> dict[str, object]:
    place = f"{where} row {row['row']}"
    symbol = canonical_symbol(str(row["symbol"] or ""))
    if symbol is None:
        raise _refused("a symbol is none", place, str(row["symbol"]), "a US equity symbol such as BRK.B")
    kind = KIND_NAMES.get(str(row["kind"]).lower().replace(" ", "_"))
    if kind is None:
        raise _refused("an unknown kind of action", place, str(row["kind"]), ", ".join(sorted(KIND_NAMES)))
    taken = {name: row[name] for name in ("ex_date", "new_shares", "old_shares", "cash_per_share", "ts_known")}
    target = row["new_symbol"]
    named = {"symbol": symbol, "kind": str(kind), "source": row["source"] or source}
    ratio = row["ratio"] if row["ratio"] is not None else row["value"]
    if kind is ActionKind.SPLIT and taken["new_shares"] is None and isinstance(ratio, float):
        taken["new_shares"], taken["old_shares"] = _shares(ratio)
    if kind is not ActionKind.SPLIT and taken["cash_per_share"] is None:
        taken["cash_per_share"] = row["value"]
    return {**taken, **named, "new_symbol": None if target is None else canonical_symbol(str(target)) or target}


def _shares(ratio: float) -> tuple[float, float]:
    """Return new and old shares of a ratio: the small fraction it was rounded from, else the ratio itself for one."""
    if not 0.0 < ratio < float("inf"):
        return ratio, 1.0
    near = Fraction(ratio).limit_denominator(LARGEST_SHARES)
    if near > 0 and abs(float(near) / ratio - 1.0) <= ROUNDED:
        return float(near.numerator), float(near.denominator)
    return ratio, 1.0


def _refused(what: str, where: str, found: str, expected: str) -> DataValidationError:
    return DataValidationError("QTS-DATA-036", what, where=where, found=found, expected=expected)
