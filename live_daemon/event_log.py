"""The daemon's structured log: one JSON object a line, one event a fact; lossy by design, the journal is not (13.2)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from qts_core.monitoring.log_fields import LOG_EVENTS
from qts_core.ports.clock import Clock

__all__ = ["EventLog"]

SPOKEN: Final = frozenset(
    {"daemon.started", "daemon.stopped", "mode.changed", "alert", "model.swapped", "model.refused", "session.closed"}
)


class EventLog:
    """Writes events to a file and speaks the important ones to the person at the terminal.

    Parameters
    ----------
    path : Path
        Appended to.
    is_quiet : bool
        Whether nothing is spoken.
    """

    def __init__(self, path: Path, *, is_quiet: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._is_quiet = is_quiet
        self._clock: Clock | None = None

    def use(self, clock: Clock) -> None:
        """Stamp events with `clock` from now on."""
        self._clock = clock

    def tell(self, event: str, fields: dict[str, object]) -> None:
        """Log a declared event.

        Raises
        ------
        KeyError
            If the event is not declared in ``LOG_EVENTS``.
        """
        assert event in LOG_EVENTS, event
        at = self._clock.now().isoformat(timespec="milliseconds") if self._clock is not None else None
        try:
            self._file.write(json.dumps({"at": at, "event": event, **fields}, default=str) + "\n")
        except OSError:
            return
        if event in SPOKEN and not self._is_quiet:
            said = " ".join(f"{key}={value}" for key, value in fields.items() if value not in ("", None))
            sys.stderr.write(f"{(at or '')[:19]} {event} {said}\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
