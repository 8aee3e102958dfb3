"""Lines and parabolas through log closes on time (specification 6.2)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.ops.regression import line, parabola

__all__ = ["FEATURES"]

feature = family("statistical_regression")
path = ops.log(ops.close)
one = ops.log_return(ops.close)
session, month, quarter_day = line(path, 60), line(path, 260), line(path, 20)
bow, wide_bow = parabola(path, 60), parabola(path, 260)

# A half turn is seen on the bar after which the bend of the last 60 closes has the other sign.
turned = 0.5 * ops.difference(ops.sign(bow.curvature))
OLS, FIT = "statsmodels OLS", "numpy polyfit"

FEATURES = (
    feature("stat_line_60_slope", session.slope, "log ratio per bar", ANY, "Slope of 60 log closes on time.", OLS),
    feature("stat_line_260_slope", month.slope, "log ratio per bar", ANY, "Slope of 260 log closes on time.", OLS),
    feature("stat_line_20_t", quarter_day.t, "t statistic", ANY, "Slope over its error, 20 log closes.", OLS),
    feature("stat_line_60_t", session.t, "t statistic", ANY, "Slope over its error, 60 log closes.", OLS),
    feature("stat_line_260_t", month.t, "t statistic", ANY, "Slope over its error, 260 log closes.", OLS),
    feature("stat_line_20_rsquared", quarter_day.r_squared, "ratio", FRACTION, "Share a line explains of 20.", OLS),
    feature("stat_line_260_rsquared", month.r_squared, "ratio", FRACTION, "Share a line explains of 260.", OLS),
    feature(
        "stat_line_20_residual", quarter_day.residual / quarter_day.error,
        "deviations", ANY, "Log close from its 20-bar line in standard errors.", OLS,
    ),
    feature(
        "stat_line_260_residual", month.residual / month.error,
        "deviations", ANY, "Log close from its 260-bar line in standard errors.", OLS,
    ),
    feature("stat_line_60_error", session.error, "log ratio", NOT_NEGATIVE, "Standard error of the 60-bar line.", OLS),
    feature(
        "stat_line_60_slopeerror", session.slope_error,
        "log ratio per bar", NOT_NEGATIVE, "Standard error of the slope of 60 log closes.", OLS,
    ),
    feature(
        "stat_parabola_60_velocity", bow.velocity / ops.std(one, 60),
        "deviations", ANY, "Slope at the end of the 60-bar parabola over the deviation of returns.", FIT,
    ),
    feature(
        "stat_parabola_60_curvature", 60.0 * bow.curvature / ops.std(one, 60),
        "deviations", ANY, "Change of slope over a 60-bar parabola over the deviation of returns.", FIT,
    ),
    feature(
        "stat_parabola_260_curvature", 260.0 * wide_bow.curvature / ops.std(one, 260),
        "deviations", ANY, "Change of slope over a 260-bar parabola over the deviation of returns.", FIT,
    ),
    feature(
        "stat_parabola_60_residual", bow.residual / ops.std(one, 60),
        "deviations", ANY, "Log close from its 60-bar parabola over the deviation of returns.", FIT,
    ),
    feature(
        "stat_parabola_60_gain", bow.gain,
        "ratio", FRACTION, "Share of variance the 60-bar parabola explains beyond the line.", FIT,
    ),
    feature(
        "stat_inflection_60_sign", turned,
        "sign", SIGNED, "1 on the bar where the 60-bar bend turns upward, -1 downward, else 0.", FIT,
    ),
    feature(
        "stat_inflection_60_rate", ops.sma(abs(turned), 60),
        "ratio", FRACTION, "Share of 60 bars on which the 60-bar bend turned.", FIT,
    ),
)  # fmt: skip
