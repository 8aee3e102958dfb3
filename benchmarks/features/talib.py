"""The engine against TA-Lib, indicator by indicator, on the same bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import talib

from benchmarks.features.market import Columns, Market
from benchmarks.features.timing import Row, compare
from qts_core.features import Node, ops

SHARED: Mapping[str, tuple[tuple[Node, ...], Callable[[Columns], object]]] = {
    "SMA 20": ((ops.sma(ops.close, 20),), lambda c: talib.SMA(c.close, 20)),
    "SMA 200": ((ops.sma(ops.close, 200),), lambda c: talib.SMA(c.close, 200)),
    "EMA 26": ((ops.ema(ops.close, 26),), lambda c: talib.EMA(c.close, 26)),
    "WMA 20": ((ops.wma(ops.close, 20),), lambda c: talib.WMA(c.close, 20)),
    "KAMA 10": ((ops.kama(ops.close, 10),), lambda c: talib.KAMA(c.close, 10)),
    "RSI 14": ((ops.rsi(ops.close, 14),), lambda c: talib.RSI(c.close, 14)),
    "MACD 12 26 9": (ops.macd(ops.close), lambda c: talib.MACD(c.close)),
    "ATR 14": ((ops.atr(14),), lambda c: talib.ATR(c.high, c.low, c.close, 14)),
    "ADX 14": ((ops.adx(14),), lambda c: talib.ADX(c.high, c.low, c.close, 14)),
    "SAR": ((ops.parabolic_stop(),), lambda c: talib.SAR(c.high, c.low)),
    "AROON 25": (ops.aroon(25), lambda c: talib.AROON(c.high, c.low, 25)),
    "WILLR 14": ((ops.stochastic(14) - 100.0,), lambda c: talib.WILLR(c.high, c.low, c.close, 14)),
    "CCI 20": ((ops.cci(20),), lambda c: talib.CCI(c.high, c.low, c.close, 20)),
    "STDDEV 20": ((ops.std(ops.close, 20, ddof=0),), lambda c: talib.STDDEV(c.close, 20)),
    "MAX 100": ((ops.rolling_max(ops.close, 100),), lambda c: talib.MAX(c.close, 100)),
    "LINEARREG_SLOPE 60": (
        (ops.beta(ops.close, ops.count_bars(ops.close), 60),),
        lambda c: talib.LINEARREG_SLOPE(c.close, 60),
    ),
    "CORREL 60": (
        (ops.correlation(ops.close, ops.volume, 60),),
        lambda c: talib.CORREL(c.close, c.volume, 60),
    ),
    "OBV": ((ops.on_balance_volume(),), lambda c: talib.OBV(c.close, c.volume)),
}


def measure(market: Market) -> list[Row]:
    """Print and return nanoseconds per value of both."""

    def over_symbols(indicator: Callable[[Columns], object]) -> Callable[[], object]:
        return lambda: [indicator(columns) for columns in market.columns]

    return compare(market, {name: (nodes, over_symbols(call)) for name, (nodes, call) in SHARED.items()}, "TA-Lib")
