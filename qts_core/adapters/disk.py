"""What QTS_HOME takes on disk, by area and by file (checklist C-35)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from qts_core.data.retention import Removal, StoredFile

__all__ = ["areas_of", "delete_files", "stored_files"]


def stored_files(root: Path, folder: Path | None = None) -> tuple[StoredFile, ...]:
    """Return the files of `folder` (of `root` by default) by their path below `root`, sorted; links are left out."""
    found = []
    for place, _, names in os.walk(root if folder is None else folder):
        for name in names:
            path = Path(place) / name
            with suppress(FileNotFoundError):
                status = path.lstat()
                if not path.is_symlink():
                    written = datetime.fromtimestamp(status.st_mtime, UTC)
                    found.append(StoredFile(Path(os.path.relpath(path, root)).as_posix(), status.st_size, written))
    return tuple(sorted(found, key=lambda f: f.name))


def areas_of(files: Iterable[StoredFile]) -> dict[str, int]:
    """Return the bytes of each folder or file directly under the root, largest first."""
    sums: dict[str, int] = {}
    for file in files:
        area = file.name.split("/", 1)[0]
        sums[area] = sums.get(area, 0) + file.bytes
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def delete_files(root: Path, removals: Iterable[Removal]) -> tuple[Removal, ...]:
    """Delete files below `root` and return those that went."""
    gone = []
    for removal in removals:
        with suppress(FileNotFoundError):
            (root / removal.name).unlink()
            gone.append(removal)
    return tuple(gone)
