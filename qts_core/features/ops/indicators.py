"""Indicators as expressions of operators, in the conventions of TA-Lib unless a docstring says otherwise."""

from __future__ import annotations

from qts_core.features.graph import Node, apply
from qts_core.features.ops.arithmetic import fill, log, maximum, minimum, positive_part, sign
from qts_core.features.ops.averages import ema, sma, wilder, wilder_sum
from qts_core.features.ops.sources import close, high, low, volume
from qts_core.features.ops.statistics import bars_since_max, bars_since_min, mean_deviation, std
from qts_core.features.ops.windows import difference, lag, rolling_max, rolling_min, total

__all__ = [
    "accumulation",
    "adx",
    "aroon",
    "atr",
    "bollinger_position",
    "cci",
    "close_location",
    "directional_indicators",
    "log_return",
    "macd",
    "on_balance_volume",
    "parabolic_stop",
    "rsi",
    "simple_return",
    "stochastic",
    "supertrend",
    "true_range",
    "typical_price",
]


def log_return(x: Node, bars: int = 1) -> Node:
    """Return the logarithm of ``x / lag(x, bars)``."""
    return log(x / lag(x, bars))


def simple_return(x: Node, bars: int = 1) -> Node:
    """Return ``x / lag(x, bars) - 1``, a ratio."""
    return x / lag(x, bars) - 1.0


def typical_price() -> Node:
    """Return the mean of high, low and close, USD."""
    return (high + low + close) / 3.0


def true_range() -> Node:
    """Return the range of the bar and the previous close together, USD (Wilder 1978); starts at the second bar."""
    before = lag(close)
    return maximum(high, before) - minimum(low, before)


def atr(window: int) -> Node:
    """Return the average true range, USD; seeded with the mean of the first `window` true ranges (Wilder 1978)."""
    return wilder(true_range(), window)


def rsi(x: Node, window: int) -> Node:
    """Return the relative strength index, 0 to 100 (Wilder 1978); NaN before the value has ever moved."""
    change = difference(x)
    gain = wilder(positive_part(change), window)
    loss = wilder(positive_part(-change), window)
    return 100.0 * (gain / (gain + loss))


def macd(x: Node, fast: int = 12, slow: int = 26, smooth: int = 9) -> tuple[Node, Node, Node]:
    """Return line, signal and histogram (Appel 1979); each mean has its own seed, TA-Lib aligns the fast one."""
    line = ema(x, fast) - ema(x, slow)
    signal = ema(line, smooth)
    return line, signal, line - signal


def stochastic(window: int) -> Node:
    """Return the place of the close in the range of `window` bars, 0 to 100 (Lane 1984)."""
    lowest = rolling_min(low, window)
    return 100.0 * ((close - lowest) / (rolling_max(high, window) - lowest))


def cci(window: int) -> Node:
    """Return the commodity channel index of the typical price (Lambert 1980)."""
    price = typical_price()
    return (price - sma(price, window)) / (0.015 * mean_deviation(price, window))


def bollinger_position(x: Node, window: int, width: float = 2.0) -> Node:
    """Return where `x` stands between the bands, 0 at the lower and 1 at the upper; population deviation."""
    spread = width * std(x, window, ddof=0)
    return (x - (sma(x, window) - spread)) / (2.0 * spread)


def directional_indicators(window: int) -> tuple[Node, Node]:
    """Return the positive and negative directional indicator, 0 to 100 (Wilder 1978)."""
    up, down = difference(high), -difference(low)
    rise = positive_part(up) * (up > down)
    fall = positive_part(down) * (down > up)
    span = wilder_sum(true_range(), window)
    return 100.0 * (wilder_sum(rise, window) / span), 100.0 * (wilder_sum(fall, window) / span)


def adx(window: int) -> Node:
    """Return the average directional index, 0 to 100 (Wilder 1978)."""
    plus, minus = directional_indicators(window)
    return wilder(100.0 * (abs(plus - minus) / (plus + minus)), window)


def aroon(window: int) -> tuple[Node, Node]:
    """Return Aroon up and down, 0 to 100, over ``window + 1`` bars (Chande 1995)."""
    scale = -100.0 / window
    up = 100.0 + scale * bars_since_max(high, window + 1)
    down = 100.0 + scale * bars_since_min(low, window + 1)
    return up, down


def parabolic_stop(step: float = 0.02, ceiling: float = 0.2) -> Node:
    """Return the parabolic stop and reverse, USD (Wilder 1978)."""
    return apply("parabolic_stop", high, low, step=step, ceiling=ceiling)


def supertrend(window: int = 10, width: float = 3.0) -> Node:
    """Return the SuperTrend, USD (Seban)."""
    return apply("trailing_band", (high + low) / 2.0, width * atr(window), close)


def on_balance_volume() -> Node:
    """Return the running total of volume signed by the change of the close (Granville 1963); starts at bar two."""
    return total(sign(difference(close)) * volume)


def close_location() -> Node:
    """Return where the close stands in the bar, -1 at the low to 1 at the high; 0 for a bar without range."""
    return fill(((close - low) - (high - close)) / (high - low), close, 0.0)


def accumulation() -> Node:
    """Return the running total of volume times the close location value (Chaikin)."""
    return total(close_location() * volume)
