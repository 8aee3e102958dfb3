"""Who says that a metric is computed right: the outside value that a test holds each against (specification 11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["REFEREES", "referee"]

_BY_HAND: Final = "worked by hand"
_EMPYRICAL: Final = "empyrical-reloaded 0.7.1"
_SCIPY: Final = "scipy.stats"
_STATSMODELS: Final = "statsmodels"

REFEREES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "total_return", "annualised_return", "annualised_volatility", "sharpe_ratio", "sortino_ratio",
                "calmar_ratio", "omega_ratio", "max_drawdown", "value_at_risk", "tail_ratio", "beta",
                "information_ratio",
            ),
            _EMPYRICAL,
        ),
        **dict.fromkeys(("skewness", "kurtosis", "t_statistic", "p_value"), _SCIPY),
        **dict.fromkeys(("r_squared", "alpha", "alpha_t", "sharpe_robust_low", "sharpe_robust_high"), _STATSMODELS),
        "sign_test_p": f"{_SCIPY}.permutation_test",
        "probabilistic_sharpe": "the paper's example",
        "deflated_sharpe": "the paper's example",
        "minimum_track_record": "the paper's example",
        "tail_index": "exact quantiles of a Pareto law",
    }
)  # fmt: skip
"""By name; every metric that is not named here is worked by hand in its test."""


def referee(name: str) -> str:
    """Return who judges the metric `name`."""
    return REFEREES.get(name, _BY_HAND)
