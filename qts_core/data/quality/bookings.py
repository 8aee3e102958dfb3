"""Corporate actions held against prices: what is booked twice, as the wrong thing, or on the wrong day."""

from __future__ import annotations

import polars as pl

from qts_core.data.actions.table import as_actions
from qts_core.data.quality.evidence import Evidence, evidence_of

__all__ = ["ADJUSTED_COLUMNS", "adjusted_close", "booked_actions", "lone_actions"]

NOTABLE = 0.05
"""A step that two bookings leave more open than one of them, on the log scale."""
MISMATCH = 0.25
"""A split and the night's step may differ by a move of the market; beyond this log size the booking is doubted."""
HUGE_TIMES = 60.0
LARGE_TIMES = 5.0
LEAST_HUGE = 5.0
"""USD a share, 60 times the symbol's usual dividend: what spin-offs look like where no price is at hand."""
ADJUSTED_TOLERANCE = 1e-4
DAY = ("symbol", "ex_date")
ADJUSTED_COLUMNS = ("symbol", "date", "close", "adjusted_close", "dividend_amount", "split_coefficient")
"""What :func:`adjusted_close` looks at."""


def booked_actions(nights: pl.DataFrame, actions: pl.DataFrame, *, huge_dividend_ratio: float = 0.25) -> list[Evidence]:
    """Hold splits and dividends against the price step of their ex-date.

    Parameters
    ----------
    nights : DataFrame
        From :func:`qts_core.data.quality.steps.overnight`.
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    huge_dividend_ratio : float
        Share of the close before from which a cash dividend is doubted.
    """
    day = _by_day(actions).rename({"ex_date": "session"})
    before = (pl.col("open") / pl.col("raw_step")).alias("close_before")
    met = nights.with_columns(before).join(day, on=["symbol", "session"]).filter(pl.col("raw_step").is_not_null())
    met = met.select("symbol", "ts_event", "session", "close_before", "open", "cash", "ratio", "raw_step").sort(
        "symbol", "session"
    )
    by_split = (pl.col("raw_step") * pl.col("ratio")).log().abs()
    whole = (pl.col("open") + pl.col("cash")) / pl.col("close_before")
    by_both = (whole * pl.col("ratio")).log().abs()
    is_split, is_paid = pl.col("ratio") != 1.0, pl.col("cash") > 0
    twice = met.filter(is_split & is_paid & (by_both > pl.min_horizontal(by_split, whole.log().abs()) + NOTABLE))
    huge = met.filter(is_paid & ~is_split & (pl.col("cash") >= huge_dividend_ratio * pl.col("close_before")))
    # Half of the split's own size is where "it happened" and "it did not" are equally near.
    off = met.filter(is_split & (by_split > MISMATCH) & (pl.col("ratio").log().abs() > NOTABLE)).join(
        twice, on=["symbol", "session"], how="anti"
    )
    found = []
    for rule, frame, words in (
        ("booked_twice", twice, _twice_words),
        ("huge_dividend", huge, _huge_words),
        ("split_not_in_price", off, _off_words),
    ):
        if frame.height:
            examples = [words(r) for r in frame.to_dicts()]
            found.append(evidence_of(rule, frame, "; ".join(examples[:4]), examples=examples))
    return found


def lone_actions(actions: pl.DataFrame, priced: pl.DataFrame) -> list[Evidence]:
    """Judge actions on days without a price by what the symbol usually pays.

    Parameters
    ----------
    actions : DataFrame
        Of ``ACTION_SCHEMA``.
    priced : DataFrame
        `symbol` and `session` of every day that has a price; such days are judged by :func:`booked_actions`.
    """
    paid = pl.col("cash").filter(pl.col("cash") > 0)
    days = _by_day(actions).with_columns(usual=paid.median().over("symbol"), paid=paid.count().over("symbol"))
    lone = days.join(priced, left_on=DAY, right_on=("symbol", "session"), how="anti")
    times = pl.col("cash") / pl.col("usual")
    known = pl.col("paid") >= 4
    midnight = pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    lone = lone.with_columns(ts_event=midnight).sort("symbol", "ex_date")
    twice = lone.filter(known & (pl.col("ratio") != 1.0) & (times >= LARGE_TIMES))
    huge = lone.filter(known & (pl.col("ratio") == 1.0) & (times >= HUGE_TIMES) & (pl.col("cash") >= LEAST_HUGE))
    found = []
    for rule, frame in (("booked_twice", twice), ("huge_dividend", huge)):
        if frame.height:
            examples = [_lone_words(r) for r in frame.to_dicts()]
            found.append(evidence_of(rule, frame.drop("paid"), "; ".join(examples[:4]), examples=examples))
    return found


def adjusted_close(table: pl.DataFrame) -> list[Evidence]:
    """Hold an adjusted close against the close, dividend and split beside it.

    Parameters
    ----------
    table : DataFrame
        Daily rows: `symbol`, `date`, `close`, `adjusted_close`, `dividend_amount` (USD), `split_coefficient` (new
        shares for one old).

    Notes
    -----
    The vendor's convention: the factor of an ex-day is ``1 / split / (1 + dividend / close on the ex-day)``.
    """
    numbers = ADJUSTED_COLUMNS[2:]
    is_text = table.schema["date"] == pl.String
    day = pl.col("date").str.head(10).str.to_date() if is_text else pl.col("date").cast(pl.Date)
    typed = table.select("symbol", day.alias("date"), *[pl.col(n).cast(pl.Float64, strict=False) for n in numbers])
    last = {name: pl.col(name).shift(1).over("symbol") for name in ("close", "adjusted_close")}
    expected = pl.col("split_coefficient") * (pl.col("close") + pl.col("dividend_amount")) / last["close"]
    met = (
        typed.sort("symbol", "date")
        .with_columns(error=pl.col("adjusted_close") / last["adjusted_close"] / expected - 1.0)
        .filter(pl.col("error").abs() > ADJUSTED_TOLERANCE)
    )
    if met.is_empty():
        return []
    midnight = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    columns = ("symbol", "ts_event", "close", "adjusted_close", "dividend_amount", "split_coefficient", "error")
    places = met.with_columns(ts_event=midnight).select(columns)
    examples = [f"{r['symbol']} {r['ts_event']:%Y-%m-%d} by {r['error']:+.2%}" for r in places.to_dicts()]
    detail = f"{places.height} steps of the adjusted close are off, the first {examples[0]}"
    return [evidence_of("adjustment_inconsistent", places, detail, examples=examples)]


def _by_day(actions: pl.DataFrame) -> pl.DataFrame:
    """Return one row a symbol and ex-date: cash paid and new shares for one old."""
    known = as_actions(actions)
    is_split = pl.col("kind") == "split"
    return (
        known.filter(pl.col("kind").is_in(["split", "dividend"]))
        .group_by(DAY)
        .agg(
            cash=pl.col("cash_per_share").filter(~is_split).sum().fill_null(0.0),
            ratio=(pl.col("new_shares") / pl.col("old_shares")).filter(is_split).product().fill_null(1.0),
        )
    )


def _twice_words(r: dict[str, object]) -> str:
    return (
        f"{r['symbol']} {r['session']}: dividend {r['cash']:g} and split {r['ratio']:g}, "
        f"{r['close_before']:.2f} to {r['open']:.2f}"
    )


def _huge_words(r: dict[str, object]) -> str:
    share = float(r["cash"]) / float(r["close_before"])  # type: ignore[arg-type]  # floats in an untyped row
    return f"{r['symbol']} {r['session']}: {r['cash']:g} a share, {share:.0%} of the close before"


def _off_words(r: dict[str, object]) -> str:
    return (
        f"{r['symbol']} {r['session']}: split {r['ratio']:g}, but {r['close_before']:.2f} to {r['open']:.2f} "
        f"(a step of {r['raw_step']:.3f})"
    )


def _lone_words(r: dict[str, object]) -> str:
    split = f" and split {r['ratio']:g}" if r["ratio"] != 1.0 else ""
    times = float(r["cash"]) / float(r["usual"])  # type: ignore[arg-type]  # floats in an untyped row
    return f"{r['symbol']} {r['ex_date']}: {r['cash']:g} a share{split}, {times:.0f} times the usual"
