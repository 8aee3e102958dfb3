"""Spreads and price impact from bars (specification 6.3): proxies all, none has seen a quote or a trade (X-30)."""

from __future__ import annotations

from math import sqrt

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node, apply
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("microstructure_spreads")
close, high, low, volume = ops.close, ops.high, ops.low, ops.volume
one = ops.log_return(close)
money = close * volume
ROOT = 3.0 - 2.0 * sqrt(2.0)


def corwin_schultz(bars: int) -> Node:
    """Return the mean spread of pairs of bars; a gap between two bars is closed first, a negative spread is 0."""
    before = ops.lag(close)
    shift = ops.positive_part(low - before) - ops.positive_part(before - high)
    top, bottom = high - shift, low - shift
    old, new = ops.lag(ops.log(high / low)), ops.log(top / bottom)
    squares = old * old + new * new
    both = ops.log(ops.maximum(top, ops.lag(high)) / ops.minimum(bottom, ops.lag(low)))
    alpha = ops.sqrt(squares) * ((sqrt(2.0) - 1.0) / ROOT) - both * (1.0 / sqrt(ROOT))
    growth = ops.exp(ops.positive_part(alpha))
    return ops.sma(2.0 * (growth - 1.0) / (1.0 + growth), bars)


def abdi_ranaldo(bars: int) -> Node:
    """Return the spread from how far closes lie from the middles of the bars on both sides of them."""
    middle = 0.5 * (ops.log(high) + ops.log(low))
    inside = ops.lag(ops.log(close))
    product = (inside - ops.lag(middle)) * (inside - middle)
    return ops.sqrt(4.0 * ops.positive_part(ops.sma(product, bars)))


def roll(bars: int) -> Node:
    """Return twice the root of the covariance of neighbouring returns, 0 where they trend."""
    return 2.0 * ops.sqrt(ops.positive_part(-ops.covariance(one, ops.lag(one), bars)))


def quiet_share(bars: int) -> Node:
    """Return the share of bars whose close did not move."""
    return 1.0 - ops.sma(abs(ops.sign(ops.difference(close))), bars)


def fong(bars: int) -> Node:
    """Return the spread that explains the share of bars without a move."""
    return 2.0 * ops.std(one, bars) * apply("normal_quantile", 0.5 + 0.5 * quiet_share(bars))


def illiquidity(bars: int) -> Node:
    """Return the mean of the return per traded dollar."""
    return ops.sma(abs(one) / money, bars)


def one_sided(side: float) -> Node:
    """Return the log of the illiquidity of falling (-1) or rising (1) bars."""
    return ops.log(ops.sma(ops.positive_part(side * one) / money, 130) * 1e9)


def spread(name: str, expression: Node, doc: str, source: str) -> FeatureSpec:
    """Declare a relative spread."""
    return feature(f"micro_{name}_spread", expression, "ratio", NOT_NEGATIVE, doc, f"{source}; bar proxy")


# Flow in units of the usual money per bar, so that the slope is a return.
usual_money = ops.sma(money, 130)
signed_flow = ops.sign(one) * money / usual_money
change = ops.difference(close)
bought = ops.normal_probability(change / ops.std(change, 50))
bulk_flow = (2.0 * bought - 1.0) * money / usual_money
reversal = ops.lag(signed_flow)

FEATURES = (
    spread("corwinschultz_26", corwin_schultz(26), "Spread from highs and lows of one and two bars over a session.",
           "Corwin and Schultz 2012, Journal of Finance 67, 719"),
    spread("corwinschultz_130", corwin_schultz(130), "Spread from highs and lows of one and two bars over a week.",
           "Corwin and Schultz 2012, Journal of Finance 67, 719"),
    spread("abdiranaldo_26", abdi_ranaldo(26), "Spread from closes and middles over a session.",
           "Abdi and Ranaldo 2017, Review of Financial Studies 30, 4437"),
    spread("abdiranaldo_130", abdi_ranaldo(130), "Spread from closes and middles over a week.",
           "Abdi and Ranaldo 2017, Review of Financial Studies 30, 4437"),
    spread("roll_130", roll(130), "Spread from the bounce of returns over a week, 0 where they trend.",
           "Roll 1984, Journal of Finance 39, 1127"),
    spread("roll_520", roll(520), "Spread from the bounce of returns over a month, 0 where they trend.",
           "Roll 1984, Journal of Finance 39, 1127"),
    spread("fong_130", fong(130), "Spread from the share of bars without a move.",
           "Fong, Holden and Trzcinka 2017, Review of Finance 21, 1355"),
    spread("effective_26", 2.0 * ops.sma(abs(close - 0.5 * (high + low)) / (0.5 * (high + low)), 26),
           "Twice the distance of the close from the bar's middle (effective spread, the middle for the quote).",
           "definition; numpy"),
    feature(
        "micro_zeroreturn_130_share", quiet_share(130),
        "ratio", FRACTION, "Share of bars whose close did not move.",
        "Lesmond, Ogden and Trzcinka 1999, Review of Financial Studies 12, 1113",
    ),
    feature(
        "micro_amihud_130_log", ops.log(illiquidity(130) * 1e9),
        "log ratio per 1e9 USD", ANY, "Log of the mean return per traded dollar over a week.",
        "Amihud 2002, Journal of Financial Markets 5, 31",
    ),
    feature(
        "micro_amihud_26_shock", ops.log(illiquidity(26) / illiquidity(520)),
        "log ratio", ANY, "Log of illiquidity over a session to that over a month.",
        "Amihud 2002, Journal of Financial Markets 5, 31",
    ),
    feature(
        "micro_amihud_130_asymmetry", one_sided(-1.0) - one_sided(1.0),
        "log ratio", ANY, "Log of illiquidity when falling to that when rising.",
        "Brennan, Huh and Subrahmanyam 2013, Review of Asset Pricing Studies 3, 133",
    ),
    feature(
        "micro_liquidityratio_130_log", ops.log(ops.rolling_sum(money, 130) / ops.rolling_sum(abs(one), 130)),
        "log USD", ANY, "Log of money traded per unit of absolute return.",
        "Cooper, Groth and Avera 1985, Journal of Economics and Business 37, 19",
    ),
    feature(
        "micro_kyle_130_slope", ops.beta(one, signed_flow, 130) / ops.std(one, 130),
        "deviations", ANY, "Return in deviations per usual bar of signed money.",
        "Kyle 1985, Econometrica 53, 1315; bar proxy",
    ),
    feature(
        "micro_kyle_520_slope", ops.beta(one, signed_flow, 520) / ops.std(one, 520),
        "deviations", ANY, "Return in deviations per usual bar of signed money, over a month.",
        "Kyle 1985, Econometrica 53, 1315; bar proxy",
    ),
    feature(
        "micro_kylebulk_130_slope", ops.beta(one, bulk_flow, 130) / ops.std(one, 130),
        "deviations", ANY, "Return in deviations per usual bar of bulk-classified money.",
        "Kyle 1985; Easley, Lopez de Prado and O'Hara 2012; bar proxy",
    ),
    feature(
        "micro_pastor_130_correlation", ops.correlation(one, reversal, 130),
        "correlation", SIGNED, "Correlation of the return with signed money of the bar before: reversal if negative.",
        "Pastor and Stambaugh 2003, Journal of Political Economy 111, 642; bar proxy",
    ),
    feature(
        "micro_corwinschultz_26_shock", corwin_schultz(26) / corwin_schultz(520) - 1.0,
        "ratio", RETURN, "High-low spread of a session over that of a month.",
        "Corwin and Schultz 2012, Journal of Finance 67, 719; bar proxy",
    ),
)  # fmt: skip
