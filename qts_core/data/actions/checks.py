"""What a table of corporate actions must keep before it is believed (specification 5.2; bad input B38).

Here the table is judged by itself. What it says about prices is held against them by
:mod:`qts_core.data.quality.bookings`: spin-offs booked as huge dividends, one event booked twice.
"""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from qts_core.data.actions.table import ActionKind, as_actions
from qts_core.market.calendar import FIRST_DAY, LAST_DAY, TradingCalendar
from qts_core.market.errors import DataValidationError
from qts_core.market.instruments import is_symbol

__all__ = ["check_actions", "doubtful_actions"]

NAMED = 8
LARGE_SPLIT = 100.0
"""New shares for one old, or old for one new, beyond which a split is looked at again."""

SHARES = ("new_shares", "old_shares")


def check_actions(actions: pl.DataFrame) -> None:
    """Refuse actions that cannot be.

    Parameters
    ----------
    actions : DataFrame
        Of ``ACTION_SCHEMA``.

    Raises
    ------
    DataValidationError
        If a kind is unknown, a symbol is none, an amount is missing or not positive, a symbol changes into nothing or
        itself, one symbol has two splits, names or ends on a day, or two securities would hold one symbol at a time.
    """
    table = as_actions(actions)
    kinds = [str(kind) for kind in ActionKind]
    _refuse(table.filter(~pl.col("kind").is_in(kinds)), "an unknown kind", f"one of {', '.join(kinds)}")
    names = {name for column in ("symbol", "new_symbol") for name in table[column].drop_nulls().unique().to_list()}
    wrong = [name for name in names if not is_symbol(name)]
    odd = pl.col("symbol").is_in(wrong) | pl.col("new_symbol").is_in(wrong)
    _refuse(table.filter(odd), "a symbol that is none", "US equity symbols such as BRK.B")
    is_kind = {kind: pl.col("kind") == str(kind) for kind in ActionKind}
    shares = pl.all_horizontal(_is_positive(name) for name in SHARES)
    _refuse(table.filter(is_kind[ActionKind.SPLIT] & ~shares), "a split without two positive numbers of shares", "4, 1")
    cash = _is_positive("cash_per_share")
    _refuse(table.filter(is_kind[ActionKind.DIVIDEND] & ~cash), "a dividend without a positive amount", "USD a share")
    spun = is_kind[ActionKind.SPIN_OFF] & ~(cash | (shares & pl.col("new_symbol").is_not_null()))
    _refuse(table.filter(spun), "a spin-off that says nothing", "new_symbol with shares, or its worth in USD a share")
    unchanged = pl.col("new_symbol").is_null() | (pl.col("new_symbol") == pl.col("symbol"))
    _refuse(
        table.filter(is_kind[ActionKind.SYMBOL_CHANGE] & unchanged), "a symbol change into nothing new", "a new_symbol"
    )
    once = pl.col("kind") != str(ActionKind.DIVIDEND)
    twice = table.filter(once).filter(pl.struct("symbol", "ex_date", "kind").is_duplicated())
    _refuse(twice, "the same kind twice on one day with different values", "one row a symbol, day and kind")
    _refuse_overlaps(table)


def doubtful_actions(actions: pl.DataFrame, calendar: TradingCalendar) -> list[str]:
    """Return what a person should look at: one sentence each, empty when there is nothing.

    Ex-dates on which the exchange is closed (the action takes effect at the next open), splits that change nothing
    or beyond 100 for one, and actions of a symbol after its last day.
    """
    table = as_actions(actions)
    if table.is_empty():
        return []
    span = table.select(first=pl.col("ex_date").min(), last=pl.col("ex_date").max()).row(0)
    sessions = [session.date for session in calendar.between(*span)]
    covered = pl.col("ex_date").is_between(FIRST_DAY, LAST_DAY)
    ratio = pl.col("new_shares") / pl.col("old_shares")
    is_split = pl.col("kind") == str(ActionKind.SPLIT)
    ended = table.filter(pl.col("kind") == str(ActionKind.DELISTING)).select("symbol", end="ex_date")
    findings = (
        ("the exchange is closed on the ex-date", table.filter(covered & ~pl.col("ex_date").is_in(sessions))),
        ("a split of one for one", table.filter(is_split & (ratio == 1.0))),
        ("a split beyond 100 for one", table.filter(is_split & (ratio.log().abs() > pl.lit(LARGE_SPLIT).log()))),
        (
            "an action after the symbol was delisted",
            table.join(ended, on="symbol").filter(pl.col("ex_date") > pl.col("end")),
        ),
    )
    return [f"{words}: {_rows(part)}" for words, part in findings if part.height]


def _refuse_overlaps(table: pl.DataFrame) -> None:
    """Refuse a newcomer under a symbol whose holder took it by a change and never gave it up."""
    changes = table.filter(pl.col("kind") == str(ActionKind.SYMBOL_CHANGE)).sort("ex_date")
    leaving = table.filter(pl.col("kind").is_in([str(ActionKind.SYMBOL_CHANGE), str(ActionKind.DELISTING)]))
    for (symbol,), taken in changes.partition_by("new_symbol", as_dict=True).items():
        days = taken["ex_date"].to_list()
        for before, day in pairwise(days):
            left = leaving.filter((pl.col("symbol") == symbol) & pl.col("ex_date").is_between(before, day))
            if left.is_empty():
                _refuse(
                    taken.filter(pl.col("ex_date") == day),
                    f"a change into {symbol}, which another security has held since {before}",
                    "a symbol_change or delisting of the holder first",
                )


def _is_positive(name: str) -> pl.Expr:
    return ((pl.col(name) > 0) & pl.col(name).is_finite()).fill_null(value=False)


def _refuse(wrong: pl.DataFrame, what: str, expected: str) -> None:
    if wrong.height:
        raise DataValidationError(
            "QTS-DATA-035", f"{what} stands among the corporate actions", where="corporate_actions",
            found=_rows(wrong), expected=expected, fix="correct these rows",
        )  # fmt: skip


def _rows(frame: pl.DataFrame) -> str:
    shown = frame.sort("ex_date", "symbol").head(NAMED)
    named = [f"{r['symbol']} {r['ex_date']} {r['kind']}" for r in shown.iter_rows(named=True)]
    return ", ".join(named) + (f" and {frame.height - NAMED} more" if frame.height > NAMED else "")
