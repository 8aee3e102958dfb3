"""Limits that hold before anything is unpacked, and the watch over a file while it is read (bad inputs B39 to B47)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError

__all__ = ["MAX_BYTES", "MAX_RATIO", "check_size", "damaged", "file_sha256", "unchanged", "unpacked_limit"]

MAX_BYTES = 2 * 1024**3
"""Most bytes of a file, packed or unpacked."""
MAX_RATIO = 200
"""Most times its packed size that a file may unpack to; bars pack to a third or a tenth."""
RATIO_FROM_BYTES = 64 * 1024**2
"""Below this size the ratio is not asked."""
BLOCK = 1024**2


def unpacked_limit(packed: int) -> int:
    """Return how many bytes a file of `packed` bytes may unpack to."""
    return min(MAX_BYTES, max(RATIO_FROM_BYTES, MAX_RATIO * packed))


def check_size(size: int, limit: int, where: str) -> None:
    """Refuse `size` bytes above `limit`.

    Raises
    ------
    DataValidationError
        If it is larger.
    """
    if size > limit:
        raise DataValidationError(
            "QTS-DATA-010", "the file is too large, or unpacks to too much", where=where,
            found=f"{size} bytes or more", expected=f"at most {limit} bytes ({MAX_RATIO} times its packed size)",
            fix="split the file",
        )  # fmt: skip


def damaged(kind: str, where: str, error: object) -> DataCorruptionError:
    """Return the error of a file whose content its own format contradicts."""
    said = str(error).strip().splitlines()
    return DataCorruptionError(
        "QTS-DATA-003", f"the {kind} file is damaged or cut off", where=where,
        found=said[0] if said else type(error).__name__, fix="get the file again",
    )  # fmt: skip


@contextmanager
def unchanged(path: Path) -> Iterator[str]:
    """Give the sha256 of a file's bytes, and refuse when they are others at the end.

    Raises
    ------
    DataNotFoundError
        If it is not there, cannot be read, or is empty.
    DataValidationError
        If it is no plain file, or larger than ``MAX_BYTES``.
    DataCorruptionError
        If it changes while it is read.
    """
    before, sha256 = _stamp(path), file_sha256(path)
    yield sha256
    if _stamp(path) != before or file_sha256(path) != sha256:
        raise DataCorruptionError(
            "QTS-DATA-011", "the file changed while it was read", where=path.name, fix="try again"
        )


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes.

    Raises
    ------
    DataNotFoundError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        if path.is_dir():
            raise DataNotFoundError("QTS-DATA-001", "a folder was given", where=str(path), expected="a file")
        status = path.stat()
        if not path.is_file():
            raise DataValidationError("QTS-DATA-003", "this is no plain file", where=str(path), expected="a file")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    check_size(status.st_size, MAX_BYTES, path.name)
    if not status.st_size:
        raise DataNotFoundError("QTS-DATA-002", "the file is empty", where=path.name)
    return status.st_size, status.st_mtime_ns, status.st_ino


def _unreadable(path: Path, error: OSError | ValueError) -> DataNotFoundError:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataNotFoundError("QTS-DATA-001", "the file cannot be read", where=str(path), found=said)
