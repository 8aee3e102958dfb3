"""Position value, turnover, and limits that are felt before they are reached."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qts_core.portfolio.sizing.limits import SoftLimit, within_position_value, within_turnover


def test_no_position_is_worth_more_than_the_limit() -> None:
    assert within_position_value(np.array([0.3, -0.2, 0.05]), 100_000, 10_000).tolist() == [0.1, -0.1, 0.05]
    assert within_position_value(np.array([0.3]), 0.0, 10_000).tolist() == [0.0]


def test_turnover_cuts_what_is_added_and_never_what_is_reduced() -> None:
    current = np.array([0.10, 0.00, 0.05, 0.04])
    target = np.array([0.02, 0.10, -0.05, 0.04])
    # reduced 0.08 + 0.05, so of 0.20 with 0.02 traded 0.05 is left for additions of 0.10 + 0.05
    found, verdicts = within_turnover(target, current, traded_today=0.02, max_daily_turnover=0.20)
    assert found.tolist() == pytest.approx([0.02, 0.1 / 3, -0.05 / 3, 0.04])
    assert [v.name for v in verdicts] == ["limit.turnover"]
    assert np.abs(found - current).sum() == pytest.approx(0.18)


def test_turnover_within_the_limit_changes_nothing() -> None:
    target = np.array([0.1, 0.2])
    found, verdicts = within_turnover(target, np.zeros(2), 0.05, 0.36)
    assert found is target
    assert verdicts == []


def test_an_exhausted_turnover_still_lets_positions_be_closed() -> None:
    found, _ = within_turnover(np.array([0.0, 0.3]), np.array([0.2, 0.1]), 5.0, 1.0)
    assert found.tolist() == [0.0, 0.1]


def test_a_soft_limit_is_a_line_from_its_start_to_its_floor() -> None:
    soft = SoftLimit(limit=0.30, start_ratio=0.5, floor=0.2)
    assert [soft.factor(x) for x in (0.0, 0.15, 0.225, 0.30, 9.0)] == pytest.approx([1.0, 1.0, 0.6, 0.2, 0.2])
    assert soft.factor(math.nan) == 0.2


def test_a_soft_limit_is_felt_earlier_in_a_volatile_market() -> None:
    soft = SoftLimit(limit=0.30, start_ratio=0.5)
    assert soft.factor(0.15, stress=2.0) == pytest.approx(1.0 - 0.075 / 0.225)
    assert soft.factor(0.15, stress=0.5) == 1.0
    assert soft.factor(0.15, stress=math.nan) == 0.0


def test_a_soft_limit_shrinks_additions_only() -> None:
    soft = SoftLimit(limit=1.0, start_ratio=0.5)
    found = soft.soften(np.array([0.3, 0.1, -0.2]), np.array([0.1, 0.2, 0.1]), used=0.75)
    assert found.tolist() == pytest.approx([0.2, 0.1, -0.1])
