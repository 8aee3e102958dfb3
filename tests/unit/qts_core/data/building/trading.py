"""Prints written short, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl

from qts_core.data.building.trades import TRADE_SCHEMA

__all__ = ["MINUTE", "OPEN", "prints", "second"]

OPEN = datetime(2024, 7, 3, 13, 30, tzinfo=UTC)
"""09:30 New York on a half-day."""
MINUTE = timedelta(minutes=1)


def second(seconds: float) -> datetime:
    """Return a moment so many seconds after the open."""
    return OPEN + timedelta(seconds=seconds)


def prints(*rows: tuple[float, float, float, str] | Mapping[str, object]) -> pl.DataFrame:
    """Return prints of AAA: (seconds after the open, price, size, conditions), reported 10 ms later."""
    full = []
    for i, row in enumerate(rows):
        given: dict[str, object]
        if isinstance(row, tuple):
            at, price, size, conditions = row
            given = {"at": at, "price": price, "size": size, "conditions": list(conditions)}
        else:
            given = dict(row)
        moment = second(float(str(given["at"])))
        usual: dict[str, object] = {
            "symbol": "AAA", "ts_event": moment, "ts_known": moment + timedelta(milliseconds=10), "trade_id": i,
            "exchange": "N", "conditions": [], "tape": "A", "action": "new",
        }  # fmt: skip
        full.append({name: (usual | given).get(name) for name in TRADE_SCHEMA})
    return pl.DataFrame(full, schema=dict(TRADE_SCHEMA))
