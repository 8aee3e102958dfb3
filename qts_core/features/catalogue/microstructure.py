"""Bar proxies of liquidity, order flow and auctions; none sees quotes or trades (specification 6.3, checklist X-30)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family

__all__ = ["FEATURES"]

feature = family("microstructure")
close, high, low, open_, volume = ops.close, ops.high, ops.low, ops.open_, ops.volume
span = high - low
one = ops.log_return(close)
change = ops.difference(close)
money = close * volume

# Bulk volume classification: the share bought is the normal probability of the standardised change.
bought = ops.normal_probability(change / ops.std(change, 50))
imbalance = abs(2.0 * bought - 1.0) * volume
signed_money = ops.sign(one) * ops.sqrt(money)
roll = 2.0 * ops.sqrt(-ops.covariance(one, ops.lag(one), 60))

opening = ops.minimum(ops.clip(30.0 - ops.end_minute + 1.0, 0.0, 1.0), close)
opening_high = ops.hold_today(ops.so_far(ops.keep_where(high, opening), "max"))
opening_low = ops.hold_today(ops.so_far(ops.keep_where(low, opening), "min"))
today_high, today_low = ops.so_far(high, "max"), ops.so_far(low, "min")
gap = ops.so_far(open_, "first") / ops.previous_session(close, "last") - 1.0

FEATURES = (
    feature(
        "micro_clv_1_raw", ops.close_location(),
        "ratio", SIGNED, "Where the close stands in the bar, -1 low to 1 high.", "Chaikin; definition",
    ),
    feature(
        "micro_clv_20_mean", ops.sma(ops.close_location(), 20),
        "ratio", SIGNED, "Mean close location of 20 bars.", "Chaikin; definition",
    ),
    feature(
        "micro_body_1_ratio", ops.fill(abs(close - open_) / span, close, 0.0),
        "ratio", FRACTION, "Body over range of the bar.", "definition; numpy",
    ),
    feature(
        "micro_uppershadow_1_ratio", ops.fill((high - ops.maximum(open_, close)) / span, close, 0.0),
        "ratio", FRACTION, "Upper shadow over range of the bar.", "definition; numpy",
    ),
    feature(
        "micro_lowershadow_1_ratio", ops.fill((ops.minimum(open_, close) - low) / span, close, 0.0),
        "ratio", FRACTION, "Lower shadow over range of the bar.", "definition; numpy",
    ),
    feature(
        "micro_amihud_20_log", ops.log(ops.sma(abs(one) / money, 20) * 1e9),
        "log ratio per 1e9 USD", ANY, "Log of the mean return per traded dollar.",
        "Amihud 2002, Journal of Financial Markets 5, 31",
    ),
    feature(
        "micro_dollarvolume_20_log", ops.log(ops.sma(money, 20)),
        "log USD", ANY, "Log of the mean traded value per bar.", "definition; numpy",
    ),
    feature(
        "micro_signedvolume_20_ratio", ops.rolling_sum(ops.sign(change) * volume, 20) / ops.rolling_sum(volume, 20),
        "ratio", SIGNED, "Volume of rising less falling bars over all (tick-rule proxy).",
        "Lee and Ready 1991; bar proxy",
    ),
    feature(
        "micro_bulkimbalance_20_mean", ops.rolling_sum((2.0 * bought - 1.0) * volume, 20) / ops.rolling_sum(volume, 20),
        "ratio", SIGNED, "Bulk-classified buys less sells over all volume.",
        "Easley, Lopez de Prado and O'Hara 2012; bar proxy",
    ),
    feature(
        "micro_vpin_100_value", ops.rolling_sum(imbalance, 100) / ops.rolling_sum(volume, 100),
        "ratio", FRACTION, "Bulk-classified imbalance over volume (bar-proxy VPIN).",
        "Easley, Lopez de Prado and O'Hara 2012; bar proxy",
    ),
    feature(
        "micro_kyle_60_slope", ops.beta(one, signed_money, 60) * 1e6,
        "ratio per sqrt(1e12 USD)", ANY, "Return per signed root of traded value (bar-proxy Kyle lambda).",
        "Kyle 1985; Hasbrouck 2009; bar proxy",
    ),
    feature(
        "micro_roll_60_spread", roll,
        "ratio", NOT_NEGATIVE, "Effective spread from the bounce of returns; none where they trend.",
        "Roll 1984, Journal of Finance 39, 1127",
    ),
    feature(
        "micro_gap_1_overnight", gap,
        "ratio", RETURN, "Today's open above the previous session's close.", "definition; numpy",
    ),
    feature(
        "micro_openingrange_30_position", (close - opening_low) / (opening_high - opening_low),
        "ratio", ANY, "Place of the close in the range of the first half hour.", "definition; numpy",
    ),
    feature(
        "micro_sessionrange_1_position", (close - today_low) / (today_high - today_low),
        "ratio", FRACTION, "Place of the close in the session's range so far.", "definition; numpy",
    ),
    feature(
        "micro_sessionreturn_1_open", close / ops.so_far(open_, "first") - 1.0,
        "ratio", RETURN, "Return since the session's open.", "definition; numpy",
    ),
)  # fmt: skip
