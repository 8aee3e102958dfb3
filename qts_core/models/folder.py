"""Folders of bytes: the one place of this floor that touches a disk, because specification 7.1 asks for save and load.

Everything else about a model works on mappings of file names to bytes, which need no disk.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from qts_core.market.errors import ModelLoadError, ModelNotFoundError

__all__ = ["read_folder", "write_folder", "written_bytes"]

LARGEST_FILE_BYTES = 512 * 1024 * 1024
"""A tree model is a few megabytes; a file beyond this is damage or malice, and is not read into memory."""


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` as the folder `path`: complete or not at all, replacing what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = path.with_name(path.name + ".new"), path.with_name(path.name + ".old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    for name, content in files.items():
        (fresh / name).write_bytes(content)
    if path.exists():
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def written_bytes(write: Callable[[str], object]) -> bytes:
    """Return what `write` puts into the file it is told, for libraries that can only write to a disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        write(str(path))
        return path.read_bytes()


def read_folder(path: Path) -> dict[str, bytes]:
    """Return the content of every plain file of the folder `path`.

    Raises
    ------
    ModelNotFoundError
        If there is no such folder.
    ModelLoadError
        If a file is too large to be part of a model.
    """
    if not path.is_dir():
        raise ModelNotFoundError(
            "QTS-MODEL-001", "no model folder", where=str(path), fix="check the path, or train with `qts train`"
        )
    files: dict[str, bytes] = {}
    for entry in sorted(path.iterdir()):
        if not entry.is_file() or entry.is_symlink():
            continue
        if entry.stat().st_size > LARGEST_FILE_BYTES:
            raise ModelLoadError(
                "QTS-MODEL-002", "a model file is too large", where=str(entry), found=entry.stat().st_size,
                expected=f"at most {LARGEST_FILE_BYTES} bytes", fix="fetch the bundle again",
            )  # fmt: skip
        files[entry.name] = entry.read_bytes()
    return files
