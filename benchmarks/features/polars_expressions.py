"""The engine against polars over symbols, on the same bars; polars may use all cores, its time is their sum.

Polars' sums subtract what leaves the window; ours join what is in it, so that no large value leaves a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from benchmarks.features.market import Market
from benchmarks.features.timing import Row, compare
from qts_core.features import Node, ops

close, volume = pl.col("close"), pl.col("volume")
SHARED: Mapping[str, tuple[Node, pl.Expr]] = {
    "lag 20": (ops.lag(ops.close, 20), close.shift(20)),
    "log return": (ops.log_return(ops.close), (close / close.shift(1)).log()),
    "rolling_mean 20": (ops.sma(ops.close, 20), close.rolling_mean(20)),
    "rolling_mean 200": (ops.sma(ops.close, 200), close.rolling_mean(200)),
    "rolling_std 20": (ops.std(ops.close, 20), close.rolling_std(20)),
    "rolling_max 100": (ops.rolling_max(ops.close, 100), close.rolling_max(100)),
    "rolling_quantile 60": (
        ops.quantile(ops.close, 60, 0.8),
        close.rolling_quantile(0.8, interpolation="linear", window_size=60),
    ),
    "rolling_skew 60": (ops.skewness(ops.close, 60), close.rolling_skew(60, bias=False)),
    "ewm_mean 26": (ops.ema(ops.close, 26), close.ewm_mean(span=26, adjust=False)),
    "rolling_corr 60": (ops.correlation(ops.close, ops.volume, 60), pl.rolling_corr(close, volume, window_size=60)),
    "rolling_rank 60": (ops.rank(ops.close, 60), close.rolling_rank(60)),
}


def measure(market: Market) -> list[Row]:
    """Print and return nanoseconds per value of both."""
    rows, panel = len(market.panel), market.panel
    frame = pl.DataFrame(
        {
            "symbol": np.repeat(np.array(panel.symbols), rows),
            **{name: panel[name].T.ravel() for name in ("close", "volume")},
        }
    ).with_columns(pl.col("symbol").cast(pl.Categorical))

    def over_symbols(expression: pl.Expr) -> Callable[[], object]:
        return lambda: frame.select(expression.over("symbol"))

    pairs = {name: ((node,), over_symbols(expression)) for name, (node, expression) in SHARED.items()}
    return compare(market, pairs, "polars", times=3)
