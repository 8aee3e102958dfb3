"""Signs of overfitting: raised on planted cases, silent on honest ones and where nothing can be judged."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import ttest_ind

from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline
from qts_core.research.overfit_flags import (
    OverfitFlag,
    _advantages,
    few_trades,
    flag_tags,
    high_turnover,
    in_sample_gap,
    parameter_sensitivity,
    regime_dependence,
    session_turbulence,
)

SESSIONS = 300


def alternating(sessions: int) -> Panel:
    """Two symbols whose closes go up and down by one dollar."""
    first = date(2024, 3, 4)
    line = Timeline.between(xnys(), first, first + timedelta(days=sessions - 1), bar_minutes=15)
    closes = np.repeat(np.where(np.arange(len(line)) % 2, 101.0, 100.0)[:, None], 2, axis=1)
    names = ("open", "high", "low", "close", "volume", "factor")
    return Panel(line, ("A", "B"), {name: closes if name == "close" else np.ones_like(closes) for name in names})


def turbulent_market(rng: np.random.Generator) -> np.ndarray:
    spread = np.where(np.arange(SESSIONS) // 100 == 1, 0.03, 0.005)
    return np.asarray(spread * rng.standard_normal(SESSIONS))


@pytest.mark.parametrize(
    ("flag", "is_raised"),
    [
        (in_sample_gap([0.5, 0.4], [0.01, 0.0]), True),
        (in_sample_gap([0.2, 0.1], [0.05, 0.05]), False),
        (in_sample_gap([0.09, 0.07], [0.01, 0.0]), False),
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


def test_short_bursts_of_turbulence_are_found_where_moves_within_the_session_are_known() -> None:
    rng = np.random.default_rng(5)
    wild = np.arange(SESSIONS) % 20 < 6
    bars = np.where(wild, 0.02, 0.005)[:, None] * rng.standard_normal((SESSIONS, 26)) / math.sqrt(26)
    returns = 0.005 * rng.standard_normal(SESSIONS) + 0.004 * wild
    market, moved = bars.sum(axis=1), np.sqrt((bars**2).sum(axis=1))
    assert regime_dependence(returns, market, moved).is_raised
    assert not regime_dependence(returns, market).is_raised


def test_turbulence_is_the_root_of_the_squared_moves_of_a_session() -> None:
    panel = alternating(sessions=3)
    days = np.unique(panel.timeline.session)
    found = session_turbulence(panel, np.append(days, days[-1] + 1).astype(np.int32))
    # the closes go 100, 101, 100, ... without end, and the first of all has none before it
    up, down = 0.01, 1 / 101
    bars = np.full(26, up)
    bars[::2] = down
    assert found[1:3] == pytest.approx([math.sqrt((bars**2).sum())] * 2)
    assert found[0] == pytest.approx(math.sqrt((bars[1:] ** 2).sum()))
    assert math.isnan(found[3])


def test_the_statistic_is_welchs() -> None:
    rng = np.random.default_rng(4)
    values, group = rng.standard_normal(100), rng.random(100) < 0.3
    found = _advantages(values[None, :], group[:, None])[0, 0]
    assert found == pytest.approx(ttest_ind(values[group], values[~group], equal_var=False).statistic)


def test_tags_say_verdict_and_sentence() -> None:
    assert flag_tags([few_trades(12)]) == {"flag.few_trades": "raised: the backtest rests on 12 trades"}
