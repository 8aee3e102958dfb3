"""Returns beyond the market's, read from the auxiliary symbol with that role (specification 6.2).

They look at another column, so they are named and proved as cross-sectional ones.
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, family
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("statistical_excess")
one = ops.log_return(ops.close)
market = ops.of_role(one, "market")
beyond = one - market


def excess(bars: int, span: str) -> FeatureSpec:
    """Declare the sum of the returns beyond the market over `bars`."""
    return feature(
        f"cross_excess_{bars}_market", ops.rolling_sum(beyond, bars) if bars > 1 else beyond,
        "log ratio", ANY, f"Return beyond the market's over {span}.", "definition; numpy",
    )  # fmt: skip


FEATURES = (
    excess(1, "one bar"),
    excess(5, "5 bars"),
    excess(26, "the bars of a session"),
    excess(130, "the bars of a week"),
    feature(
        "cross_inforatio_130_market", ops.sma(beyond, 130) / ops.std(beyond, 130),
        "ratio per bar", ANY, "Mean over deviation of the returns beyond the market.",
        "Treynor and Black 1973, Journal of Business 46, 66",
    ),
    feature(
        "cross_alpha_260_market", ops.fitted(one, market, 260) - ops.beta(one, market, 260) * market,
        "log ratio per bar", ANY, "Intercept of the returns on the market's.",
        "Jensen 1968, Journal of Finance 23, 389; statsmodels OLS",
    ),
)  # fmt: skip
