"""Defects planted into sound bars, each with the rules that must find it and no other rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl

from qts_core.data.actions.table import actions_frame, no_actions
from qts_core.data.schemas import PRICES
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market

Rng = np.random.Generator
MARKET = SyntheticMarketSettings(
    symbols=6, first=date(2024, 5, 1), last=date(2024, 6, 28), seed=11, splits_per_year=0.0
)
HOLIDAY = datetime(2024, 5, 27, 14, 30, tzinfo=UTC)
NOW = datetime(2024, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Planted:
    """Spoilt bars and the rules that are broken."""

    bars: pl.DataFrame
    rules: frozenset[str]
    actions: pl.DataFrame = field(default_factory=no_actions)


@cache
def sound() -> pl.DataFrame:
    """Return the market: six symbols, 41 sessions, with a session number."""
    bars = synthetic_market(MARKET).bars
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    return bars.with_columns(day=day).with_columns(session=pl.col("day").rank("dense").cast(pl.Int64) - 1)


def planted(bars: pl.DataFrame, *rules: str, actions: pl.DataFrame | None = None) -> Planted:
    """Return spoilt bars without the columns that only planting needs."""
    given = no_actions() if actions is None else actions
    return Planted(bars.drop("day", "session", "row", strict=False), frozenset(rules), given)


def a_symbol(rng: Rng) -> str:
    return str(rng.choice(sound()["symbol"].unique().sort().to_list()))


def a_session(rng: Rng, margin: int = 8) -> int:
    return int(rng.integers(margin, int(sound()["session"].max()) - margin))  # type: ignore[arg-type]


def some(rng: Rng, number: int) -> pl.DataFrame:
    return sound().sample(number, seed=int(rng.integers(10_000)))


def at_row(rng: Rng, **values: object) -> pl.DataFrame:
    """Return the market with one bar changed."""
    bars = sound().with_row_index("row")
    hit = pl.col("row") == int(rng.integers(bars.height))
    return bars.with_columns(
        pl.when(hit).then(v if isinstance(v, pl.Expr) else pl.lit(v)).otherwise(pl.col(n)).cast(bars.schema[n]).alias(n)
        for n, v in values.items()
    )


def from_session(symbol: str | None, session: int, *, price: float = 1.0, volume: float = 1.0) -> pl.DataFrame:
    """Return the market with prices and volumes multiplied from a session on, of one symbol or of all."""
    hit = pl.col("session") >= session
    hit = hit if symbol is None else hit & (pl.col("symbol") == symbol)
    return sound().with_columns(
        *[pl.when(hit).then(pl.col(n) * price).otherwise(pl.col(n)).alias(n) for n in PRICES],
        volume=pl.when(hit).then((pl.col("volume") * volume).ceil()).otherwise(pl.col("volume")),
    )


def without(condition: pl.Expr) -> pl.DataFrame:
    return sound().filter(~condition)


def not_finite(rng: Rng) -> Planted:
    value = rng.choice(np.array([np.nan, np.inf, -np.inf]))
    return planted(at_row(rng, **{str(rng.choice([*PRICES, "volume"])): float(value)}), "not_finite")


def price_not_positive(rng: Rng) -> Planted:
    return planted(at_row(rng, low=float(rng.choice([0.0, -1.0]))), "price_not_positive")


def ohlc_order(rng: Rng) -> Planted:
    return planted(at_row(rng, high=pl.col("low") * 0.99), "ohlc_order")


def volume_negative(rng: Rng) -> Planted:
    return planted(at_row(rng, volume=-1.0), "volume_negative")


def trade_count_negative(rng: Rng) -> Planted:
    return planted(at_row(rng, trade_count=-1), "trade_count_negative")


def vwap_outside(rng: Rng) -> Planted:
    value = pl.col("high") * 1.01 if rng.random() < 0.5 else pl.lit(float("nan"))
    return planted(at_row(rng, vwap=value), "vwap_outside")


def known_before_end(rng: Rng) -> Planted:
    return planted(at_row(rng, ts_known=pl.col("ts_event") - timedelta(minutes=1)), "known_before_end")


def duplicate_identical(rng: Rng) -> Planted:
    again = some(rng, 3)
    return planted(pl.concat([sound(), again]).sort("ts_event"), "duplicate_identical")


def duplicates(rng: Rng) -> Planted:
    again = some(rng, 3).with_columns(volume=pl.col("volume") + 1)
    return planted(pl.concat([sound(), again]).sort("ts_event"), "duplicates")


def other_source(rng: Rng) -> Planted:
    is_far = bool(rng.random() < 0.5)
    far = 1.02 if is_far else 1.001
    again = some(rng, 3)
    other = again.with_columns(*[pl.col(n) * far for n in PRICES], source=pl.lit("another"))
    both = pl.concat([sound(), other]).sort("ts_event")
    return planted(both, "cross_source" if is_far else "source_difference")


def unsorted(rng: Rng) -> Planted:
    return planted(sound().sample(fraction=1.0, shuffle=True, seed=int(rng.integers(10_000))), "unsorted")


def out_of_session(rng: Rng) -> Planted:
    early = (
        sound()
        .sample(5, seed=int(rng.integers(10_000)))
        .with_columns(pl.col("ts_event", "ts_known").dt.offset_by("8h"))
    )
    return planted(pl.concat([sound(), early]).sort("ts_event"), "out_of_session")


def closed_day(rng: Rng) -> Planted:
    moved = (
        sound()
        .sample(1, seed=int(rng.integers(10_000)))
        .with_columns(
            ts_event=pl.lit(HOLIDAY).cast(pl.Datetime("us", "UTC")),
            ts_known=pl.lit(HOLIDAY + timedelta(minutes=15)).cast(pl.Datetime("us", "UTC")),
        )
    )
    return planted(pl.concat([sound(), moved]).sort("ts_event"), "out_of_session", "closed_day")


def off_grid(rng: Rng) -> Planted:
    moved = (
        sound()
        .sample(1, seed=int(rng.integers(10_000)))
        .with_columns(pl.col("ts_event", "ts_known").dt.offset_by("7m"))
    )
    return planted(pl.concat([sound(), moved]).sort("ts_event"), "off_grid_share")


def future(rng: Rng) -> Planted:
    ahead = (
        sound()
        .sample(1, seed=int(rng.integers(10_000)))
        .with_columns(
            ts_event=pl.lit(datetime(2030, 1, 2, 14, 30, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")),
            ts_known=pl.lit(datetime(2030, 1, 2, 14, 45, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")),
        )
    )
    # The calendar of the exchange ends in 2027, so no day of 2030 has a session.
    return planted(pl.concat([sound(), ahead]).sort("ts_event"), "future", "out_of_session", "closed_day")


def gap(rng: Rng) -> Planted:
    symbol, session = a_symbol(rng), a_session(rng)
    first = int(rng.integers(0, 20))
    slot = pl.int_range(pl.len()).over("symbol", "session")
    hole = (slot >= first) & (slot < first + 6)
    return planted(without((pl.col("symbol") == symbol) & (pl.col("session") == session) & hole), "gap")


def missing_alone(rng: Rng) -> Planted:
    hit = (pl.col("symbol") == a_symbol(rng)) & (pl.col("session") == a_session(rng))
    return planted(without(hit), "gap", "missing_sessions", "missing_alone")


def market_hole(rng: Rng) -> Planted:
    return planted(without(pl.col("session") == a_session(rng)), "gap", "missing_sessions", "market_hole")


def coverage(rng: Rng) -> Planted:
    slot = pl.int_range(pl.len()).over("symbol")
    return planted(without((pl.col("symbol") == a_symbol(rng)) & (slot % 10 == int(rng.integers(1, 9)))), "coverage")


def suspected_split(rng: Rng) -> Planted:
    ratio = float(rng.choice([0.5, 2.0]))
    bars = from_session(a_symbol(rng), a_session(rng), price=ratio, volume=1 / ratio)
    return planted(bars, "suspected_split")


def price_jumps(rng: Rng) -> Planted:
    # A split of shares or cents for dollars: neither is another security.
    ratio = float(rng.choice([0.1, 0.25, 4.0, 5.0, 100.0]))
    volume = 1.0 if ratio == 100.0 else 1 / ratio
    return planted(from_session(a_symbol(rng), a_session(rng), price=ratio, volume=volume), "price_jumps")


def bad_tick(rng: Rng) -> Planted:
    return planted(at_row(rng, high=pl.col("high") * 10), "price_jumps")


def ticker_reuse(rng: Rng) -> Planted:
    symbol, session = a_symbol(rng), a_session(rng)
    bars = from_session(symbol, session, price=12.0, volume=40.0)
    hit = (pl.col("symbol") == symbol) & (pl.col("session") >= session)
    wild = 1 + 0.02 * pl.Series(rng.standard_normal(bars.height)).abs()
    top, bottom = pl.max_horizontal(PRICES) * wild, pl.min_horizontal(PRICES) / wild
    bars = bars.with_columns(
        high=pl.when(hit).then(top).otherwise("high"), low=pl.when(hit).then(bottom).otherwise("low")
    )
    return planted(bars, "price_jumps", "ticker_reuse")


def stale(rng: Rng) -> Planted:
    symbol, session = a_symbol(rng), a_session(rng)
    slot = pl.int_range(pl.len()).over("symbol", "session")
    hit = (pl.col("symbol") == symbol) & (pl.col("session") == session) & (slot >= 10) & (slot < 18)
    held = [pl.when(hit).then(pl.col(n).filter(hit).first()).otherwise(pl.col(n)).alias(n) for n in PRICES]
    return planted(sound().with_columns(held), "stale")


def zero_volume(rng: Rng) -> Planted:
    return planted(at_row(rng, volume=0.0), "zero_volume")


def feed_switch(rng: Rng) -> Planted:
    factor = float(rng.choice([0.04, 25.0]))
    if rng.random() < 0.7:
        return planted(from_session(None, a_session(rng), volume=factor), "feed_switch")
    symbol, session = a_symbol(rng), a_session(rng)
    # Of one symbol alone the rule asks for a daily range that stays as it was; by chance it may not have.
    while not 0.6 < _range_change(symbol, session) < 1.6:
        session = a_session(rng)
    return planted(from_session(symbol, session, volume=factor), "feed_switch")


def _range_change(symbol: str, session: int) -> float:
    span = (pl.col("high").max() / pl.col("low").min()).log()
    days = sound().filter(pl.col("symbol") == symbol).group_by("session").agg(r=span)
    before, after = (
        float(np.median(days.filter(pl.col("session").is_between(first, first + 4))["r"].to_numpy()))
        for first in (session - 5, session)
    )
    return after / before


def identical_series(rng: Rng) -> Planted:
    names = sound()["symbol"].unique().sort().to_list()
    one, other = rng.choice(names, 2, replace=False)
    copied = sound().filter(pl.col("symbol") == one).with_columns(symbol=pl.lit(str(other)))
    return planted(
        pl.concat([without(pl.col("symbol") == other), copied]).sort("ts_event", "symbol"), "identical_series"
    )


def shifted(rng: Rng) -> Planted:
    symbol, lag = a_symbol(rng), int(rng.choice([-4, -2, 2, 4]))
    own = sound().filter(pl.col("symbol") == symbol).sort("ts_event")
    moved = own.with_columns(pl.col(*PRICES, "volume").shift(lag)).drop_nulls("close")
    return planted(pl.concat([without(pl.col("symbol") == symbol), moved]).sort("ts_event", "symbol"), "shifted")


def _ex_date(session: int) -> date:
    found: date = sound().filter(pl.col("session") == session)["day"][0]
    return found


def huge_dividend(rng: Rng) -> Planted:
    symbol, session = a_symbol(rng), a_session(rng)
    close = float(sound().filter((pl.col("symbol") == symbol) & (pl.col("session") == session - 1))["close"][-1])
    paid = {"symbol": symbol, "ex_date": _ex_date(session), "kind": "dividend", "cash_per_share": 0.6 * close}
    bars = from_session(symbol, session, price=0.4, volume=2.5)
    return planted(bars, "huge_dividend", actions=actions_frame([paid]))


def booked_twice(rng: Rng) -> Planted:
    symbol, session = a_symbol(rng), a_session(rng)
    close = float(sound().filter((pl.col("symbol") == symbol) & (pl.col("session") == session - 1))["close"][-1])
    day = _ex_date(session)
    rows = [
        {"symbol": symbol, "ex_date": day, "kind": "split", "new_shares": 2.0, "old_shares": 1.0},
        {"symbol": symbol, "ex_date": day, "kind": "dividend", "cash_per_share": 0.5 * close},
    ]
    bars = from_session(symbol, session, price=0.5, volume=2.0)
    return planted(bars, "booked_twice", actions=actions_frame(rows))


def split_not_in_price(rng: Rng) -> Planted:
    symbol, session = a_symbol(rng), a_session(rng)
    row = {"symbol": symbol, "ex_date": _ex_date(session), "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
    return planted(sound(), "split_not_in_price", actions=actions_frame([row]))


def mixed_adjustment(rng: Rng) -> Planted:
    symbol, first = a_symbol(rng), int(rng.integers(6, 12))
    second = first + int(rng.integers(8, 16))
    rows = [
        {"symbol": symbol, "ex_date": _ex_date(s), "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
        for s in (first, second)
    ]
    bars = from_session(symbol, second, price=0.5, volume=2.0)
    return planted(bars, "mixed_adjustment", "split_not_in_price", actions=actions_frame(rows))


PLANTERS: Mapping[str, Callable[[Rng], Planted]] = {
    f.__name__: f
    for f in (
        not_finite, price_not_positive, ohlc_order, volume_negative, trade_count_negative, vwap_outside,
        known_before_end, duplicate_identical, duplicates, other_source, unsorted, out_of_session, closed_day,
        off_grid, future, gap, missing_alone, market_hole, coverage, suspected_split, price_jumps, bad_tick,
        ticker_reuse, stale, zero_volume, feed_switch, identical_series, shifted, huge_dividend, booked_twice,
        split_not_in_price, mixed_adjustment,
    )
}  # fmt: skip
