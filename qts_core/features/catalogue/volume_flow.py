"""Flow: on which side, at which prices and with which force volume was traded (specification 6.1d)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, NOT_NEGATIVE, PERCENT, RETURN, SIGNED, family
from qts_core.features.catalogue.volume import money_flow
from qts_core.features.graph import Node
from qts_core.features.ops import price_levels, runs
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("technical_flow")
close, volume = ops.close, ops.volume
typical = ops.typical_price()
KLINGER = "Klinger 1997; Stock.Indicators GetKvo, over the mean volume"
PROFILE = "Steidlmayer and Koy 1986, Markets and Market Logic; definition in numpy"


def force(bars: int) -> FeatureSpec:
    """Declare Elder's force index of `bars` bars over the usual traded value."""
    return feature(
        f"tech_force_{bars}_ratio", ops.ema(ops.difference(close) * volume, bars) / (close * ops.ema(volume, 26)),
        "ratio", ANY, f"Force index of {bars} bars over the usual traded value.",
        "Elder 1993; Stock.Indicators GetForceIndex",
    )  # fmt: skip


def mean_by_volume(bars: int) -> Node:
    """Return the exponential mean of the close weighted by volume, USD."""
    return ops.ema(close * volume, bars) / ops.ema(volume, bars)


calmer = ops.log_return(close) * (volume < ops.lag(volume))
busier = ops.log_return(close) * (volume > ops.lag(volume))
pressed = runs.volume_force()
klinger = ops.ema(pressed, 34) - ops.ema(pressed, 55)
usual = ops.ema(volume, 55)
control = price_levels.control_price(typical, 130, 24, every=26)
lower, upper = price_levels.value_area(typical, 130, 24, every=26)
today = ops.so_far(typical * volume, "sum") / ops.so_far(volume, "sum")
# Equal prices in cents can have means that differ in the last bit: that is no deviation.
spread = price_levels.session_deviation(typical)
line = mean_by_volume(12) - mean_by_volume(26)
zone = ops.ema(ops.sign(ops.difference(close)) * volume, 14) / ops.ema(volume, 14)

FEATURES = (
    feature(
        "tech_ad_20_zscore", ops.zscore(ops.accumulation(), 20),
        "deviations", ANY, "Accumulation and distribution from its 20-bar mean.", "Chaikin; TA-Lib AD",
    ),
    feature(
        "tech_klinger_55_ratio", klinger / usual,
        "ratio", ANY, "34-bar less 55-bar mean of Klinger's volume force, over the mean volume.", KLINGER,
    ),
    feature(
        "tech_klinger_55_histogram", (klinger - ops.ema(klinger, 13)) / usual,
        "ratio", ANY, "Klinger's oscillator less its signal, over the mean volume.", KLINGER,
    ),
    force(2),
    force(50),
    feature(
        "tech_volumeema_20_ratio", volume / ops.ema(volume, 20),
        "ratio", NOT_NEGATIVE, "Volume over its 20-bar exponential mean.", "TA-Lib EMA",
    ),
    feature(
        "tech_volume_130_ratio", volume / ops.sma(volume, 130),
        "ratio", NOT_NEGATIVE, "Volume over its mean of a week.", "TA-Lib SMA",
    ),
    feature(
        "tech_volumecross_50_spread", ops.sma(volume, 5) / ops.sma(volume, 50) - 1.0,
        "ratio", RETURN, "5-bar mean of volume above the 50-bar one.", "TA-Lib SMA",
    ),
    feature(
        "tech_profile_130_control", close / control - 1.0,
        "ratio", RETURN, "Close above the price at which most was traded in a week; every session.", PROFILE,
    ),
    feature(
        "tech_profile_130_position", (close - lower) / (upper - lower),
        "ratio", ANY, "Place of the close in the area that holds 70 % of a week's volume; every session.", PROFILE,
    ),
    feature(
        "tech_profile_130_width", (upper - lower) / control,
        "ratio", NOT_NEGATIVE, "Width of that area over the price at which most was traded.", PROFILE,
    ),
    feature(
        "tech_profile_546_control", close / price_levels.control_price(typical, 546, 48, every=130) - 1.0,
        "ratio", RETURN, "Close above the price at which most was traded in a month; every week.", PROFILE,
    ),
    feature(
        "tech_vwapbands_1_zscore", (close - today) / ops.keep_where(spread, spread - 1e-9 * today),
        "deviations", ANY, "Close from the session's volume-weighted price in its own deviations so far.",
        "definition; numpy",
    ),
    feature(
        "tech_vwap_26_distance", close / ops.vwma(typical, volume, 26) - 1.0,
        "ratio", RETURN, "Close above the volume-weighted price of 26 bars.", "Stock.Indicators GetVwma",
    ),
    feature(
        "tech_vwap_130_distance", close / ops.vwma(typical, volume, 130) - 1.0,
        "ratio", RETURN, "Close above the volume-weighted price of a week.", "Stock.Indicators GetVwma",
    ),
    feature(
        "tech_nvi_130_change", ops.rolling_sum(calmer, 130),
        "log ratio", ANY, "Change of the negative volume index in a week: returns of bars with falling volume.",
        "Fosback 1976; definition in numpy",
    ),
    feature(
        "tech_pvi_130_change", ops.rolling_sum(busier, 130),
        "log ratio", ANY, "Change of the positive volume index in a week: returns of bars with rising volume.",
        "Fosback 1976; definition in numpy",
    ),
    feature(
        "tech_nvi_255_distance", ops.total(calmer) - ops.ema(ops.total(calmer), 255),
        "log ratio", ANY, "Negative volume index above its 255-bar exponential mean, both logarithms.",
        "Fosback 1976; TA-Lib EMA",
    ),
    feature(
        "tech_pvi_255_distance", ops.total(busier) - ops.ema(ops.total(busier), 255),
        "log ratio", ANY, "Positive volume index above its 255-bar exponential mean, both logarithms.",
        "Fosback 1976; TA-Lib EMA",
    ),
    feature(
        "tech_vwmacd_26_line", line / close,
        "ratio", ANY, "MACD of means weighted by volume, over the close.", "Dormeier 2011; TA-Lib EMA",
    ),
    feature(
        "tech_vwmacd_26_histogram", (line - ops.ema(line, 9)) / close,
        "ratio", ANY, "That MACD less its signal, over the close.", "Dormeier 2011; TA-Lib EMA",
    ),
    feature(
        "tech_vwmomentum_20_change", ops.simple_return(ops.vwma(close, volume, 20), 10),
        "ratio", RETURN, "Change of the volume-weighted mean over ten bars.", "definition; numpy",
    ),
    feature(
        "tech_vpc_20_spread", ops.vwma(close, volume, 20) / ops.sma(close, 20) - 1.0,
        "ratio", RETURN, "Volume-weighted above plain mean: volume stands at higher prices.", "Dormeier 2011; numpy",
    ),
    feature(
        "tech_vzo_14_raw", 100.0 * zone,
        "percent", ANY, "Mean of volume signed by the change over the mean of volume.",
        "Khalil and Steckler 2011; TA-Lib EMA",
    ),
    feature(
        "tech_mfi_50_raw", money_flow(50),
        "percent", PERCENT, "Share of money traded on rising bars of two sessions.",
        "Quong and Soudack 1989; TA-Lib MFI",
    ),
    feature(
        "tech_cmf_50_raw", ops.rolling_sum(ops.close_location() * volume, 50) / ops.rolling_sum(volume, 50),
        "ratio", SIGNED, "Volume signed by where bars close over all volume of two sessions.",
        "Chaikin; Stock.Indicators GetCmf",
    ),
)  # fmt: skip
