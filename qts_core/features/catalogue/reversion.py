"""Whether, how fast and how far prices return to a level (specification 6.2)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops import reversion

__all__ = ["FEATURES"]

feature = family("statistical_reversion")
path = ops.log(ops.close)
week = reversion.ornstein_uhlenbeck(path, 130)
month = reversion.ornstein_uhlenbeck(path, 520)
unit_root = reversion.dickey_fuller(path, 260, 4, every=52)
level = reversion.kpss(path, 260, 10, every=52)
OU = "Ornstein-Uhlenbeck by AR(1) regression; statsmodels OLS"
UNIT_ROOT_5, LEVEL_5 = -2.86, 0.463


def crossings(window: int, average: int) -> Node:
    """Return the share of bars on which the close changed sides of its exponential mean."""
    side = ops.sign(ops.close - ops.ema(ops.close, average))
    return 0.5 * ops.sma(abs(ops.difference(side)), window)


pulled = ops.correlation(ops.difference(path), ops.lag(path), 130)

FEATURES = (
    feature("stat_ou_130_persistence", week.persistence, "ratio", ANY, "Slope of log closes on those before.", OU),
    feature("stat_ou_130_speed", week.speed, "per bar", NOT_NEGATIVE, "Speed of return to the level of a week.", OU),
    feature(
        "stat_ou_130_halflife", week.half_life,
        "bars", (0.0, 693.0), "Bars in which half of a distance goes away, at most 693.", OU,
    ),
    feature(
        "stat_ou_520_halflife", month.half_life,
        "bars", (0.0, 693.0), "The same over a month.", OU,
    ),
    feature(
        "stat_ou_130_noise", week.noise,
        "log ratio per root bar", NOT_NEGATIVE, "Diffusion around the level of a week.", OU,
    ),
    feature(
        "stat_ou_130_pull", week.pull,
        "deviations", ANY, "Change expected for the next bar in deviations of the residuals.", OU,
    ),
    feature(
        "stat_ou_130_distance", week.distance,
        "deviations", ANY, "Close from the level in deviations of the stationary distribution.", OU,
    ),
    feature(
        "stat_ou_520_distance", month.distance,
        "deviations", ANY, "The same over a month.", OU,
    ),
    feature(
        "stat_reversion_130_strength", -pulled,
        "correlation", SIGNED, "Correlation of the change with the level before it, sign turned.", "numpy corrcoef",
    ),
    feature(
        "stat_dickeyfuller_130_t", reversion.dickey_fuller_now(path, 130),
        "t statistic", ANY, "Dickey-Fuller t without lags on every bar.",
        "Dickey and Fuller 1979; statsmodels adfuller",
    ),
    feature(
        "stat_meancross_60_fraction", crossings(60, 20),
        "ratio", FRACTION, "Share of 60 bars on which the close crossed its exponential mean of 20.",
        "definition; TA-Lib EMA",
    ),
    feature(
        "stat_adf_260_t", unit_root,
        "t statistic", ANY, "Augmented Dickey-Fuller t, constant, 4 lags; every 52 bars.",
        "Said and Dickey 1984; statsmodels adfuller",
    ),
    feature(
        "stat_kpss_260_statistic", level,
        "statistic", NOT_NEGATIVE, "KPSS of the level, 10 lags; every 52 bars.",
        "Kwiatkowski et al. 1992; statsmodels kpss",
    ),
    feature(
        "stat_stationary_260_sign", ops.above(-unit_root, -UNIT_ROOT_5) - ops.above(level, LEVEL_5),
        "sign", SIGNED, "1 where ADF alone rejects at 5 %, -1 where KPSS alone does, else 0; every 52 bars.",
        "critical values of MacKinnon 2010 and Kwiatkowski et al. 1992",
    ),
)  # fmt: skip
