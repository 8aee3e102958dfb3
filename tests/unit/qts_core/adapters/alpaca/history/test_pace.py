"""No minute, wherever it begins, holds more requests than the budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.adapters.alpaca.history.pace import RequestBudget


class Time:
    """Seconds that pass only by waiting."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wait(self, seconds: float) -> None:
        """Let seconds pass."""
        self.now += seconds


def budget_of(per_minute: int, time: Time) -> RequestBudget:
    return RequestBudget(per_minute, monotonic=lambda: time.now, wait=time.wait)


@given(per_minute=st.integers(1, 20), pauses=st.lists(st.floats(0.0, 70.0, allow_nan=False), min_size=1, max_size=80))
def test_sixty_seconds_never_hold_more_than_the_budget(per_minute: int, pauses: list[float]) -> None:
    time = Time()
    budget = budget_of(per_minute, time)
    sent = []
    for pause in pauses:
        time.wait(pause)
        budget.take()
        sent.append(time.now)
    # Each request lies a minute behind the one that many before it; rounding aside.
    for i in range(per_minute, len(sent)):
        assert sent[i] - sent[i - per_minute] >= 60.0 - 1e-6


def test_a_free_budget_does_not_wait() -> None:
    time = Time()
    budget = budget_of(3, time)
    assert [budget.take() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert budget.take() == 60.0


def test_a_closed_budget_waits_and_never_longer_than_a_minute() -> None:
    time = Time()
    budget = budget_of(100, time)
    budget.close_for(7.0)
    assert budget.take() == 7.0
    budget.close_for(3600.0)
    assert budget.take() == 60.0


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        budget_of(0, Time())
