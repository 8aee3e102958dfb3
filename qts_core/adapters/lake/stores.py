"""Where the lake's bytes lie: what a store must do, and a local folder (specification 14.3)."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from qts_core.data.retention import StoredFile
from qts_core.market.errors import DataConflictError, DataConnectionError, DataValidationError

__all__ = ["LOCKS", "LOCK_WAIT_SECONDS", "PART", "FolderStore", "Store", "busy", "unwritable"]

LOCKS = ".locks"
PART = ".part"
LOCK_WAIT_SECONDS = 30.0
LOCK_POLL_SECONDS = 0.01
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Store(Protocol):
    """Named bytes. A write appears whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, None when there are none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of whatever `name` held.

        Raises
        ------
        DataConnectionError
            QTS-DATA-040, if the storage is full or read-only; `name` holds what it held before.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove `name`; no error when it is not there."""
        ...

    def has(self, name: str) -> bool:
        """Return whether `name` holds bytes."""
        ...

    def names(self, folder: str) -> list[str]:
        """Return the names of files and folders directly in `folder`, sorted; hidden ones are left out."""
        ...

    def files(self) -> list[StoredFile]:
        """Return every file, those of interrupted writes too, without locks; sorted by name."""
        ...

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock `name` against other threads and processes.

        Raises
        ------
        DataConflictError
            QTS-DATA-041, if another holds it for too long.
        """
        ...


class FolderStore:
    """A local folder: temporary file, flush to disk, rename, flush the folder; locks that a killed process drops.

    Parameters
    ----------
    root : Path
        Made on the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, None when there are none."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise DataConnectionError(
                "QTS-DATA-001", "a file of the lake cannot be read", where=str(self.root / name), found=error.strerror
            ) from error

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of whatever `name` held."""
        path = self._path(name)
        temporary = path.with_name(f".{path.name}.{uuid4().hex[:12]}{PART}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise unwritable(str(path), error) from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """Remove `name`; no error when it is not there."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(str(self.root / name), error) from error

    def has(self, name: str) -> bool:
        """Return whether `name` holds bytes."""
        return self._path(name).is_file()

    def names(self, folder: str) -> list[str]:
        """Return the names of files and folders directly in `folder`, sorted; hidden ones are left out."""
        try:
            return sorted(p.name for p in self._path(folder).iterdir() if not p.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def files(self) -> list[StoredFile]:
        """Return every file, those of interrupted writes too, without locks; sorted by name."""
        found = []
        for folder, _, names in os.walk(self.root):
            relative = Path(folder).relative_to(self.root)
            if relative.parts[:1] == (LOCKS,):
                continue
            for name in names:
                with suppress(FileNotFoundError):
                    status = (Path(folder) / name).stat()
                    written = datetime.fromtimestamp(status.st_mtime, UTC)
                    found.append(StoredFile((relative / name).as_posix(), status.st_size, written))
        return sorted(found, key=lambda f: f.name)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock `name` against other threads and processes."""
        path = self._path(f"{LOCKS}/{name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        except OSError as error:
            raise unwritable(str(path), error) from error
        with file:
            deadline = time.monotonic() + LOCK_WAIT_SECONDS
            while not _locked(file.fileno()):
                if time.monotonic() >= deadline:
                    raise busy(f"{self.root}/{name}")
                time.sleep(LOCK_POLL_SECONDS)
            yield

    def _path(self, name: str) -> Path:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise DataValidationError("QTS-DATA-012", "a name leads out of the lake", found=name)
        return path


def unwritable(where: str, error: OSError) -> DataConnectionError:
    """Return the error of a storage that takes no more."""
    is_full = error.errno in FULL
    return DataConnectionError(
        "QTS-DATA-040", "the disk is full" if is_full else "the storage cannot be written", where=where,
        found=error.strerror or str(error),
        fix="free space, for example with `qts data gc`; what was stored before is whole" if is_full
        else "make it writable, or choose another QTS_HOME",
    )  # fmt: skip


def busy(where: str) -> DataConflictError:
    """Return the error of a lock that another does not give up."""
    return DataConflictError(
        "QTS-DATA-041", "another process is writing here", where=where,
        found=f"its lock was held for {LOCK_WAIT_SECONDS:g} seconds", fix="try again when it is done",
    )  # fmt: skip


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
