"""The same proofs and referees on real 15-minute bars, where gaps, splits and crises are not invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import talib

from qts_core.features import default_catalogue, evaluate

pytestmark = pytest.mark.real_data

SYMBOLS = 5
CATALOGUE = default_catalogue().readable(())


@pytest.fixture(scope="module")
def bars(real_data: Path) -> pl.DataFrame:
    path = real_data / "av_15min_2020_2022" / "bars_15m_rth.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    frame = pl.read_parquet(path)
    some = frame["symbol"].unique().sort().head(SYMBOLS)
    return (
        frame.filter(pl.col("symbol").is_in(some.implode()))
        .sort("symbol", "timestamp")
        .filter(pl.col("timestamp").dt.date() < pl.lit("2021-06-01").str.to_date())
    )


@pytest.fixture(scope="module")
def values(bars: pl.DataFrame) -> pl.DataFrame:
    return evaluate(CATALOGUE.names, bars)


def test_values_stay_inside_their_bounds(values: pl.DataFrame) -> None:
    for spec in CATALOGUE:
        there = values[spec.name].drop_nulls().to_numpy()
        assert np.isfinite(there).all(), spec.name
        assert spec.bounds[0] - 1e-9 <= there.min(), spec.name
        assert there.max() <= spec.bounds[1] + 1e-9, spec.name


def test_values_equal_talib_on_every_symbol(bars: pl.DataFrame, values: pl.DataFrame) -> None:
    for symbol in bars["symbol"].unique():
        own, found = bars.filter(symbol=symbol), values.filter(symbol=symbol)
        high, low, close = (own[name].to_numpy() for name in ("high", "low", "close"))
        for name, expected in {
            "tech_rsi_14_raw": talib.RSI(close, 14),
            "tech_adx_14_raw": talib.ADX(high, low, close, 14),
            "tech_kama_10_distance": close / talib.KAMA(close, 10) - 1.0,
            "tech_psar_2_distance": close / talib.SAR(high, low, 0.02, 0.2) - 1.0,
        }.items():
            np.testing.assert_allclose(found[name].to_numpy(), expected, rtol=1e-9, atol=1e-11, err_msg=name)


def test_no_value_changes_when_the_future_is_cut_off(bars: pl.DataFrame, values: pl.DataFrame) -> None:
    cut = bars["timestamp"].unique().sort()[2011]
    short = evaluate(CATALOGUE.names, bars.filter(pl.col("timestamp") < cut))
    assert short.equals(values.filter(pl.col("ts_event") < cut))
