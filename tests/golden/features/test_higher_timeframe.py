"""Higher timeframes against longer bars that are rebuilt with pandas from each symbol's own bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib

from qts_core.features import default_catalogue
from tests.golden.features.longer_bars import before, seen


def close_of(table: pd.DataFrame) -> Any:
    return table["close"].to_numpy()


def change(bars: int) -> Callable[[pd.DataFrame], Any]:
    return lambda table: np.log(table["close"] / table["close"].shift(bars))


def spread(bars: int) -> Callable[[pd.DataFrame], Any]:
    return lambda table: (table["high"] / table["low"] - 1.0).rolling(bars).mean()


def pivot(b: Any) -> Any:
    return (before(b, "high") + before(b, "low") + before(b, "close")) / 3.0


def place(b: Any) -> Any:
    return (b.close - before(b, "low")) / (before(b, "high") - before(b, "low"))


REFEREES: dict[str, Callable[[Any], Any]] = {
    "tech_rsi1h_14_raw": lambda b: seen(b, 60, lambda t: talib.RSI(close_of(t), 14)),
    "tech_sma1h_20_distance": lambda b: b.close / seen(b, 60, lambda t: talib.SMA(close_of(t), 20)) - 1.0,
    "tech_logreturn1h_6_close": lambda b: seen(b, 60, change(6)),
    "tech_range1h_7_mean": lambda b: seen(b, 60, spread(7)),
    "tech_sma1d_10_distance": lambda b: b.close / seen(b, 0, lambda t: talib.SMA(close_of(t), 10)) - 1.0,
    "tech_logreturn1d_5_close": lambda b: seen(b, 0, change(5)),
    "tech_range1d_5_mean": lambda b: seen(b, 0, spread(5)),
    "tech_previousday_1_return": lambda b: b.close / before(b, "close") - 1.0,
    "tech_previousday_1_position": place,
    "tech_pivot1d_1_distance": lambda b: b.close / pivot(b) - 1.0,
}


@pytest.mark.parametrize("name", default_catalogue().groups["higher_timeframe"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])
