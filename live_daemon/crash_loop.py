"""A daemon that keeps dying must not keep trading: starts without a clean end are counted, then it halts (F12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from live_daemon.paths import read_json, write_json

__all__ = ["CRASH_LOOP", "StartRecord"]

CRASH_LOOP: Final = "crash_loop"
"""How the reason of such a halt begins."""
STARTS: Final = 5
WINDOW: Final = timedelta(minutes=5)


class StartRecord:
    """The starts of this home since the last clean end, in a file that outlives any crash.

    Parameters
    ----------
    path : Path
        The file; a damaged one counts as empty, for it must never keep a daemon from starting.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, now: datetime) -> str | None:
        """Note a start at `now`.

        Returns
        -------
        str or None
            Why this one must not trade: the latest `STARTS` starts, all within `WINDOW`, had no clean end. Counting
            begins anew then, for the halt that follows is latched.
        """
        earlier = [at for at in self._starts() if now - WINDOW < at <= now]
        if len(earlier) >= STARTS:
            self.end()
            return f"{CRASH_LOOP}: {len(earlier)} starts since {earlier[0]:%H:%M:%S} UTC without a clean end"
        write_json(self._path, {"starts": [at.isoformat() for at in (*earlier, now)]})
        return None

    def end(self) -> None:
        """Note a clean end: nothing before it counts any more."""
        self._path.unlink(missing_ok=True)

    def _starts(self) -> list[datetime]:
        try:
            listed = (read_json(self._path) or {}).get("starts", [])
            return [datetime.fromisoformat(at) for at in listed] if isinstance(listed, list) else []
        except (TypeError, ValueError):
            return []
