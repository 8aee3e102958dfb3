"""Trouble that lasts, and what the kill table makes of it (10.4, X-06)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from live_daemon.latch import Latches
from live_daemon.paths import LivePaths
from live_daemon.triggers import FLATTEN, LastingTrouble, system_error
from qts_core.config.risk import KillSwitchSettings
from qts_core.risk.kill import Trigger

FEED, BROKER = Trigger.DATA_FEED_FAILURE, Trigger.BROKER_DISCONNECTION
NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


def watched() -> tuple[LastingTrouble, list[tuple[Trigger, str]]]:
    fired: list[tuple[Trigger, str]] = []
    return LastingTrouble(lambda trigger, reason: fired.append((trigger, reason)), {FEED: 60.0, BROKER: 30.0}), fired


def test_a_trouble_fires_once_when_it_has_lasted_and_again_only_after_it_was_over() -> None:
    trouble, fired = watched()
    for second in range(0, 200, 10):
        trouble.look({FEED: "no minute bar"}, float(second))
    assert fired == [(FEED, "no minute bar, for 60 s")]
    trouble.look({}, 200.0)
    for second in range(210, 300, 10):
        trouble.look({FEED: "silent"}, float(second))
    assert [reason for _, reason in fired] == ["no minute bar, for 60 s", "silent, for 60 s"]


def test_trouble_that_comes_and_goes_never_adds_up() -> None:
    trouble, fired = watched()
    for second in range(0, 600, 20):
        trouble.look({BROKER: "timed out"} if second % 40 == 0 else {}, float(second))
    assert fired == []


def test_each_trouble_has_its_own_time() -> None:
    trouble, fired = watched()
    for second in range(0, 70, 5):
        trouble.look({FEED: "silent", BROKER: "away"}, float(second))
    assert [trigger for trigger, _ in fired] == [BROKER, FEED]


@pytest.mark.parametrize(("feed", "broker", "count"), [(300.0, 300.0, 2), (None, 300.0, 1), (None, None, 0)])
def test_a_trigger_without_a_time_never_fires(feed: float | None, broker: float | None, count: int) -> None:
    fired: list[Trigger] = []
    settings = KillSwitchSettings(data_feed_seconds=feed, broker_seconds=broker)
    trouble = LastingTrouble.of(settings, lambda trigger, _: fired.append(trigger))
    for second in (0.0, 299.0, 301.0, 5000.0):
        trouble.look({FEED: "x", BROKER: "y"}, second)
    assert len(fired) == count


def test_a_daemon_that_keeps_dying_is_halted_and_made_flat_only_where_the_table_says(tmp_path: Path) -> None:
    shipped = Latches(LivePaths(tmp_path / "one"))
    system_error(shipped, KillSwitchSettings(), "crash_loop: 5 starts", NOW)
    halted = shipped.halted()
    assert halted is not None
    assert halted.reason == "crash_loop: 5 starts"
    assert shipped.take_requests() == []
    other = Latches(LivePaths(tmp_path / "two"))
    flat = KillSwitchSettings(policy={"system_error": ("cancel_all_orders", "flatten_positions", "halt_trading")})
    system_error(other, flat, "crash_loop: 5 starts", NOW)
    assert [verb for verb, _ in other.take_requests()] == [FLATTEN]


def test_a_request_that_has_to_wait_stays_in_the_mailbox(tmp_path: Path) -> None:
    latches = Latches(LivePaths(tmp_path))
    latches.request(FLATTEN, "why", NOW)
    latches.request("release", "looked", NOW)
    assert [verb for verb, _ in latches.take_requests((FLATTEN,))] == ["release"]
    assert [(verb, latch.reason) for verb, latch in latches.take_requests()] == [(FLATTEN, "why")]
    assert latches.take_requests() == []
