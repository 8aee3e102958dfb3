"""Where the daemon keeps things under ``QTS_HOME/live``; nothing is written elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LivePaths", "read_json", "write_json"]


@dataclass(frozen=True, slots=True)
class LivePaths:
    """The files of one QTS_HOME."""

    home: Path

    @property
    def folder(self) -> Path:
        """The daemon's own folder."""
        return self.home / "live"

    @property
    def lock(self) -> Path:
        """Held by the one daemon of this home."""
        return self.folder / "daemon.lock"

    @property
    def state(self) -> Path:
        """Address and process id of the running daemon."""
        return self.folder / "daemon.json"

    @property
    def exchange(self) -> Path:
        """Address and process id of the embedded exchange."""
        return self.folder / "exchange.json"

    @property
    def exchange_log(self) -> Path:
        """What the embedded exchange says."""
        return self.folder / "exchange.log"

    @property
    def log(self) -> Path:
        """The daemon's structured log, a JSON object a line."""
        return self.folder / "daemon.log"

    @property
    def journal(self) -> Path:
        """The write-ahead journal."""
        return self.folder / "journal.db"

    @property
    def archive(self) -> Path:
        """Journals of accounts that no longer exist."""
        return self.folder / "archive"

    @property
    def halted(self) -> Path:
        """Latch: no entries until resumed."""
        return self.folder / "HALTED"

    @property
    def killed(self) -> Path:
        """Latch: nothing but the closing of positions until a person resets it."""
        return self.folder / "KILLED"

    @property
    def starts(self) -> Path:
        """Starts since the last clean end."""
        return self.folder / "starts.json"

    @property
    def control(self) -> Path:
        """Requests to the running daemon, one file each."""
        return self.folder / "control"

    @property
    def models(self) -> Path:
        """Verified model bundles."""
        return self.folder / "models"

    @property
    def warm(self) -> Path:
        """States of core and features after history, by what they were made from."""
        return self.folder / "warm"

    @property
    def reports(self) -> Path:
        """Daily reports."""
        return self.folder / "reports"


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write `content` durably: temporary file, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(content, file, sort_keys=True, default=str)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> dict[str, object] | None:
    """Return the object in `path`; None when there is no file or no whole object in it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None
