"""The lake on any fsspec file system: ``s3://``, ``gs://``, ``memory://`` ... (specification 14.3)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from qts_core.adapters.lake.stores import LOCK_WAIT_SECONDS, LOCKS, busy, unwritable
from qts_core.data.retention import StoredFile
from qts_core.market.errors import DataConnectionError

__all__ = ["LOCK_LIFE", "ObjectStore"]

LOCK_LIFE = timedelta(minutes=10)
"""A lock older than this was left by a process that died; no month takes so long to write."""

LOCK_POLL_SECONDS = 0.05
TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")
"""Where file systems tell when a file was written."""


class ObjectStore:
    """Files of an fsspec file system, whose puts are atomic by themselves.

    Parameters
    ----------
    url : str
        Such as ``s3://bucket/qts``.

    Raises
    ------
    DataConnectionError
        If its fsspec package is missing.
    """

    def __init__(self, url: str) -> None:
        import fsspec  # type: ignore[import-untyped]  # carries no types

        try:
            self.files_of: Any = fsspec.core.url_to_fs(url)[0]  # fsspec carries no types
        except (ImportError, ValueError) as error:
            raise DataConnectionError(
                "QTS-DATA-001", "this kind of storage cannot be used", where=url, found=str(error),
                fix="install the fsspec package of that storage",
            ) from error  # fmt: skip
        self.url = url
        self.root = str(fsspec.core.url_to_fs(url)[1]).rstrip("/")

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, None when there are none."""
        try:
            return bytes(self.files_of.cat_file(f"{self.root}/{name}"))
        except (FileNotFoundError, IsADirectoryError):
            return None
        except OSError as error:
            raise DataConnectionError(
                "QTS-DATA-001", "a file of the lake cannot be read", where=f"{self.url}/{name}", found=str(error)
            ) from error

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of whatever `name` held."""
        try:
            self.files_of.pipe_file(f"{self.root}/{name}", data)
        except OSError as error:
            raise unwritable(f"{self.url}/{name}", error) from error

    def delete(self, name: str) -> None:
        """Remove `name`; no error when it is not there."""
        try:
            self.files_of.rm_file(f"{self.root}/{name}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise unwritable(f"{self.url}/{name}", error) from error

    def has(self, name: str) -> bool:
        """Return whether `name` holds bytes."""
        return bool(self.files_of.isfile(f"{self.root}/{name}"))

    def names(self, folder: str) -> list[str]:
        """Return the names of files and folders directly in `folder`, sorted; hidden ones are left out."""
        self.files_of.invalidate_cache()
        path = f"{self.root}/{folder}".rstrip("/")
        if not self.files_of.exists(path):
            return []
        found = (str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in self.files_of.ls(path, detail=False))
        return sorted(name for name in found if not name.startswith("."))

    def files(self) -> list[StoredFile]:
        """Return every file, without locks; sorted by name."""
        self.files_of.invalidate_cache()
        found = []
        for path, info in self.files_of.find(self.root, detail=True).items():
            name = str(path)[len(self.root) :].lstrip("/")
            if not name.startswith(f"{LOCKS}/"):
                found.append(StoredFile(name, int(info.get("size") or 0), _written(info)))
        return sorted(found, key=lambda f: f.name)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock `name`: an object that only one can create.

        Where the storage has no exclusive creation, two writers may both believe they hold it; each month then is
        what one of them wrote, whole.
        """
        path, token = f"{self.root}/{LOCKS}/{name}", uuid4().hex.encode()
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        while not self._created(path, token):
            self._drop_stale(path)
            if time.monotonic() >= deadline:
                raise busy(f"{self.url}/{name}")
            time.sleep(LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            if self.read(f"{LOCKS}/{name}") == token:
                self.delete(f"{LOCKS}/{name}")

    def _created(self, path: str, token: bytes) -> bool:
        try:
            self.files_of.pipe_file(path, token, mode="create")
            return bytes(self.files_of.cat_file(path)) == token
        except (FileExistsError, FileNotFoundError):
            return False
        except OSError as error:
            raise unwritable(f"{self.url}/{LOCKS}", error) from error

    def _drop_stale(self, path: str) -> None:
        try:
            written = _written(self.files_of.info(path))
            if written is not None and datetime.now(UTC) - written > LOCK_LIFE:
                self.files_of.rm_file(path)
        except FileNotFoundError:
            return


def _written(info: Mapping[str, object]) -> datetime | None:
    """Return when a file was written, as far as its file system tells."""
    for key in TIMES:
        value = info.get(key)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return None
