"""Volume, its pace, and who traded (specification 6.3): proxies from bars, none has seen a trade (X-30)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FLAG, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("microstructure_flow")
BULK = "Easley, Lopez de Prado and O'Hara 2012, Review of Financial Studies 25, 1457; bar proxy"
close, volume = ops.close, ops.volume
one = ops.log_return(close)
change = ops.difference(close)
log_volume = ops.log(volume + 1.0)

pace = ops.log(ops.sma(volume, 10) / ops.lag(ops.sma(volume, 10), 10))
usual = ops.slot_mean(volume, 20)
unusual = (log_volume - ops.slot_mean(log_volume, 20)) / ops.slot_std(log_volume, 20)

# Shares bought, -1 to 1: by the normal curve, by one with fat tails, and by where the close stands in the bar.
move = change / ops.std(change, 50)
normal = 2.0 * ops.normal_probability(move) - 1.0
fat = move / ops.sqrt(2.0 + move * move)
placed = ops.close_location()


def share(side: Node, bars: int) -> Node:
    """Return bought less sold over all volume."""
    return ops.rolling_sum(side * volume, bars) / ops.rolling_sum(volume, bars)


def toxicity(side: Node, bars: int) -> Node:
    """Return the mean imbalance of a bar over its volume."""
    return share(abs(side), bars)


vpin = toxicity(normal, 100)
# Llorente and others: do returns on high volume go on (informed) or turn back (liquidity)?
shock = log_volume - ops.lag(ops.sma(log_volume, 130))
before, weighed = ops.lag(one), ops.lag(one * shock)

FEATURES = (
    feature(
        "micro_volumemomentum_10_log", pace,
        "log ratio", ANY, "Log of the mean volume of 10 bars to that of the 10 before.", "definition; numpy",
    ),
    feature(
        "micro_volumeacceleration_10_log", ops.difference(pace, 10),
        "log ratio", ANY, "Change of volume momentum over 10 bars.", "definition; numpy",
    ),
    feature(
        "micro_volumetrend_130_log", ops.log(ops.sma(volume, 26) / ops.sma(volume, 130)),
        "log ratio", ANY, "Log of the mean volume of a session to that of a week.", "definition; numpy",
    ),
    feature(
        "micro_volumerank_130_share", ops.rank(volume, 130),
        "ratio", FRACTION, "Rank of the bar's volume among those of a week.", "pandas rolling rank",
    ),
    feature(
        "micro_unusualvolume_20_zscore", unusual,
        "deviations", ANY, "Log volume from that of the same time of day in 20 sessions before.",
        "definition; numpy",
    ),
    feature(
        "micro_unusualvolume_26_share", ops.sma(ops.above(unusual, 2.0), 26),
        "ratio", FRACTION, "Share of the last 26 bars two deviations above the volume usual for their time.",
        "Gervais, Kaniel and Mingelgrin 2001, Journal of Finance 56, 877",
    ),
    feature(
        "micro_slotvolume_20_ratio", volume / usual,
        "ratio", NOT_NEGATIVE, "Volume over its mean at the same time of day in 20 sessions before.",
        "definition; numpy",
    ),
    feature(
        "micro_volumeclock_20_ratio",
        ops.so_far(volume, "sum") / ops.slot_mean(ops.so_far(volume, "sum"), 20),
        "ratio", NOT_NEGATIVE, "Volume of the session so far over what is usual by this time.", "definition; numpy",
    ),
    feature("micro_bulknormal_5_mean", share(normal, 5), "ratio", SIGNED, "Bulk-classified buys less sells.", BULK),
    feature(
        "micro_bulkstudent_20_mean", share(fat, 20),
        "ratio", SIGNED, "Buys less sells by Student's t with 2 degrees of freedom.", BULK,
    ),
    feature(
        "micro_bulkstudent_130_mean", share(fat, 130),
        "ratio", SIGNED, "Buys less sells by Student's t over a week.", BULK,
    ),
    feature(
        "micro_bulkplace_130_mean", share(placed, 130),
        "ratio", SIGNED, "Buys less sells by where bars close, over a week.", "Chaikin; bar proxy",
    ),
    feature(
        "micro_bulkday_1_mean",
        ops.so_far(normal * volume, "sum") / ops.so_far(ops.keep_where(volume, normal * normal + 1.0), "sum"),
        "ratio", SIGNED, "Bulk-classified buys less sells of the session so far.", BULK,
    ),
    feature(
        "micro_vpin_26_value", toxicity(normal, 26),
        "ratio", FRACTION, "Imbalance over volume in the bars of a session (bar-proxy VPIN).", BULK,
    ),
    feature(
        "micro_vpin_520_value", toxicity(normal, 520),
        "ratio", FRACTION, "Imbalance over volume in the bars of a month (bar-proxy VPIN).", BULK,
    ),
    feature(
        "micro_toxicity_260_rank", ops.rank(vpin, 260),
        "ratio", FRACTION, "Rank of the VPIN among those of two weeks: order-flow toxicity.", BULK,
    ),
    feature(
        "micro_toxicity_260_flag", ops.above(ops.rank(vpin, 260), 0.9),
        "flag", FLAG, "1 where the VPIN is among the highest tenth of two weeks.", BULK,
    ),
    feature(
        "micro_flowmemory_130_correlation", ops.correlation(normal * volume, ops.lag(normal * volume), 130),
        "correlation", SIGNED, "Correlation of the imbalance with that of the bar before.",
        "Hasbrouck and Ho 1987, Journal of Finance 42, 1035; bar proxy",
    ),
    feature(
        "micro_flowahead_130_correlation", ops.correlation(one, ops.lag(normal * volume), 130),
        "correlation", SIGNED, "Correlation of the return with the imbalance of the bar before.",
        "Chordia and Subrahmanyam 2004, Journal of Financial Economics 72, 485; bar proxy",
    ),
    feature(
        "micro_informed_260_partial", ops.partial_correlation(one, weighed, before, 260),
        "correlation", SIGNED, "Whether moves on high volume go on (informed trading) or turn back.",
        "Llorente, Michaely, Saar and Wang 2002, Review of Financial Studies 15, 1005; bar proxy",
    ),
    feature(
        "micro_volumemove_130_correlation", ops.correlation(log_volume, abs(one), 130),
        "correlation", SIGNED, "Correlation of log volume with the size of the return.",
        "Karpoff 1987, Journal of Financial and Quantitative Analysis 22, 109",
    ),
    feature(
        "micro_flowside_26_agreement", ops.sma(ops.sign(change) * ops.sign(placed), 26),
        "ratio", SIGNED, "How often the move and the place of the close in the bar agree.", "definition; numpy",
    ),
)  # fmt: skip
