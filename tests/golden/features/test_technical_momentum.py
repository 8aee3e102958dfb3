"""Momentum features against TA-Lib 0.8.

Conventions: Wilder's averages and the exponential means are seeded as TA-Lib seeds RSI and EMA. TA-Lib's MACD starts
its fast mean late to align it with the slow one; ours keeps each mean's own seed, so the referee is TA-Lib's EMA.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import talib
from talib import MA_Type  # type: ignore[attr-defined]

from qts_core.features import default_catalogue

SIMPLE = MA_Type.SMA


def macd(b: Any) -> tuple[Any, Any]:
    line = talib.EMA(b.close, 12) - talib.EMA(b.close, 26)
    return line, talib.EMA(line, 9)


def strength(b: Any) -> Any:
    change = b.before(b.close, lambda old, new: new - old)
    return 100.0 * talib.EMA(talib.EMA(change, 25), 13) / talib.EMA(talib.EMA(abs(change), 25), 13)


def pace(b: Any) -> Any:
    mean = talib.SMA(talib.ROCP(b.close, 10), 10)
    return b.before(mean, lambda old, new: new - old, 10)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "tech_rsi_7_raw": lambda b: talib.RSI(b.close, 7),
    "tech_rsi_14_raw": lambda b: talib.RSI(b.close, 14),
    "tech_rsi_21_raw": lambda b: talib.RSI(b.close, 21),
    "tech_stoch_14_k": lambda b: b.mean(talib.STOCHF(b.high, b.low, b.close, 14, 1, SIMPLE)[0], 3),
    "tech_stoch_14_d": lambda b: talib.STOCH(b.high, b.low, b.close, 14, 3, SIMPLE, 3, SIMPLE)[1],
    "tech_stochrsi_14_k": lambda b: talib.STOCHRSI(b.close, 14, 14, 1)[0],
    "tech_willr_14_raw": lambda b: talib.WILLR(b.high, b.low, b.close, 14),
    "tech_cci_20_raw": lambda b: talib.CCI(b.high, b.low, b.close, 20),
    "tech_ultosc_28_raw": lambda b: talib.ULTOSC(b.high, b.low, b.close, 7, 14, 28),
    "tech_tsi_25_raw": strength,
    "tech_cmo_14_raw": lambda b: talib.CMO(b.close, 14),
    "tech_roc_10_raw": lambda b: talib.ROCP(b.close, 10),
    "tech_roc_26_raw": lambda b: talib.ROCP(b.close, 26),
    "tech_macd_26_line": lambda b: macd(b)[0] / b.close,
    "tech_macd_26_signal": lambda b: macd(b)[1] / b.close,
    "tech_macd_26_histogram": lambda b: (macd(b)[0] - macd(b)[1]) / b.close,
    "tech_trix_15_raw": lambda b: talib.TRIX(b.close, 15) / 100.0,
    "tech_pace_10_change": pace,
    "tech_bop_14_mean": lambda b: talib.SMA(talib.BOP(b.open, b.high, b.low, b.close), 14),
}


@pytest.mark.parametrize("name", default_catalogue().groups["technical_momentum"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-8)
