"""The engine against pandas-ta-classic (``pip install qts[bench]``), indicator by indicator, on the same bars.

Its own arithmetic is measured, not TA-Lib under its names: ``talib=False``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from benchmarks.features.market import Market
from benchmarks.features.timing import Row, compare
from qts_core.features import Node, ops


@dataclass(frozen=True)
class Frame:
    """One symbol's series."""

    high: pd.Series[float]
    low: pd.Series[float]
    close: pd.Series[float]
    volume: pd.Series[float]


close, high, low = ops.close, ops.high, ops.low
middle, spread = ops.sma(close, 20), 2.0 * ops.std(close, 20, ddof=0)
fast_k = ops.sma(ops.stochastic(14), 3)
OURS: Mapping[str, Sequence[Node]] = {
    "SMA 20": (ops.sma(close, 20),),
    "EMA 26": (ops.ema(close, 26),),
    "WMA 20": (ops.wma(close, 20),),
    "HMA 20": (ops.hma(close, 20),),
    "KAMA 10": (ops.kama(close, 10),),
    "VWMA 20": (ops.vwma(close, ops.volume, 20),),
    "RSI 14": (ops.rsi(close, 14),),
    "MACD 12 26 9": ops.macd(close),
    "ROC 10": (100.0 * ops.simple_return(close, 10),),
    "STOCH 14 3 3": (fast_k, ops.sma(fast_k, 3)),
    "WILLR 14": (ops.stochastic(14) - 100.0,),
    "CCI 20": (ops.cci(20),),
    "ATR 14": (ops.atr(14),),
    "ADX 14": (ops.adx(14), *ops.directional_indicators(14)),
    "AROON 25": ops.aroon(25),
    "SAR": (ops.parabolic_stop(),),
    "SUPERTREND 10": (ops.supertrend(10),),
    "BBANDS 20": (middle - spread, middle, middle + spread, 2.0 * spread / middle, ops.bollinger_position(close, 20)),
    "DONCHIAN 20": (ops.rolling_min(low, 20), ops.rolling_max(high, 20)),
    "STDEV 20": (ops.std(close, 20),),
    "ZSCORE 60": (ops.zscore(close, 60),),
    "QUANTILE 60": (ops.quantile(close, 60, 0.8),),
    "SKEW 60": (ops.skewness(close, 60),),
    "KURTOSIS 60": (ops.kurtosis(close, 60),),
    "OBV": (ops.on_balance_volume(),),
}


def theirs() -> Mapping[str, Callable[[Frame], object]]:
    """Return pandas-ta-classic's computation of each."""
    import pandas_ta_classic as ta

    return {
        "SMA 20": lambda f: ta.sma(f.close, 20, talib=False),
        "EMA 26": lambda f: ta.ema(f.close, 26, talib=False),
        "WMA 20": lambda f: ta.wma(f.close, 20, talib=False),
        "HMA 20": lambda f: ta.hma(f.close, 20, talib=False),
        "KAMA 10": lambda f: ta.kama(f.close, 10, talib=False),
        "VWMA 20": lambda f: ta.vwma(f.close, f.volume, 20, talib=False),
        "RSI 14": lambda f: ta.rsi(f.close, 14, talib=False),
        "MACD 12 26 9": lambda f: ta.macd(f.close, talib=False),
        "ROC 10": lambda f: ta.roc(f.close, 10, talib=False),
        "STOCH 14 3 3": lambda f: ta.stoch(f.high, f.low, f.close, talib=False),
        "WILLR 14": lambda f: ta.willr(f.high, f.low, f.close, 14, talib=False),
        "CCI 20": lambda f: ta.cci(f.high, f.low, f.close, 20, talib=False),
        "ATR 14": lambda f: ta.atr(f.high, f.low, f.close, 14, talib=False),
        "ADX 14": lambda f: ta.adx(f.high, f.low, f.close, 14, talib=False),
        "AROON 25": lambda f: ta.aroon(f.high, f.low, 25, talib=False),
        "SAR": lambda f: ta.psar(f.high, f.low, talib=False),
        "SUPERTREND 10": lambda f: ta.supertrend(f.high, f.low, f.close, 10, 3.0),
        "BBANDS 20": lambda f: ta.bbands(f.close, 20, talib=False),
        "DONCHIAN 20": lambda f: ta.donchian(f.high, f.low, 20, 20),
        "STDEV 20": lambda f: ta.stdev(f.close, 20, talib=False),
        "ZSCORE 60": lambda f: ta.zscore(f.close, 60),
        "QUANTILE 60": lambda f: ta.quantile(f.close, 60, 0.8),
        "SKEW 60": lambda f: ta.skew(f.close, 60),
        "KURTOSIS 60": lambda f: ta.kurtosis(f.close, 60),
        "OBV": lambda f: ta.obv(f.close, f.volume, talib=False),
    }


def measure(market: Market) -> list[Row]:
    """Print and return nanoseconds per value of both; nothing where pandas-ta-classic is not installed."""
    try:
        calls = theirs()
    except ImportError:
        print("pandas-ta-classic is not installed: pip install qts[bench]")
        return []
    columns = [Frame(*(pd.Series(x) for x in (c.high, c.low, c.close, c.volume))) for c in market.columns]

    def over_symbols(call: Callable[[Frame], object]) -> Callable[[], object]:
        return lambda: [call(frame) for frame in columns]

    pairs = {name: (nodes, over_symbols(calls[name])) for name, nodes in OURS.items()}
    return compare(market, pairs, "pandas-ta", times=2)
