"""Back-adjusted prices as of any day: for charts and comparison with a vendor, never for features (checklist X-02).

Features use the chain-linked series (:mod:`qts_core.data.actions.chain`), which is never rewritten. A back-adjusted
price is rewritten by every later action, so it always names the day as of which it holds, and its convention.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import polars as pl

from qts_core.data.actions.identity import carry_actions, carry_bars
from qts_core.data.actions.table import ActionKind, as_actions, known_by
from qts_core.data.quality.flags import real_bars
from qts_core.market.errors import DataValidationError

__all__ = ["Convention", "back_adjusted", "back_factors", "session_closes"]

SESSION = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
PRICED = ("open", "high", "low", "close", "vwap")


class Convention(StrEnum):
    """How an action changes the prices before its ex-day.

    With S new shares for one old, D USD a share, P the close on the ex-day and Q the close before it.
    """

    SPLITS = "splits"
    """1/S. Dividends are cash and leave the series alone."""
    EX_DAY_CLOSE = "ex_day_close"
    """1/S · 1/(1 + D/P). The step of the adjusted close is the day's total return S·(P + D)/Q exactly, the dividend
    taken in cash at the close (the holding-period return of CRSP). Alpha Vantage's daily adjusted close follows it."""
    PREVIOUS_CLOSE = "previous_close"
    """1/S · (1 − D/(Q/S)): the dividend is reinvested at the ex-day's opening, when the price has just fallen by it.
    Yahoo Finance and most textbooks do so; it is the one that is known before the ex-day's first trade."""


def session_closes(bars: pl.DataFrame) -> pl.DataFrame:
    """Return the last close of every symbol and session: `symbol`, `session`, `close`, sorted by both.

    Parameters
    ----------
    bars : DataFrame
        Of ``BAR_SCHEMA`` or ``CLEAN_SCHEMA``; of several versions of a bar the one known last counts.
    """
    ordered = real_bars(bars).sort("ts_event", "ts_known", maintain_order=True).with_columns(session=SESSION)
    last = ordered.group_by("symbol", "session").agg(pl.col("close").last())
    return last.sort("symbol", "session")


def back_factors(closes: pl.DataFrame, actions: pl.DataFrame, *, as_of: date, convention: Convention) -> pl.DataFrame:
    """Return what each session's prices and volume are multiplied by, seen from `as_of`.

    Parameters
    ----------
    closes : DataFrame
        `symbol`, `session`, `close` (raw, USD), as :func:`session_closes` gives them; daily bars do as well.
    actions : DataFrame
        Of ``ACTION_SCHEMA``. Those dated after `as_of`, or known only after it, do not count. A spin-off counts as a
        dividend of its worth where that is known.
    as_of : date
        Session whose prices stay as they are.
    convention : Convention
        How dividends count.

    Returns
    -------
    DataFrame
        `symbol`, `session`, `price_factor`, `volume_factor`, for the sessions of `closes` up to `as_of`.

    Raises
    ------
    DataValidationError
        If a dividend is not smaller than the price it is to be taken from.
    """
    shown = closes.filter(pl.col("session") <= as_of).sort("symbol", "session")
    steps = _steps(shown, _in_force(actions, as_of), convention)
    joined = shown.join(steps, on=["symbol", "session"], how="left", maintain_order="left")
    # The step of an ex-day changes every session before it: multiply from the end, without the session's own.
    after = [
        pl.col(name).fill_null(1.0).cum_prod(reverse=True).shift(-1).over("symbol").fill_null(1.0)
        for name in ("step", "split_step")
    ]
    return joined.with_columns(price_factor=after[0], volume_factor=1.0 / after[1]).select(
        "symbol", "session", "price_factor", "volume_factor"
    )


def back_adjusted(
    bars: pl.DataFrame, actions: pl.DataFrame, *, as_of: date, convention: Convention = Convention.SPLITS
) -> pl.DataFrame:
    """Return `bars` as a chart of day `as_of` shows them: prices of that day's shares, under that day's symbols.

    Parameters
    ----------
    bars : DataFrame
        Of ``BAR_SCHEMA`` or ``CLEAN_SCHEMA``, raw prices. Bars after `as_of` are left out.
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    as_of : date
        Day whose prices stay raw.
    convention : Convention
        How dividends count; splits alone by default.

    Returns
    -------
    DataFrame
        The columns of `bars`; volume is divided by the split factors and by no dividend.
    """
    dated = carry_bars(bars, actions, as_of).with_columns(session=SESSION).filter(pl.col("session") <= as_of)
    named = carry_actions(actions, as_of)
    factors = back_factors(session_closes(dated), named, as_of=as_of, convention=convention)
    joined = dated.join(factors, on=["symbol", "session"], how="left", maintain_order="left")
    return joined.with_columns(
        *(pl.col(name) * pl.col("price_factor").fill_null(1.0) for name in PRICED),
        pl.col("volume") * pl.col("volume_factor").fill_null(1.0),
    ).select(bars.columns)


def _in_force(actions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    end = datetime.combine(as_of + timedelta(days=1), time(), UTC)
    return known_by(as_actions(actions), end).filter(pl.col("ex_date") <= as_of)


def _steps(closes: pl.DataFrame, actions: pl.DataFrame, convention: Convention) -> pl.DataFrame:
    """Return the factor of each session in which actions take effect: the first with a price from the ex-date on."""
    ratio = pl.when(pl.col("kind") == ActionKind.SPLIT).then(pl.col("new_shares") / pl.col("old_shares"))
    cash = pl.when(pl.col("kind").is_in([ActionKind.DIVIDEND, ActionKind.SPIN_OFF])).then("cash_per_share")
    days = closes.with_columns(before=pl.col("close").shift(1).over("symbol")).sort("session", maintain_order=True)
    due = actions.with_columns(ratio=ratio, cash=cash).sort("ex_date", maintain_order=True)
    met = due.join_asof(
        days, left_on="ex_date", right_on="session", by="symbol", strategy="forward", coalesce=False,
        check_sortedness=False,
    ).filter(pl.col("session").is_not_null())  # fmt: skip
    day = met.group_by("symbol", "session", maintain_order=True).agg(
        pl.col("ratio").product(), pl.col("cash").sum(), pl.col("close").first(), pl.col("before").first()
    )
    by_convention = {
        Convention.SPLITS: pl.lit(1.0),
        Convention.EX_DAY_CLOSE: 1.0 / (1.0 + pl.col("cash") / pl.col("close")),
        Convention.PREVIOUS_CLOSE: 1.0 - pl.col("cash") / (pl.col("before") / pl.col("ratio")).fill_null(float("inf")),
    }
    found = day.with_columns(split_step=1.0 / pl.col("ratio"), part=by_convention[convention])
    if (bad := found.filter(~(pl.col("part") > 0))).height:
        row = bad.row(0, named=True)
        raise DataValidationError(
            "QTS-DATA-037", "a dividend is not smaller than the price it is taken from",
            where=f"{row['symbol']} {row['session']}",
            found=f"{row['cash']:g} USD a share, close before {row['before']:g}",
            fix="book it as a spin-off or a split, or use the convention ex_day_close",
        )  # fmt: skip
    return found.select("symbol", "session", step=pl.col("split_step") * pl.col("part"), split_step="split_step")
