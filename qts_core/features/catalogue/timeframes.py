"""Higher timeframes together: 1 h and 4 h anchored at the session's open, and sessions (specification 6.1f).

Only bars that have closed are seen, held until the next one closes. The last four-hour bar of a session is short.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, PERCENT, RETURN, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops.swings import level_crowd, nearness_above, nearness_below, swing_high, swing_low

__all__ = ["FEATURES"]

feature = family("technical_timeframes")
close = ops.close
SWING = 2
LEVELS = 4


@dataclass(frozen=True)
class Frame:
    """Bars of a longer timeframe: on the row that closes one, and no value elsewhere."""

    name: str
    words: str
    minutes: int

    @property
    def high(self) -> Node:
        """Highest high."""
        return ops.closed(ops.high, "max", self.minutes)

    @property
    def low(self) -> Node:
        """Lowest low."""
        return ops.closed(ops.low, "min", self.minutes)

    @property
    def close(self) -> Node:
        """Last close."""
        return ops.closed(close, "last", self.minutes)

    @property
    def swings(self) -> tuple[Node, Node]:
        """Swing highs and lows, two longer bars on each side."""
        return swing_high(SWING, self.high), swing_low(SWING, self.low)

    @property
    def rsi(self) -> Node:
        """RSI of 14 closed bars, held."""
        return ops.hold(ops.rsi(self.close, 14))

    @property
    def trend(self) -> Node:
        """Fast over slow exponential mean of closed bars, held."""
        return ops.hold(ops.ema(self.close, 8) / ops.ema(self.close, 21) - 1.0)

    def position(self, bars: int) -> Node:
        """Place of the close in the channel of the last closed bars, which it may have left."""
        bottom = ops.hold(ops.rolling_min(self.low, bars))
        return (close - bottom) / (ops.hold(ops.rolling_max(self.high, bars)) - bottom)


HOUR = Frame("1h", "hours", 60)
HALF = Frame("4h", "four-hour bars", 240)
DAY = Frame("1d", "sessions", 0)
FRAMES = (HOUR, HALF, DAY)

rsi = ops.rsi(close, 14)
reach = ops.hold(ops.sma(HOUR.high - HOUR.low, 7))
own = (swing_high(5), swing_low(5))
levels = (own, *(frame.swings for frame in FRAMES))


def mean(nodes: list[Node]) -> Node:
    """Return the mean of some series."""
    return reduce(lambda x, y: x + y, nodes) / float(len(nodes))


def nearest(nodes: list[Node]) -> Node:
    """Return the largest of some series."""
    return reduce(ops.maximum, nodes)


FEATURES = (
    *(
        feature(
            f"tech_trend{frame.name}_21_spread", frame.trend,
            "ratio", RETURN, f"8-bar over 21-bar exponential mean of closed {frame.words}.", "TA-Lib EMA",
        )
        for frame in FRAMES
    ),
    *(
        feature(
            f"tech_rsi{frame.name}_14_raw", frame.rsi,
            "percent", PERCENT, f"RSI of the last 14 closed {frame.words}.", "Wilder 1978; TA-Lib RSI",
        )
        for frame in (HALF, DAY)
    ),
    *(
        feature(
            f"tech_position{frame.name}_{bars}_channel", frame.position(bars),
            "ratio", ANY, f"Place of the close in the range of the last {bars} closed {frame.words}.",
            "Donchian; numpy",
        )
        for frame, bars in ((HOUR, 14), (HALF, 10), (DAY, 20))
    ),
    feature(
        "tech_sma4h_10_distance", close / ops.hold(ops.sma(HALF.close, 10)) - 1.0,
        "ratio", RETURN, "Close above the mean of ten closed four-hour bars.", "TA-Lib SMA",
    ),
    feature(
        "tech_logreturn4h_4_close", ops.hold(ops.log_return(HALF.close, 4)),
        "log ratio", ANY, "Return over the last four closed four-hour bars.", "definition; numpy",
    ),
    feature(
        "tech_range4h_6_mean", ops.hold(ops.sma(HALF.high / HALF.low - 1.0, 6)),
        "ratio", NOT_NEGATIVE, "Mean range of the last six closed four-hour bars.", "definition; numpy",
    ),
    feature(
        "tech_rsialign_14_score", mean([ops.sign(x - 50.0) for x in (rsi, HOUR.rsi, HALF.rsi, DAY.rsi)]),
        "score", SIGNED, "Mean side of 50 on which the RSI of bars, hours, four hours and sessions stand.",
        "definition; TA-Lib RSI",
    ),
    feature(
        "tech_rsialign_14_spread", (rsi - mean([frame.rsi for frame in FRAMES])) / 100.0,
        "ratio", SIGNED, "RSI of bars above the mean of those of hours, four hours and sessions.",
        "definition; TA-Lib RSI",
    ),
    feature(
        "tech_trendalign_21_score", mean([ops.sign(frame.trend) for frame in FRAMES]),
        "score", SIGNED, "Mean direction of the trends of hours, four hours and sessions.", "definition; TA-Lib EMA",
    ),
    *(
        feature(
            f"tech_swing{name}{frame.name}_2_distance", close / ops.hold(swing) - 1.0,
            "ratio", RETURN, f"Close above the last swing {name} of closed {frame.words}, two on each side.",
            "Williams 1995; numpy",
        )
        for frame in FRAMES
        for name, swing in zip(("high", "low"), frame.swings, strict=True)
    ),
    feature(
        "tech_resistancemtf_4_nearness", nearest([nearness_above(*pair, reach, LEVELS) for pair in levels]),
        "ratio", FRACTION, "Nearness of the next swing above in any timeframe: 1/2 one mean hour's range off, 0 none.",
        "definition; numpy",
    ),
    feature(
        "tech_supportmtf_4_nearness", nearest([nearness_below(*pair, reach, LEVELS) for pair in levels]),
        "ratio", FRACTION, "Nearness of the next swing below in any timeframe: 1/2 one mean hour's range off, 0 none.",
        "definition; numpy",
    ),
    feature(
        "tech_levelsmtf_4_crowd", mean([level_crowd(*pair, reach, LEVELS) for pair in levels]),
        "ratio", FRACTION, "Share of the last four swings of each timeframe within one mean hour's range.",
        "definition; numpy",
    ),
)  # fmt: skip
