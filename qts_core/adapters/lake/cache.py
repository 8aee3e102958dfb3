"""Hot months kept in memory by the hash of their content (specification 5.1: LRU cache of hot data)."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from threading import Lock

import polars as pl

__all__ = ["FrameCache", "shared_cache"]


class FrameCache:
    """Frames that were read and verified, the least recently used forgotten first.

    A file is known by the sha256 of its bytes, so a changed file is another entry and nothing here can be stale.

    Parameters
    ----------
    max_bytes : int
        Memory that the frames may take together; a larger frame is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._frames: OrderedDict[str, tuple[pl.DataFrame, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._frames)

    def get(self, sha256: str) -> pl.DataFrame | None:
        """Return the frame of a file, None when it is not kept. It shares memory, but changing it changes no other."""
        with self._lock:
            found = self._frames.get(sha256)
            if found is None:
                return None
            self._frames.move_to_end(sha256)
            return found[0].clone()

    def put(self, sha256: str, frame: pl.DataFrame) -> None:
        """Keep the verified frame of a file."""
        size = int(frame.estimated_size())
        if size > self.max_bytes:
            return
        with self._lock:
            if sha256 in self._frames:
                return
            self._frames[sha256] = (frame.clone(), size)
            self.bytes += size
            while self.bytes > self.max_bytes:
                _, (_, freed) = self._frames.popitem(last=False)
                self.bytes -= freed


@lru_cache(maxsize=1)
def shared_cache(max_bytes: int) -> FrameCache | None:
    """Return the one cache of this process, None when it may hold nothing."""
    return FrameCache(max_bytes) if max_bytes > 0 else None
