"""Corporate actions as vendors give them: a table of their own, or columns beside daily bars."""

from __future__ import annotations

import polars as pl

from qts_core.data.actions.table import as_actions, no_actions
from qts_core.data.schemas import ACTION_SCHEMA

__all__ = ["actions_beside", "actions_listed"]

SYMBOL = ("symbol", "ticker")
DAY = ("ex_date", "date", "timestamp")
DIVIDEND = ("dividend_amount", "dividend", "dividends", "divcash")
SPLIT = ("split_coefficient", "split", "stock_splits", "splitfactor")
KIND = ("kind", "action", "type")
VALUE = ("value", "amount")


def actions_beside(table: pl.DataFrame, *, source: str, symbol: str | None = None) -> pl.DataFrame:
    """Return the dividends and splits that stand beside daily bars, empty when there are no such columns.

    Parameters
    ----------
    table : DataFrame
        Daily rows under the vendor's names: a day, and cash a share (0 = none) or new shares for one old (0 or 1 =
        none).
    source : str
        Written into the actions.
    symbol : str, optional
        Of a table without such a column.
    """
    names = _names(table)
    day, name, cash, ratio = (_first(names, of) for of in (DAY, SYMBOL, DIVIDEND, SPLIT))
    if day is None or (name is None and symbol is None) or (cash is None and ratio is None):
        return no_actions()
    known = pl.lit(symbol) if name is None else pl.col(name)
    zero = pl.lit(0.0)
    rows = table.select(
        symbol=known.cast(pl.String),
        ex_date=_date(table, day),
        cash=zero if cash is None else pl.col(cash).cast(pl.Float64, strict=False),
        ratio=zero if ratio is None else pl.col(ratio).cast(pl.Float64, strict=False),
    )
    paid = rows.filter(pl.col("cash") > 0).with_columns(kind=pl.lit("dividend"), value=pl.col("cash"))
    split = rows.filter((pl.col("ratio") > 0) & (pl.col("ratio") != 1)).with_columns(
        kind=pl.lit("split"), value=pl.col("ratio")
    )
    return _table(pl.concat([paid, split]).select("symbol", "ex_date", "kind", "value"), source)


def actions_listed(table: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return a table of actions: of ``ACTION_SCHEMA``, or one row each of symbol, ex-date, action and value.

    The value is USD a share of a dividend and new shares for one old of a split; other kinds are left out.
    """
    if {"symbol", "ex_date", "kind", "new_shares", "old_shares", "cash_per_share"} <= set(table.columns):
        given = table if "source" in table.columns else table.with_columns(source=pl.lit(source))
        return as_actions(given.with_columns(ex_date=_date(given, "ex_date")))
    names = _names(table)
    day, name, kind, value = (_first(names, of) for of in (DAY, SYMBOL, KIND, VALUE))
    if day is None or name is None or kind is None or value is None:
        return no_actions()
    rows = table.select(
        symbol=pl.col(name).cast(pl.String),
        ex_date=_date(table, day),
        kind=pl.col(kind).cast(pl.String).str.to_lowercase(),
        value=pl.col(value).cast(pl.Float64, strict=False),
    )
    return _table(rows.filter(pl.col("kind").is_in(["dividend", "split"])), source)


def _table(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    is_split = pl.col("kind") == "split"
    columns = {
        "new_shares": pl.when(is_split).then(pl.col("value")),
        "old_shares": pl.when(is_split).then(pl.lit(1.0)),
        "cash_per_share": pl.when(~is_split).then(pl.col("value")),
        "source": pl.lit(source),
    }
    return as_actions(rows.with_columns(**columns).select(*list(ACTION_SCHEMA)[:3], *columns)).sort(
        "ex_date", "symbol", "kind"
    )


def _date(table: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return column.str.head(10).str.to_date() if table.schema[name] == pl.String else column.cast(pl.Date)


def _names(table: pl.DataFrame) -> dict[str, str]:
    return {name.strip().lower().replace(" ", "_"): name for name in table.columns}


def _first(names: dict[str, str], of: tuple[str, ...]) -> str | None:
    return next((names[name] for name in of if name in names), None)
