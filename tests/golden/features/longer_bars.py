"""Longer bars rebuilt with pandas from a symbol's own bars; on a bar, only those that ended by its end are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

DAY = 24 * 60
HALF_DAY, FULL_DAY = 210, 390


def longer(b: Any, minutes: int) -> pd.DataFrame:
    """Return the symbol's longer bars with `known`, the minute at which each has closed (0 minutes: the session)."""
    length = b.end + 15.0 * b.left
    number = np.zeros(len(b.start)) if minutes == 0 else np.floor(b.start / minutes)
    ends = length if minutes == 0 else np.minimum((number + 1) * minutes, length)
    frame = pd.DataFrame(
        {"known": b.session * DAY + ends, "high": b.high, "low": b.low, "close": b.close, "session": b.session}
    )
    assert set(np.unique(length)) <= {HALF_DAY, FULL_DAY}
    return frame.groupby("known", as_index=False).agg({"high": "max", "low": "min", "close": "last", "session": "last"})


def seen(b: Any, minutes: int, function: Callable[[pd.DataFrame], Any]) -> Any:
    """Return on each bar the last value of `function` over longer bars closed by then."""
    table = longer(b, minutes)
    series = np.r_[np.nan, np.asarray(function(table))]
    return series[np.searchsorted(table["known"].to_numpy(), b.session * DAY + b.end, side="right")]


def before(b: Any, column: str) -> Any:
    """Return a field of the symbol's previous session."""
    table = longer(b, 0)
    return pd.Series(b.session).map(dict(zip(table["session"], table[column].shift(1), strict=True))).to_numpy()
