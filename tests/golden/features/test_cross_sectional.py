"""Cross-sectional features against scipy, numpy and statsmodels, instant by instant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
import talib
from scipy import stats

from qts_core.features import default_catalogue


def change(bars: int = 1) -> Callable[[Any], Any]:
    return lambda b: b.before(b.close, lambda old, new: np.log(new / old), bars)


def across(values: Any, function: Callable[[Any], Any]) -> Any:
    """Apply `function` to the symbols present at each instant."""
    out = np.full(values.shape, np.nan)
    for row, line in enumerate(values):
        there = ~np.isnan(line)
        if there.any():
            out[row, there] = function(line[there])
    return out


def rank(x: Any) -> Any:
    return (stats.rankdata(x) - 0.5) / len(x)


def zscore(x: Any) -> Any:
    return stats.zscore(x) if x.std() > 0.0 else np.full(len(x), np.nan)


def average(x: Any) -> Any:
    return np.full(len(x), x.mean())


def to_market(market: Any, window: int, function: Callable[[Any, Any], float]) -> Any:
    """Apply `function` to each symbol's returns and the market's on its own bars."""
    index = across(market.scatter(change()), average)
    columns = [b.pairs(change()(b), index[b.rows, column], window, function) for column, b in enumerate(market.bars)]
    return on_panel(market, columns)


def on_panel(market: Any, columns: list[Any]) -> Any:
    out = np.full((len(market.panel), len(market.bars)), np.nan)
    for column, (b, series) in enumerate(zip(market.bars, columns, strict=True)):
        out[b.rows, column] = series
    return out


def sums(market: Any, values: Any) -> Any:
    return on_panel(market, [b.sum(values[b.rows, column], 26) for column, b in enumerate(market.bars)])


def slope(y: Any, x: Any) -> float:
    return float(np.linalg.lstsq(np.column_stack([np.ones_like(x), x]), y)[0][1])


def error(y: Any, x: Any) -> float:
    return float(np.sqrt(sm.OLS(y, sm.add_constant(x)).fit().mse_resid))


def own(market: Any) -> Any:
    returns = market.scatter(change())
    return returns - across(returns, average)


def relative_volume(b: Any) -> Any:
    return b.volume / b.mean(b.volume, 20)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "cross_return_1_rank": lambda m: across(m.scatter(change()), rank),
    "cross_return_26_rank": lambda m: across(m.scatter(change(26)), rank),
    "cross_return_26_zscore": lambda m: across(m.scatter(change(26)), zscore),
    "cross_return_26_demean": lambda m: across(m.scatter(change(26)), lambda x: x - x.mean()),
    "cross_return_130_rank": lambda m: across(m.scatter(change(130)), rank),
    "cross_residual_26_sum": lambda m: sums(m, own(m)),
    "cross_volume_20_rank": lambda m: across(m.scatter(relative_volume), rank),
    "cross_volatility_60_rank": lambda m: across(m.scatter(lambda b: b.std(change()(b), 60)), rank),
    "cross_rsi_14_zscore": lambda m: across(m.scatter(lambda b: talib.RSI(b.close, 14)), zscore),
    "cross_beta_252_market": lambda m: to_market(m, 252, slope),
    "cross_correlation_130_market": lambda m: to_market(m, 130, lambda x, y: float(np.corrcoef(x, y)[0, 1])),
    "cross_idiovol_130_std": lambda m: to_market(m, 130, error),
    "cross_market_26_return": lambda m: sums(m, across(m.scatter(change()), average)),
}


@pytest.mark.parametrize("name", default_catalogue().groups["cross_sectional"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None], market: Any) -> None:
    agree(name, REFEREES[name](market))
