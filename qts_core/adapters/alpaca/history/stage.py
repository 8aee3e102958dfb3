"""Finished chunks of a download on disk, so that an interrupted one goes on where it stopped.

A chunk counts only when its seal is there and its bytes are those that the seal names. The seal is written last;
both files appear by renaming, so ``kill -9`` at any moment leaves a finished chunk or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from io import BytesIO
from pathlib import Path

import polars as pl

__all__ = ["Stage"]


class Stage:
    """The folder of one request.

    Parameters
    ----------
    folder : Path
        Of this request alone; made when the first chunk is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> pl.DataFrame | None:
        """Return a finished chunk, None when there is none or its bytes are not those that were written."""
        try:
            seal = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            content = (self.folder / f"{name}.parquet").read_bytes()
        except (OSError, ValueError):
            return None
        if not isinstance(seal, dict) or seal.get("sha256") != hashlib.sha256(content).hexdigest():
            return None
        return pl.read_parquet(BytesIO(content))

    def has(self, name: str) -> bool:
        """Return whether a finished chunk is there, without reading it."""
        return (self.folder / f"{name}.json").is_file() and (self.folder / f"{name}.parquet").is_file()

    def keep(self, name: str, frame: pl.DataFrame) -> None:
        """Write a finished chunk durably."""
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = BytesIO()
        frame.write_parquet(buffer, compression="zstd")
        content = buffer.getvalue()
        _write(self.folder / f"{name}.parquet", content)
        seal = {"sha256": hashlib.sha256(content).hexdigest(), "rows": frame.height}
        _write(self.folder / f"{name}.json", json.dumps(seal).encode())

    def clear(self) -> None:
        """Remove every chunk: the lake holds them now."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
