"""The thread that notices a blocked event loop (F65)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from live_daemon.watchdog import BLOCKED_SECONDS, Watchdog


class Hand:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def happens(condition: Callable[[], bool], within_seconds: float = 5.0) -> bool:
    """Wait for `condition`."""
    deadline = time.monotonic() + within_seconds
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return condition()


def test_a_loop_that_stops_beating_is_noticed_and_a_beat_makes_it_healthy_again() -> None:
    clock = Hand()
    watchdog = Watchdog(clock)
    watchdog.start()
    clock.seconds += BLOCKED_SECONDS + 0.1
    assert happens(lambda: not watchdog.is_healthy)
    watchdog.beat()
    assert watchdog.is_healthy
    assert watchdog.lag_seconds > BLOCKED_SECONDS - 0.1
    watchdog.stop()


def test_a_clock_that_waits_for_us_needs_no_watching() -> None:
    clock = Hand()
    watchdog = Watchdog(clock)
    watchdog.stand_down()
    watchdog.start()
    clock.seconds += 60.0
    watchdog._thread.join(timeout=5.0)
    assert not watchdog._thread.is_alive()
    assert watchdog.is_healthy
