"""Volume: how much, and on which side (specification 6.1d)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, NOT_NEGATIVE, PERCENT, RETURN, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("technical_volume")
close, volume = ops.close, ops.volume


def money_flow(bars: int) -> Node:
    """Return the share of money that flowed on bars with a rising typical price, 0 to 100."""
    price = ops.typical_price()
    change = ops.difference(price)
    money = price * volume
    # Equal prices in cents can have means that differ in the last bit: that is no move.
    least = 1e-12 * price
    rise = ops.rolling_sum(money * (change > least), bars)
    fall = ops.rolling_sum(money * (-change > least), bars)
    return 100.0 * (rise / (rise + fall))


def ease_of_movement(bars: int) -> Node:
    """Return the mean move of the bar's middle per traded share, in units of price range and mean volume."""
    middle = (ops.high + ops.low) / 2.0
    ease = ops.log_return(middle) * ((ops.high - ops.low) / close) / (volume / ops.sma(volume, bars))
    return ops.sma(ease, bars)


today_vwap = ops.so_far(ops.typical_price() * volume, "sum") / ops.so_far(volume, "sum")
flow = ops.accumulation()
chaikin = (ops.ema(flow, 3) - ops.ema(flow, 10)) / ops.sma(volume, 10)
force = ops.ema(ops.difference(close) * volume, 13)
busy = ops.ema(volume, 26)

FEATURES = (
    feature(
        "tech_obv_20_zscore", ops.zscore(ops.on_balance_volume(), 20),
        "deviations", ANY, "On-balance volume from its 20-bar mean.", "Granville 1963; TA-Lib OBV",
    ),
    feature(
        "tech_adosc_10_ratio", chaikin,
        "ratio", ANY, "Chaikin oscillator over the mean volume.", "Chaikin; TA-Lib AD",
    ),
    feature(
        "tech_cmf_20_raw", ops.rolling_sum(ops.close_location() * volume, 20) / ops.rolling_sum(volume, 20),
        "ratio", SIGNED, "Volume signed by where bars close over all volume.", "Chaikin; Stock.Indicators GetCmf",
    ),
    feature(
        "tech_mfi_14_raw", money_flow(14),
        "percent", PERCENT, "Share of money traded on rising bars.", "Quong and Soudack 1989; TA-Lib MFI",
    ),
    feature(
        "tech_force_13_ratio", force / (close * busy),
        "ratio", ANY, "Force index over the usual traded value.", "Elder 1993; Stock.Indicators GetForceIndex",
    ),
    feature(
        "tech_volume_20_ratio", volume / ops.sma(volume, 20),
        "ratio", NOT_NEGATIVE, "Volume over its 20-bar mean.", "definition; numpy",
    ),
    feature(
        "tech_volume_60_zscore", ops.zscore(ops.log(volume + 1.0), 60),
        "deviations", ANY, "Log volume from its 60-bar mean.", "definition; numpy",
    ),
    feature(
        "tech_pvo_26_raw", ops.ema(volume, 12) / busy - 1.0,
        "ratio", RETURN, "12-bar over 26-bar exponential mean of volume.", "Stock.Indicators GetPvo",
    ),
    feature(
        "tech_vwap_1_distance", close / today_vwap - 1.0,
        "ratio", RETURN, "Close above the session's volume-weighted price so far.", "definition; numpy",
    ),
    feature(
        "tech_pvt_20_change", ops.rolling_sum(ops.simple_return(close) * volume, 20) / ops.rolling_sum(volume, 20),
        "ratio", ANY, "Return weighed by volume over 20 bars.", "price volume trend; definition",
    ),
    feature("tech_eom_14_mean", ease_of_movement(14), "ratio", ANY, "Move per share traded.", "Arms 1996; definition"),
    feature(
        "tech_volumecorr_20_close", ops.correlation(close, volume, 20),
        "correlation", SIGNED, "Correlation of close and volume.", "TA-Lib CORREL",
    ),
)  # fmt: skip
