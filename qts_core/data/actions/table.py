"""The table of corporate actions: its kinds, and how a frame of them is built (specification 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import polars as pl

from qts_core.data.schemas import ACTION_SCHEMA, conform, empty
from qts_core.market.errors import DataValidationError

__all__ = ["ActionKind", "actions_frame", "as_actions", "known_by", "merged_actions", "no_actions"]

REQUIRED = ("symbol", "ex_date", "kind")
ORDER = ("ex_date", "symbol", "kind")
SHARES = ("new_shares", "old_shares")


class ActionKind(StrEnum):
    """What changes a share."""

    SPLIT = "split"
    """`new_shares` for `old_shares`; a reverse split gives fewer."""
    DIVIDEND = "dividend"
    """`cash_per_share`, USD."""
    SPIN_OFF = "spin_off"
    """`new_shares` of `new_symbol` for `old_shares`, worth `cash_per_share` USD a share where that is known."""
    SYMBOL_CHANGE = "symbol_change"
    """From `ex_date` on the same shares trade as `new_symbol`."""
    DELISTING = "delisting"
    """`ex_date` is the first session without trading; a later bar of the symbol is another company's."""


def no_actions() -> pl.DataFrame:
    """Return an empty table of corporate actions."""
    return empty(ACTION_SCHEMA)


def actions_frame(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Return a table of corporate actions.

    Parameters
    ----------
    rows : iterable of mapping
        Keys of ``ACTION_SCHEMA``; `symbol`, `ex_date` and `kind` are needed, what else is absent is null. An instant
        carries its zone.

    Returns
    -------
    DataFrame
        Of ``ACTION_SCHEMA``, by ex-date, symbol and kind.

    Raises
    ------
    DataValidationError
        If a key is unknown, a needed one absent, or a value does not fit its column.
    """
    taken = []
    for row in rows:
        unknown, absent = set(row) - set(ACTION_SCHEMA), [name for name in REQUIRED if row.get(name) is None]
        if unknown or absent:
            raise DataValidationError(
                "QTS-DATA-014", "a corporate action has other fields than it should have",
                found=", ".join(sorted(unknown)) or f"no {absent[0]}", expected=", ".join(ACTION_SCHEMA),
            )  # fmt: skip
        taken.append({name: row.get(name) for name in ACTION_SCHEMA})
    try:
        frame = pl.DataFrame(taken, schema=dict(ACTION_SCHEMA), orient="row")
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise DataValidationError(
            "QTS-DATA-014", "a value of a corporate action does not fit its column", found=str(error).splitlines()[0],
            expected=", ".join(f"{name} {kind}" for name, kind in ACTION_SCHEMA.items()),
        ) from error  # fmt: skip
    return frame.sort(ORDER, maintain_order=True)


def as_actions(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` as ``ACTION_SCHEMA``; what earlier tables did not have (`new_symbol`, `ts_known`) is null.

    Raises
    ------
    DataValidationError
        If another column is missing or a value does not fit.
    """
    late = [pl.lit(None, ACTION_SCHEMA[n]).alias(n) for n in ("new_symbol", "ts_known") if n not in frame.columns]
    return conform(frame.with_columns(late) if late else frame, ACTION_SCHEMA)


def known_by(actions: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """Return the actions that were known at `moment`."""
    return as_actions(actions).filter(pl.col("ts_known").is_null() | (pl.col("ts_known") <= moment))


def merged_actions(known: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Return both tables as one; a later word on the same symbol, day and kind replaces the earlier one.

    Payments of different amounts on one day, such as a regular and a special dividend, are added up.

    Parameters
    ----------
    known, new : DataFrame
        Of ``ACTION_SCHEMA``.

    Returns
    -------
    DataFrame
        Of ``ACTION_SCHEMA``, by ex-date, symbol and kind.
    """
    key = ["symbol", "ex_date", "kind"]
    given = as_actions(new).unique([*key, "cash_per_share", *SHARES], keep="first", maintain_order=True)
    is_cash = pl.col("kind") == ActionKind.DIVIDEND
    several = given.filter(is_cash).filter(pl.struct(key).is_duplicated())
    if several.height:
        rest = pl.exclude(*key, "cash_per_share", "source").first()
        paid = several.group_by(key, maintain_order=True).agg(
            rest, pl.col("cash_per_share").sum(), pl.col("source").unique(maintain_order=True).str.join(" + ")
        )
        given = pl.concat([given.join(paid, on=key, how="anti"), as_actions(paid)])
    both = pl.concat([as_actions(known), given])
    return both.unique(key, keep="last", maintain_order=True).sort(ORDER, maintain_order=True)
