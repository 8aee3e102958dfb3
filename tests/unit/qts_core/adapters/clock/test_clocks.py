"""Clocks: aware, scaled, and lockstep that never goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qts_core.adapters.clock import LockstepClock, ScaledClock, SystemClock

START = datetime(2024, 12, 31, 14, 30, tzinfo=UTC)


def test_the_system_clock_is_aware_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_scaled_clock_runs_its_factor_times_as_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    real = iter([100.0, 101.5, 103.0, 103.0])
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: next(real))
    clock = ScaledClock(START, 60.0)
    assert clock.now() == START + timedelta(seconds=90)
    clock.synchronise(START)
    assert clock.now() == START


def test_a_lockstep_clock_moves_only_when_told_and_never_back() -> None:
    clock = LockstepClock(START)
    assert clock.now() == START
    assert clock.speed == 0.0
    clock.set(START + timedelta(minutes=1))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(START)
