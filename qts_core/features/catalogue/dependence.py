"""Dependence of returns on earlier ones: autocorrelations, tests against independence, memory (specification 6.2)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.ops import dependence
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("statistical_dependence")
one = ops.log_return(ops.close)
WINDOW, REFRESH = 260, 52
linear, linear_chance = dependence.ljung_box(one, WINDOW, 10, every=REFRESH)
square, square_chance = dependence.ljung_box(one * one, WINDOW, 10, every=REFRESH)


def acf(lags: int) -> FeatureSpec:
    """Declare the autocorrelation of returns at `lags`; the lag stands in the name's last part."""
    return feature(
        f"stat_acf_{WINDOW}_lag{lags}", dependence.autocorrelation(one, WINDOW, lags),
        "correlation", SIGNED, f"Correlation of returns with those {lags} bars before.", "numpy corrcoef",
    )  # fmt: skip


def size_acf(lags: int) -> FeatureSpec:
    """Declare the autocorrelation of the sizes of returns."""
    return feature(
        f"stat_sizeacf_{WINDOW}_lag{lags}", dependence.autocorrelation(abs(one), WINDOW, lags),
        "correlation", SIGNED, f"Correlation of moves' sizes with those {lags} bars before.",
        "Ding, Granger and Engle 1993; numpy corrcoef",
    )  # fmt: skip


def pacf(lags: int) -> FeatureSpec:
    """Declare the partial autocorrelation of returns at `lags`."""
    return feature(
        f"stat_pacf_{WINDOW}_lag{lags}", dependence.partial_autocorrelation(one, WINDOW, lags, every=REFRESH),
        "correlation", SIGNED, f"Correlation with {lags} bars before, those between taken out; every 52 bars.",
        "Durbin 1960; statsmodels pacf ldb",
    )  # fmt: skip


def ratio(bars: int) -> FeatureSpec:
    """Declare the variance ratio of `bars` to 1."""
    return feature(
        f"stat_varianceratio_{WINDOW}_of{bars}", dependence.variance_ratio(one, WINDOW, bars),
        "ratio", NOT_NEGATIVE, f"Variance over {bars} bars against that of one; above 1 in a trend.",
        "Lo and MacKinlay 1988, Review of Financial Studies 1, 41",
    )  # fmt: skip


FEATURES = (
    *(acf(lags) for lags in (1, 2, 3, 4, 5, 10, 13, 20, 26)),
    *(size_acf(lags) for lags in (1, 5, 26)),
    *(pacf(lags) for lags in (2, 3, 5)),
    feature(
        "stat_ljungbox_260_statistic", linear,
        "chi-square", NOT_NEGATIVE, "Dependence of returns over 10 lags; every 52 bars.",
        "Ljung and Box 1978; statsmodels acorr_ljungbox",
    ),
    feature(
        "stat_ljungbox_260_probability", linear_chance,
        "ratio", FRACTION, "Chance of so much dependence among independent returns; every 52 bars.",
        "Ljung and Box 1978; statsmodels acorr_ljungbox",
    ),
    feature(
        "stat_mcleodli_260_statistic", square,
        "chi-square", NOT_NEGATIVE, "Dependence of squared returns over 10 lags; every 52 bars.",
        "McLeod and Li 1983; statsmodels acorr_ljungbox",
    ),
    feature(
        "stat_mcleodli_260_probability", square_chance,
        "ratio", FRACTION, "Chance of so much dependence among squares of independent returns; every 52 bars.",
        "McLeod and Li 1983; statsmodels acorr_ljungbox",
    ),
    ratio(2),
    ratio(5),
    ratio(26),
    feature(
        "stat_hurst_512_exponent", dependence.hurst(one, 512, every=128),
        "exponent", ANY, "Growth of the rescaled range with length; every 128 bars.",
        "Hurst 1951; Mandelbrot and Wallis 1969",
    ),
)  # fmt: skip
