"""What tests of the lake share: small frames of bars with revisions, and a store that fails when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import polars as pl

from qts_core.adapters.lake.stores import Store
from qts_core.data.retention import StoredFile

__all__ = ["MONTH", "START", "TABLE", "FailingStore", "Row", "StoreFailed", "bars", "instant"]

START = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
TABLE = "raw_bars"
MONTH = "2024-03"
Row = tuple[str, int, int, float]
"""Symbol, number of the bar, number of the bar at whose end it was known, close."""
INSTANT = pl.Datetime("us", "UTC")


def instant(number: int) -> datetime:
    """Return the start of the `number`-th bar."""
    return START + timedelta(minutes=15 * number)


def bars(rows: Sequence[Row]) -> pl.DataFrame:
    """Return rows of a table that keeps both times."""
    return pl.DataFrame(
        {
            "symbol": [r[0] for r in rows],
            "ts_event": [instant(r[1]) for r in rows],
            "ts_known": [instant(r[2]) for r in rows],
            "close": [r[3] for r in rows],
        },
        schema={"symbol": pl.String(), "ts_event": INSTANT, "ts_known": INSTANT, "close": pl.Float64()},
    )


class StoreFailed(Exception):
    """The end of the process, as far as the lake can tell."""


class FailingStore:
    """A store whose n-th change never happens, or happens and is the last thing that does.

    Parameters
    ----------
    inner : Store
        Does the work.
    fails_at : int
        Number of the write or deletion at which it ends, from 0.
    happens : bool
        Whether that change still reaches the storage.
    """

    def __init__(self, inner: Store, fails_at: int, *, happens: bool) -> None:
        self.inner = inner
        self.left = fails_at
        self.happens = happens
        self.has_failed = False

    def read(self, name: str) -> bytes | None:
        return self.inner.read(name)

    def write(self, name: str, data: bytes) -> None:
        if self._is_last():
            if self.happens:
                self.inner.write(name, data)
            raise StoreFailed
        self.inner.write(name, data)

    def delete(self, name: str) -> None:
        if self._is_last():
            if self.happens:
                self.inner.delete(name)
            raise StoreFailed
        self.inner.delete(name)

    def has(self, name: str) -> bool:
        return self.inner.has(name)

    def names(self, folder: str) -> list[str]:
        return self.inner.names(folder)

    def files(self) -> list[StoredFile]:
        return self.inner.files()

    def lock(self, name: str) -> AbstractContextManager[None]:
        return self.inner.lock(name)

    def _is_last(self) -> bool:
        self.has_failed = self.left == 0
        self.left -= 1
        return self.has_failed
