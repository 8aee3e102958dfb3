"""Regimes: trend or range, low, middle or high volatility, and the phase of the market (specification 6.1f).

Phases follow Weinstein's stages. The market is in markup while its 130-bar mean rises and the close stands above it,
in markdown while the mean falls and the close stands below it; it rises or falls if it has moved by more than half an
average true range in 26 bars. Anything else is a base: accumulation after a markdown, distribution after a markup.
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.catalogue.trend_strength import efficiency
from qts_core.features.ops.candles import all_of
from qts_core.features.ops.swings import bars_since

__all__ = ["FEATURES"]

feature = family("technical_regimes")
close = ops.close
STAGES = "Weinstein 1988; numpy"


walked = efficiency(26)
trending = ops.sign(walked) * ops.above(ops.adx(14), 25.0) * ops.above(abs(walked), 0.3)
volatility = ops.rank(ops.std(ops.log_return(close), 20), 520)

slow = ops.sma(close, 130)
climb = ops.difference(slow, 26)
# Means of equal prices can differ in the last bit: that is no move.
enough = 0.5 * ops.atr(14) + 1e-9 * close
markup = all_of(ops.greater(climb, enough), ops.greater(close, slow))
markdown = all_of(ops.greater(-enough, climb), ops.greater(slow, close))
stage = markup - markdown
last = ops.hold(ops.keep_where(stage, abs(stage)))
base = 1.0 - abs(stage)
phase = 2.0 * markup + 4.0 * markdown + base * (last + 2.0)

FEATURES = (
    feature(
        "tech_trendrange_26_class", trending,
        "sign", SIGNED, "Trend up or down where ADX exceeds 25 and efficiency 0.3, else range (0).",
        "Wilder 1978, Kaufman 1995; TA-Lib ADX",
    ),
    feature(
        "tech_trendrange_130_share", ops.sma(abs(trending), 130),
        "ratio", FRACTION, "Share of the last 130 bars that were in a trend.", "Wilder 1978, Kaufman 1995; TA-Lib ADX",
    ),
    feature(
        "tech_volregime_520_rank", volatility,
        "ratio", FRACTION, "Rank of the 20-bar volatility among its last 520 values.", "definition; scipy",
    ),
    feature(
        "tech_volregime_520_class", ops.above(volatility, 1.0 / 3.0) + ops.above(volatility, 2.0 / 3.0),
        "class", (0.0, 2.0), "Volatility in the lower (0), middle (1) or upper (2) third of its last 520 values.",
        "definition; scipy",
    ),
    feature(
        "tech_phase_130_class", phase,
        "class", (1.0, 4.0), "Accumulation 1, markup 2, distribution 3, markdown 4.", STAGES,
    ),
    feature(
        "tech_phase_130_trend", stage, "sign", SIGNED, "Markup 1, markdown -1, else 0.", STAGES,
    ),
    feature(
        "tech_phase_130_base", -1.0 * base * last,
        "sign", SIGNED, "Accumulation 1, distribution -1, else 0.", STAGES,
    ),
    feature(
        "tech_phase_130_age", bars_since(abs(ops.difference(phase))),
        "bars", NOT_NEGATIVE, "Bars since the phase last changed.", STAGES,
    ),
)  # fmt: skip
