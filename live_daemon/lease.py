"""One daemon a home: a lock that dies with the process, and an epoch that fences whoever held it before (F72)."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from qts_core.market.errors import AnotherInstanceError

__all__ = ["InstanceLock", "probe"]


class InstanceLock:
    """An exclusive lock on a file; the kernel releases it however the process ends.

    Raises
    ------
    AnotherInstanceError
        At once, when another process holds it (exit code 4).
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            raise AnotherInstanceError(
                "QTS-LIVE-001", "another daemon owns this home", where=str(path), found=f"process {owner}",
                expected="one daemon", fix="stop it first, or give this one another QTS_HOME and account",
            ) from error  # fmt: skip
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Give the lock back."""
        self._file.close()


def probe(path: Path) -> None:
    """Refuse at once when another process holds the lock, before anything heavy is imported.

    Raises
    ------
    AnotherInstanceError
        If so.
    """
    InstanceLock(path).release()
