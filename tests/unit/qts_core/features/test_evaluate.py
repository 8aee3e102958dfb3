from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import talib

from qts_core.config.features import CORE_GROUPS
from qts_core.features import default_catalogue, evaluate, ops
from qts_core.features.store import compute_panel
from qts_core.market.errors import DataValidationError, InvalidConfigError
from tests.golden.features.market_for_tests import make_panel

CORE = default_catalogue().subset(groups=CORE_GROUPS)
PRICES = ("open", "high", "low", "close")


def daily(symbols: int = 3, days: int = 300) -> pl.DataFrame:
    random = np.random.default_rng(5)
    frames = []
    for index in range(symbols):
        close = 50.0 * np.exp(np.cumsum(0.02 * random.standard_normal(days)))
        open_ = close * np.exp(0.01 * random.standard_normal(days))
        frames.append(
            pl.DataFrame(
                {
                    "symbol": [f"S{index}"] * days,
                    "timestamp": [date(2020, 1, 1) + timedelta(days=i + 2 * (i // 5)) for i in range(days)],
                    "open": open_,
                    "high": np.maximum(open_, close) * 1.01,
                    "low": np.minimum(open_, close) * 0.99,
                    "close": close,
                    "volume": np.round(random.lognormal(10, 1, days)).astype(np.int64),
                }
            )
        )
    return pl.concat(frames)


def intraday() -> pl.DataFrame:
    """The test market as a frame, prices chain-linked, rows without a bar left out."""
    panel = make_panel()
    rows, columns = np.nonzero(~np.isnan(panel["close"]))
    fields = {name: values[rows, columns] for name, values in panel.chain_linked().fields.items()}
    names = np.array(panel.symbols)[columns]
    times = pl.Series(panel.timeline.ts_event[rows]).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"symbol": names.tolist(), "timestamp": times, **fields})


def test_daily_bars_give_what_talib_gives() -> None:
    bars = daily()
    out = evaluate(["tech_rsi_14_raw", "tech_sma_20_distance"], bars)
    assert out.columns == ["symbol", "ts_event", "tech_rsi_14_raw", "tech_sma_20_distance"]
    assert out.schema["ts_event"] == pl.Datetime("us", "UTC")
    for symbol in ("S0", "S1", "S2"):
        close = bars.filter(symbol=symbol)["close"].to_numpy()
        np.testing.assert_allclose(
            out.filter(symbol=symbol)["tech_rsi_14_raw"].to_numpy(), talib.RSI(close, 14), rtol=1e-10
        )
        assert out.filter(symbol=symbol)["tech_rsi_14_raw"].null_count() == 14


def test_own_expressions_come_under_their_names() -> None:
    bars = daily(1)
    out = evaluate({"mine": ops.close / ops.lag(ops.close, 2) - 1, "twice": 2 * ops.close}, bars)
    close = bars["close"].to_numpy()
    np.testing.assert_allclose(out["mine"].to_numpy()[2:], close[2:] / close[:-2] - 1, rtol=1e-14)
    np.testing.assert_array_equal(out["twice"].to_numpy(), 2 * close)


def test_rows_come_back_in_the_order_given() -> None:
    bars = daily().sample(fraction=1.0, shuffle=True, seed=3)
    out = evaluate(["tech_rsi_14_raw"], bars)
    assert out["symbol"].to_list() == bars["symbol"].to_list()
    assert out["ts_event"].dt.date().to_list() == bars["timestamp"].to_list()
    straight = evaluate(["tech_rsi_14_raw"], daily())
    keys = ["symbol", "ts_event"]
    assert out.sort(keys).equals(straight.sort(keys))


def test_intraday_bars_of_the_exchange_get_its_sessions_and_the_bits_of_the_panel() -> None:
    panel, catalogue = make_panel(), CORE
    out = evaluate(catalogue.names, intraday())
    values = compute_panel(panel, catalogue).values
    rows, columns = np.nonzero(~np.isnan(panel["close"]))
    for index, name in enumerate(catalogue.names):
        np.testing.assert_array_equal(out[name].to_numpy(), values[index, rows, columns], err_msg=name)


def test_other_symbols_do_not_change_a_time_series_feature() -> None:
    bars, names = intraday(), [n for n in CORE.names if not n.startswith("cross_")]
    alone = evaluate(names, bars.filter(symbol="BBB"))
    assert alone.equals(evaluate(names, bars).filter(symbol="BBB"))


def test_a_missing_bar_is_the_same_as_null_nan_or_no_row() -> None:
    bars = daily()
    gone = (pl.int_range(pl.len()) % 17) == 5
    names = ["tech_rsi_14_raw", "tech_atr_14_ratio", "cross_return_1_rank"]
    absent = evaluate(names, bars.filter(~gone))
    for value in (None, float("nan")):
        blank = bars.with_columns(pl.when(gone).then(value).otherwise(pl.col("close")).alias("close"))
        out = evaluate(names, blank)
        assert out.filter(gone)["tech_atr_14_ratio"].null_count() == bars.filter(gone).height
        assert out.filter(~gone).equals(absent)


def test_bars_off_the_exchange_grid_get_days_of_their_own_and_no_look_ahead() -> None:
    start = datetime(2024, 3, 1, tzinfo=UTC)
    times = [start + timedelta(hours=i) for i in range(24 * 20)]
    random = np.random.default_rng(2)
    close = 100 * np.exp(np.cumsum(0.01 * random.standard_normal(len(times))))
    base = {"symbol": ["BTC"] * len(times), "timestamp": times, "volume": [1.0] * len(times)}
    bars = pl.DataFrame(base | {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close})
    names = CORE.names
    whole = evaluate(names, bars, bar_minutes=60)
    for cut in (100, 131, 240):
        short = evaluate(names, bars.head(cut), bar_minutes=60)
        assert short.equals(whole.head(cut)), cut


def test_times_without_a_zone_are_utc_and_other_zones_are_converted() -> None:
    bars = intraday()
    local = bars.with_columns(pl.col("timestamp").dt.convert_time_zone("America/New_York"))
    naive = bars.with_columns(pl.col("timestamp").dt.replace_time_zone(None).dt.cast_time_unit("ns"))
    expected = evaluate(["tech_rsi1h_14_raw"], bars)
    assert evaluate(["tech_rsi1h_14_raw"], local).equals(expected)
    assert evaluate(["tech_rsi1h_14_raw"], naive).equals(expected)


def test_a_single_bar_is_enough() -> None:
    out = evaluate(["micro_clv_1_raw", "tech_rsi_14_raw"], daily(1, 1))
    assert out["micro_clv_1_raw"].null_count() == 0
    assert out["tech_rsi_14_raw"].null_count() == 1


@pytest.mark.parametrize(
    ("bars", "what"),
    [
        (daily(1).drop("volume"), "column is missing"),
        (daily(1).clear(), "no bars"),
        (daily(1).with_columns(pl.lit("x").alias("close")), "not a number"),
        (daily(1).with_columns(pl.lit("today").alias("timestamp")), "not a time"),
        (pl.concat([daily(1), daily(1).head(1)]), "same bar"),
        (daily(1).with_columns(pl.lit(float("inf")).alias("high")), "infinite"),
        (daily(1).with_columns(pl.lit(None, pl.String).alias("symbol")), "no symbol"),
    ],
)
def test_bars_that_cannot_be_laid_out_are_refused(bars: pl.DataFrame, what: str) -> None:
    with pytest.raises(DataValidationError, match="QTS-FEAT-002") as caught:
        evaluate(["tech_rsi_14_raw"], bars)
    assert what in str(caught.value)


def test_an_unknown_feature_or_a_thing_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-001"):
        evaluate(["tech_rsi_14_row"], daily(1))
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        evaluate({"mine": 3.0}, daily(1))  # type: ignore[dict-item]
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        evaluate({"symbol": ops.close}, daily(1))
