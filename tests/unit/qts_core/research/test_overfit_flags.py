"""Signs of overfitting: raised on planted cases, silent on honest ones and where nothing can be judged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_ind

from qts_core.research.overfit_flags import (
    OverfitFlag,
    _advantages,
    few_trades,
    flag_tags,
    high_turnover,
    in_sample_gap,
    parameter_sensitivity,
    regime_dependence,
)

SESSIONS = 300


def turbulent_market(rng: np.random.Generator) -> np.ndarray:
    spread = np.where(np.arange(SESSIONS) // 100 == 1, 0.03, 0.005)
    return np.asarray(spread * rng.standard_normal(SESSIONS))


@pytest.mark.parametrize(
    ("flag", "is_raised"),
    [
        (in_sample_gap([0.5, 0.4], [0.01, 0.0]), True),
        (in_sample_gap([0.2, 0.1], [0.05, 0.05]), False),
        (parameter_sensitivity(2.0, [0.1, -0.2, 0.3]), True),
        (parameter_sensitivity(2.0, [1.8, 1.9, 1.5]), False),
        (few_trades(99), True),
        (few_trades(100), False),
        (high_turnover(2.1), True),
        (high_turnover(2.0), False),
    ],
)
def test_thresholds(flag: OverfitFlag, is_raised: bool) -> None:
    assert flag.applies
    assert flag.is_raised is is_raised


def test_what_cannot_be_judged_is_never_raised() -> None:
    silent = (
        in_sample_gap([0.3], [0.0]),
        in_sample_gap([0.01, 0.0], [-0.1, -0.1]),
        parameter_sensitivity(1.0, []),
        high_turnover(math.nan),
        regime_dependence(np.full(300, -0.001), np.zeros(300)),
        regime_dependence(np.full(30, 0.001), np.zeros(30)),
        regime_dependence(np.full(300, 0.001), np.full(300, np.nan)),
    )
    assert not any(flag.applies or flag.is_raised for flag in silent)
    assert {flag.verdict for flag in silent} == {"not applicable"}


def test_what_is_earned_in_turbulence_alone_is_found_and_a_steady_gain_is_not() -> None:
    rng = np.random.default_rng(3)
    market = turbulent_market(rng)
    turbulent = np.arange(SESSIONS) // 100 == 1
    noise = 0.005 * rng.standard_normal(SESSIONS)
    assert regime_dependence(noise + 0.004 * turbulent, market).is_raised
    steady = regime_dependence(noise - noise.mean() + 0.0015, market)
    assert steady.applies
    assert not steady.is_raised
    assert regime_dependence(noise + 0.004 * turbulent, market) == regime_dependence(noise + 0.004 * turbulent, market)


def test_the_statistic_is_welchs() -> None:
    rng = np.random.default_rng(4)
    values, group = rng.standard_normal(100), rng.random(100) < 0.3
    found = _advantages(values[None, :], group[:, None])[0, 0]
    assert found == pytest.approx(ttest_ind(values[group], values[~group], equal_var=False).statistic)


def test_tags_say_verdict_and_sentence() -> None:
    assert flag_tags([few_trades(12)]) == {"flag.few_trades": "raised: the backtest rests on 12 trades"}
