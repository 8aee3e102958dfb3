"""Latches are files: they survive everything and the first reason stays (I8)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from live_daemon.latch import Latches
from live_daemon.paths import LivePaths

NOW = datetime(2024, 12, 31, 15, 0, tzinfo=UTC)


def test_a_kill_survives_a_new_process_and_keeps_its_first_reason(tmp_path: Path) -> None:
    Latches(LivePaths(tmp_path)).kill("first", NOW)
    again = Latches(LivePaths(tmp_path))
    again.kill("second", NOW)
    assert again.is_killed
    found = again.killed()
    assert found is not None
    assert found.reason == "first"
    again.release_kill()
    assert not again.is_killed


def test_a_damaged_latch_counts_as_set(tmp_path: Path) -> None:
    paths = LivePaths(tmp_path)
    paths.folder.mkdir()
    paths.killed.write_text("{not json")
    found = Latches(paths).killed()
    assert found is not None
    assert found.reason == "unreadable latch"


def test_a_request_is_taken_once(tmp_path: Path) -> None:
    latches = Latches(LivePaths(tmp_path))
    latches.request("flatten", "test", NOW)
    assert [(verb, latch.reason) for verb, latch in latches.take_requests()] == [("flatten", "test")]
    assert latches.take_requests() == []


def test_without_files_nothing_is_latched(tmp_path: Path) -> None:
    latches = Latches(LivePaths(tmp_path))
    assert latches.halted() is None
    assert latches.killed() is None
