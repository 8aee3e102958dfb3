"""Five starts in five minutes without a clean end, and the sixth does not trade (F12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from live_daemon.crash_loop import CRASH_LOOP, StartRecord

NOW = datetime(2024, 12, 31, 15, 0, tzinfo=UTC)


@pytest.fixture
def record(tmp_path: Path) -> StartRecord:
    return StartRecord(tmp_path / "live" / "starts.json")


def crash(record: StartRecord, times: int, *, every: timedelta) -> datetime:
    """Start `times` times without an end; return when the next start would be."""
    for i in range(times):
        assert record.begin(NOW + i * every) is None, f"start {i + 1}"
    return NOW + times * every


def test_the_sixth_start_in_five_minutes_is_told_why_it_must_not_trade(record: StartRecord) -> None:
    following = crash(record, 5, every=timedelta(seconds=50))
    reason = record.begin(following)
    assert reason == f"{CRASH_LOOP}: 5 starts since 15:00:00 UTC without a clean end"


def test_five_starts_spread_over_more_than_five_minutes_are_no_loop(record: StartRecord) -> None:
    crash(record, 12, every=timedelta(seconds=60))


def test_a_clean_end_forgives_what_was_before(record: StartRecord) -> None:
    following = crash(record, 5, every=timedelta(seconds=1))
    record.end()
    assert record.begin(following) is None


def test_counting_begins_anew_after_a_halt_because_that_is_latched(record: StartRecord) -> None:
    following = crash(record, 5, every=timedelta(seconds=1))
    assert record.begin(following)
    assert record.begin(following + timedelta(seconds=1)) is None


@pytest.mark.parametrize("content", ["", "{not json", '{"starts": 3}', '{"starts": [3]}', '{"starts": ["yesterday"]}'])
def test_a_damaged_record_never_keeps_a_daemon_from_starting(tmp_path: Path, content: str) -> None:
    path = tmp_path / "starts.json"
    path.write_text(content)
    assert StartRecord(path).begin(NOW) is None


def test_a_clock_set_back_does_not_count_starts_of_the_future(record: StartRecord) -> None:
    crash(record, 5, every=timedelta(seconds=1))
    assert record.begin(NOW - timedelta(hours=1)) is None
