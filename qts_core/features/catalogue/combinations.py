"""Indicators that confirm or contradict each other (specification 6.1f)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops.candles import all_of, either_way
from qts_core.features.ops.swings import swing_high, swing_low

__all__ = ["FEATURES", "divergence"]

feature = family("technical_combinations")
close, high, low, volume = ops.close, ops.high, ops.low, ops.volume
SWING = 5

rsi = ops.rsi(close, 14)
position = ops.bollinger_position(close, 20)
macd_line, _, histogram = ops.macd(close)
adx = ops.adx(14)
flow = ops.on_balance_volume()


def below(x: Node, limit: float) -> Node:
    """Return 1 where `x` is below a number, else 0."""
    return ops.positive_part(ops.sign(limit - x))


def divergence(x: Node, bars: int) -> Node:
    """Return whether the last two swings of the price and `x` at the same bars contradict each other.

    -1 where the later swing high is higher and `x` lower, 1 where the later swing low is lower and `x` higher, 0 for
    neither or both; known when the later swing is confirmed, held until the next.
    """
    at_swing = ops.lag(x, bars)
    top, bottom = swing_high(bars), swing_low(bars)
    at_top, at_bottom = ops.keep_where(at_swing, top), ops.keep_where(at_swing, bottom)
    bearish = all_of(ops.greater(top, ops.lag(top)), ops.greater(ops.lag(at_top), at_top))
    bullish = all_of(ops.greater(ops.lag(bottom), bottom), ops.greater(at_bottom, ops.lag(at_bottom)))
    return ops.hold(bullish) - ops.hold(bearish)


def unconfirmed(x: Node, bars: int) -> Node:
    """Return -1 where the close is the highest of the last bars and `x` is not, 1 for lows, else 0."""
    is_high = ops.greater(ops.rolling_max(x, bars), x) * (1.0 - ops.greater(ops.rolling_max(close, bars), close))
    is_low = ops.greater(x, ops.rolling_min(x, bars)) * (1.0 - ops.greater(close, ops.rolling_min(close, bars)))
    return is_low - is_high


FEATURES = (
    feature(
        "tech_rsibands_20_score", ((rsi - 50.0) / 50.0 + ops.clip(2.0 * position - 1.0, -1.0, 1.0)) / 2.0,
        "score", SIGNED, "Mean of RSI and place in the bands, each from -1 to 1.", "TA-Lib RSI, BBANDS",
    ),
    feature(
        "tech_rsibands_20_signal",
        either_way(
            all_of(below(rsi, 30.0), below(position, 0.0)), all_of(ops.above(rsi, 70.0), ops.above(position, 1.0)),
        ),
        "sign", SIGNED, "Oversold below the lower band: 1; overbought above the upper: -1.", "TA-Lib RSI, BBANDS",
    ),
    feature(
        "tech_macdadx_14_score", ops.sign(histogram) * adx / 100.0,
        "score", SIGNED, "Direction of the MACD histogram weighed by the strength of the trend.", "TA-Lib MACD, ADX",
    ),
    feature(
        "tech_macdadx_14_signal", ops.sign(histogram) * ops.above(adx, 25.0),
        "sign", SIGNED, "Direction of the MACD histogram where the ADX confirms a trend (above 25).",
        "TA-Lib MACD, ADX",
    ),
    feature(
        "tech_volumeconfirm_20_signal",
        ops.sign(close - ops.lag(close, 20)) * ops.sign(ops.sma(volume, 5) - ops.sma(volume, 20)),
        "sign", SIGNED, "Price moved with rising volume (1 up, -1 down); falling volume turns the sign.",
        "definition; numpy",
    ),
    feature(
        "tech_obvbreak_20_signal", unconfirmed(flow, 20),
        "sign", SIGNED, "A new high of the close that on-balance volume does not share: -1; a new low: 1.",
        "Granville 1963; TA-Lib OBV",
    ),
    feature(
        "tech_obvdivergence_5_state", divergence(flow, SWING),
        "sign", SIGNED, "Higher swing highs on lower on-balance volume: -1; lower lows on higher: 1.",
        "Granville 1963; TA-Lib OBV",
    ),
    feature(
        "tech_rsidivergence_5_state", divergence(rsi, SWING),
        "sign", SIGNED, "Higher swing highs on a lower RSI: -1; lower lows on a higher one: 1.",
        "Wilder 1978; TA-Lib RSI",
    ),
    feature(
        "tech_macddivergence_5_state", divergence(macd_line, SWING),
        "sign", SIGNED, "Higher swing highs on a lower MACD line: -1; lower lows on a higher one: 1.",
        "Appel 1979; TA-Lib MACD",
    ),
)  # fmt: skip
