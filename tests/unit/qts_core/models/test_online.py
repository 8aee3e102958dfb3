"""Adaptive levels follow the paper's update, keep its bound against any adversary, and tell what they promised."""

from __future__ import annotations

import json
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.models.online import EMPTY, UNBOUNDED, Issued, OnlineLevels, moved, radii


def promise(centre: list[float], radius: list[float]) -> Issued:
    nothing = np.full(len(centre), np.nan)
    return Issued(np.array(centre), np.array(radius), nothing, nothing, np.ones(len(centre)))


def test_the_level_moves_by_equation_two() -> None:
    one = moved({}, np.array([1.0, 0.0, 0.0, np.nan]), ["", "", "", ""], alpha=0.1, rate=0.05)
    assert one[""] == pytest.approx(0.1 + 0.05 * (0.1 - 1.0 / 3.0))
    two = moved(one, np.zeros(4), ["", "", "", ""], alpha=0.1, rate=0.05)
    assert two[""] == pytest.approx(one[""] + 0.05 * 0.1)


def test_groups_move_by_themselves_and_unknown_outcomes_move_nothing() -> None:
    found = moved({"a": 0.2}, np.array([1.0, np.nan]), ["a", "b"], alpha=0.1, rate=0.1)
    assert found == {"a": pytest.approx(0.2 - 0.09)}


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**31),
    st.sampled_from([0.005, 0.02, 0.2]),
    st.sampled_from([0, 1, 5, 27]),
    st.sampled_from([0.1, 0.5]),
)
def test_against_any_adversary_the_share_of_misses_is_within_the_bound(
    seed: int, rate: float, delay: int, alpha: float
) -> None:
    """An adversary decides each outcome; only that nothing misses an unbounded interval and all miss an empty one."""
    rng = np.random.default_rng(seed)
    levels: dict[str, float] = {}
    waiting: deque[float] = deque()
    misses: list[float] = []
    steps = 800
    mood = rng.random()
    for step in range(steps):
        if len(waiting) > delay:
            miss = waiting.popleft()
            levels = moved(levels, np.array([miss]), [""], alpha=alpha, rate=rate)
            misses.append(miss)
        if step % 200 == 0:
            mood = rng.choice([0.0, 1.0, rng.random()])
        now = levels.get("", alpha)
        waiting.append(0.0 if now <= 0.0 else 1.0 if now >= 1.0 else float(rng.random() < mood))
    bound = (max(alpha, 1.0 - alpha) + rate * (1 + delay)) / (rate * len(misses))
    assert abs(np.mean(misses) - alpha) <= bound + 1e-9


def test_radii_are_numbers_that_json_can_hold() -> None:
    found = radii(np.array([2.0, np.inf, -np.inf, 1.0]), np.array([0.5, 1.0, 1.0, np.nan]))
    assert found[:3].tolist() == [1.0, UNBOUNDED, EMPTY]
    assert np.isnan(found[3])
    assert json.loads(json.dumps(found[:3].tolist(), allow_nan=False)) == found[:3].tolist()


def test_misses_are_told_and_the_edge_is_inside() -> None:
    issued = promise([0.0, 0.0, 0.0, 0.5], [1.0, 1.0, EMPTY, np.nan])
    assert issued.missed_interval(np.array([1.0, -1.01, 0.0, 0.5]))[:3].tolist() == [0.0, 1.0, 1.0]
    assert np.isnan(issued.missed_interval(np.array([np.nan, 0, 0, 0.5]))[[0, 3]]).all()


def test_a_relative_outcome_is_taken_against_members_alone() -> None:
    zero = np.zeros(3)
    issued = Issued(zero, zero, zero, zero, np.array([1.0, 1.0, np.nan]))
    np.testing.assert_allclose(issued.outcome(np.array([0.02, 0.04, 0.9]), is_relative=True), [-0.01, 0.01, 0.87])
    assert issued.outcome(np.array([0.02, 0.04, 0.9]), is_relative=False).tolist() == [0.02, 0.04, 0.9]


def test_a_set_misses_the_direction_that_it_does_not_hold() -> None:
    nothing = np.full(3, np.nan)
    issued = Issued(nothing, nothing, np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]), np.ones(3))
    assert issued.missed_set(np.array([0.01, 0.01, -0.01])).tolist() == [0.0, 1.0, 0.0]
    assert issued.missed_set(np.array([-0.01, 0.0, np.nan]))[:2].tolist() == [1.0, 0.0]


def test_state_travels_exactly() -> None:
    levels = OnlineLevels()
    levels.intervals, levels.sets = {"a": 0.1 + 1e-17, "": 1.0 / 3.0}, {"": -0.2}
    levels.waiting.append(promise([0.1, np.nan], [UNBOUNDED, EMPTY]))
    text = json.dumps(levels.snapshot(), allow_nan=False)
    again = OnlineLevels()
    again.restore(json.loads(text))
    assert json.dumps(again.snapshot()) == text
    assert again.intervals == levels.intervals
