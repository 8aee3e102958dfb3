"""Where the lake's bytes lie: a local folder, or any fsspec URL (specification 14.3)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from qts_core.market.errors import DataConnectionError, DataValidationError

__all__ = ["FolderStore", "ObjectStore", "Store", "open_store"]


class Store(Protocol):
    """Named bytes. A write appears whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, None when there are none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of whatever `name` held."""
        ...

    def delete(self, name: str) -> None:
        """Remove `name`; no error when it is not there."""
        ...

    def names(self, folder: str) -> list[str]:
        """Return the names of files and folders directly in `folder`, sorted."""
        ...


class FolderStore:
    """A local folder: temporary file, flush to disk, rename."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, None when there are none."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of whatever `name` held."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid4().hex[:12]}.part")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """Remove `name`; no error when it is not there."""
        self._path(name).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """Return the names of files and folders directly in `folder`, sorted."""
        try:
            return sorted(p.name for p in self._path(folder).iterdir() if not p.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _path(self, name: str) -> Path:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise DataValidationError("QTS-DATA-012", "a name leads out of the lake", found=name)
        return path


class ObjectStore:
    """Any fsspec file system (``s3://``, ``gs://``, ``memory://`` ...), whose puts are atomic by themselves."""

    def __init__(self, url: str) -> None:
        import fsspec  # type: ignore[import-untyped]  # carries no types

        try:
            self.files: Any = fsspec.core.url_to_fs(url)[0]  # fsspec carries no types
        except (ImportError, ValueError) as error:
            raise DataConnectionError(
                "QTS-DATA-001", "this kind of storage cannot be used", where=url, found=str(error),
                fix="install the fsspec package of that storage",
            ) from error  # fmt: skip
        self.root = str(fsspec.core.url_to_fs(url)[1]).rstrip("/")

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name`, None when there are none."""
        try:
            return bytes(self.files.cat_file(f"{self.root}/{name}"))
        except (FileNotFoundError, IsADirectoryError):
            return None

    def write(self, name: str, data: bytes) -> None:
        """Put `data` in place of whatever `name` held."""
        self.files.pipe_file(f"{self.root}/{name}", data)

    def delete(self, name: str) -> None:
        """Remove `name`; no error when it is not there."""
        if self.files.exists(f"{self.root}/{name}"):
            self.files.rm_file(f"{self.root}/{name}")

    def names(self, folder: str) -> list[str]:
        """Return the names of files and folders directly in `folder`, sorted."""
        self.files.invalidate_cache()
        path = f"{self.root}/{folder}".rstrip("/")
        if not self.files.exists(path):
            return []
        return sorted(str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in self.files.ls(path, detail=False))


def open_store(root: str | Path) -> Store:
    """Return the store of `root`: a folder, or an fsspec URL when it holds ``://``."""
    if isinstance(root, str) and "://" in root:
        return ObjectStore(root)
    return FolderStore(Path(root))
