"""Correlation with volatility, rates, the dollar and gold, and whether it changes (specification 6.4).

They are read from auxiliary symbols that stand for them; features of one that is absent are switched off.
"""

from __future__ import annotations

from math import sqrt

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("cross_intermarket")
MIDDLE, LONG = 130, 520
one = ops.log_return(ops.close)
market = ops.of_role(one, "market")
NAMES = {
    "volatility": "volatility futures",
    "rates": "long government bonds",
    "dollar": "the dollar",
    "gold": "gold",
}


def fisher(r: Node) -> Node:
    """Return Fisher's transform of a correlation, in which its error does not depend on its size."""
    held = ops.clip(r, -0.999999, 0.999999)
    return 0.5 * ops.log((1.0 + held) / (1.0 - held))


def change(x: Node, y: Node) -> Node:
    """Return the correlation of a week less that of a month, in the standard errors of independent windows."""
    error = sqrt(1.0 / (MIDDLE - 3.0) + 1.0 / (LONG - 3.0))
    return (fisher(ops.correlation(x, y, MIDDLE)) - fisher(ops.correlation(x, y, LONG))) / error


def of(role: str) -> tuple[FeatureSpec, ...]:
    """Declare what is said of one role."""
    other, name = ops.of_role(one, role), NAMES[role]
    return (
        *(
            feature(
                f"cross_{role}corr_{bars}_correlation", ops.correlation(one, other, bars),
                "correlation", SIGNED, f"Correlation with {name} over {bars} bars.", "numpy corrcoef",
            )
            for bars in (MIDDLE, LONG)
        ),
        feature(
            f"cross_{role}corr_{MIDDLE}_change", change(one, other),
            "errors", ANY, f"Correlation with {name} of a week less that of a month, in standard errors.",
            "Fisher 1921, Metron 1, 3",
        ),
        feature(
            f"cross_{role}corr_{MIDDLE}_partial", ops.partial_correlation(one, other, market, MIDDLE),
            "correlation", SIGNED, f"Correlation with {name} that the market does not explain.",
            "Yule 1907; statsmodels OLS residuals",
        ),
    )  # fmt: skip


def lead(role: str) -> FeatureSpec:
    """Declare whether the bar before of a role says something of this one."""
    return feature(
        f"cross_{role}lead_{MIDDLE}_correlation", ops.correlation(one, ops.lag(ops.of_role(one, role)), MIDDLE),
        "correlation", SIGNED, f"Correlation with {NAMES[role]} one bar before.", "numpy corrcoef",
    )  # fmt: skip


FEATURES = (
    *(spec for role in NAMES for spec in of(role)),
    lead("volatility"),
    lead("rates"),
    feature(
        f"cross_marketcorr_{MIDDLE}_change", change(one, market),
        "errors", ANY, "Correlation with the market of a week less that of a month, in standard errors.",
        "Fisher 1921, Metron 1, 3",
    ),
    feature(
        "cross_volatilitybeta_260_slope", ops.beta(one, ops.of_role(one, "volatility"), 260),
        "ratio", ANY, "Slope on volatility futures over two weeks.",
        "Ang, Hodrick, Xing and Zhang 2006, Journal of Finance 61, 259; numpy lstsq",
    ),
    feature(
        "cross_ratesbeta_260_slope", ops.beta(one, ops.of_role(one, "rates"), 260),
        "ratio", ANY, "Slope on long government bonds over two weeks.", "numpy lstsq",
    ),
)  # fmt: skip
