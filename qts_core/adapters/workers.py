"""Which processes are at work: each holds a lock that the system takes away when it ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["LockedWorkers"]


class LockedWorkers:
    """Processes of one machine with a folder; implements `ports.studies.Workers`.

    Parameters
    ----------
    folder : Path
        Made when missing; one small file for each process that lives.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._host = socket.gethostname()
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / name
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._mine = f"{self._host}/{name}"

    @property
    def mine(self) -> str:
        """The name of this process, of no other before or after it."""
        return self._mine

    def has_ended(self, worker: str) -> bool:
        """Return whether that process is surely gone; False for one on another machine, of which nothing is known."""
        host, _, name = worker.rpartition("/")
        if worker == self._mine or host != self._host:
            return False
        try:
            with (self._folder / Path(name).name).open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        with suppress(FileNotFoundError):
            (self._folder / Path(name).name).unlink()
        return True

    def close(self) -> None:
        """Say that this process is done."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
