"""Features of your own: copy this file beside features.yaml and name it there, `own: [my_features.py]`."""

from math import log, nan, sqrt

from qts_core.features import feature, kernel, ops

feature(
    "tech_lastmove_20_z",
    ops.zscore(ops.log(ops.close / ops.lag(ops.close, 1)), 20),
    unit="z",
    doc="The last return in standard deviations of the last 20.",
)


@kernel(state=3, warm_up=lambda window: window)
def ewma_volatility(state, x, window: int):
    """Write the root of the weighted mean of squared log returns; the newest weighs 2 / (window + 1)."""
    last, mean, seen = state[0], state[1], state[2]
    state[0], state[2] = x, seen + 1.0
    if seen == 0.0:
        return nan
    change = log(x / last)
    weight = 2.0 / (window + 1.0)
    state[1] = change * change if seen == 1.0 else mean + weight * (change * change - mean)
    return sqrt(state[1]) if seen >= window else nan


for window in (8, 32):
    feature(
        f"tech_ewmavol_{window}_raw",
        ewma_volatility(ops.close, window=window),
        unit="ratio per bar",
        bounds=(0.0, float("inf")),
        doc=f"Volatility, the newest of {window} bars weighing most.",
        source="RiskMetrics Technical Document 1996, section 5.2",
        group="own_volatility",
    )
