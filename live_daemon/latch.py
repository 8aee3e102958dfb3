"""Latches and requests as files: no database, no running daemon needed, restarts survived (10.4, F75)."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from live_daemon.paths import LivePaths, read_json, write_json

__all__ = ["Latch", "Latches"]


@dataclass(frozen=True, slots=True)
class Latch:
    """A latch that is set: why, since when, by whom."""

    reason: str
    at: str
    by: str


class Latches:
    """The halt and kill latches and the mailbox of requests."""

    def __init__(self, paths: LivePaths) -> None:
        self._paths = paths

    def halted(self) -> Latch | None:
        """Return the halt latch if set."""
        return _read(self._paths.halted.exists(), read_json(self._paths.halted))

    def killed(self) -> Latch | None:
        """Return the kill latch if set; a damaged file counts as set."""
        return _read(self._paths.killed.exists(), read_json(self._paths.killed))

    @property
    def is_killed(self) -> bool:
        """Whether the kill latch is set: one look at the file system, for the wire gate."""
        return self._paths.killed.exists()

    def halt(self, reason: str, now: datetime) -> None:
        """Set the halt latch; the first reason stays."""
        if not self._paths.halted.exists():
            write_json(self._paths.halted, _content(reason, now))

    def kill(self, reason: str, now: datetime) -> None:
        """Set the kill latch; the first reason stays."""
        if not self._paths.killed.exists():
            write_json(self._paths.killed, _content(reason, now))

    def release_halt(self) -> None:
        """Take the halt latch off."""
        self._paths.halted.unlink(missing_ok=True)

    def release_kill(self) -> None:
        """Take the kill latch off; only a person may ask for that."""
        self._paths.killed.unlink(missing_ok=True)

    def request(self, verb: str, reason: str, now: datetime) -> None:
        """Leave a request for the running daemon."""
        write_json(self._paths.control / f"{verb}.json", _content(reason, now))

    def take_requests(self, waiting: Collection[str] = ()) -> list[tuple[str, Latch]]:
        """Return and remove the requests, but those whose verbs have to wait."""
        if not self._paths.control.is_dir():
            return []
        taken = []
        for path in sorted(self._paths.control.glob("*.json")):
            if path.stem in waiting:
                continue
            latch = _read(True, read_json(path))
            path.unlink(missing_ok=True)
            if latch is not None:
                taken.append((path.stem, latch))
        return taken


def _content(reason: str, now: datetime) -> dict[str, object]:
    who = os.environ.get("USER") or os.environ.get("LOGNAME") or "unknown"
    return {"reason": reason, "at": now.isoformat(), "by": who, "pid": os.getpid()}


def _read(is_set: bool, content: dict[str, object] | None) -> Latch | None:
    if not is_set:
        return None
    content = content or {}
    return Latch(str(content.get("reason", "unreadable latch")), str(content.get("at", "")), str(content.get("by", "")))
