"""When things run by themselves, and the words they are skipped with."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import dagster as dg

from qts_core.data.market_source import MarketSource

__all__ = [
    "CLOSE_CRON",
    "GATHER_CRON",
    "MONTHLY",
    "NEW_YORK",
    "RETRAIN_CRON",
    "TimeLimit",
    "decode_cursor",
    "encode_cursor",
    "fresh_every_trading_day",
    "owners",
]

NEW_YORK = "America/New_York"
CLOSE_CRON = "20 16 * * 1-5"
"""Twenty past four in New York: the close plus time for the last revisions."""
GATHER_CRON = "50 16 * * 1-5"
"""Ten to five: the daemon has written its report by then."""
RETRAIN_CRON = "30 18 * * 1-5"
"""Half past six in the evening: bars, features and labels of the day are there."""

MONTHLY = {"cadence": "month"}
"""Tag of the assets that follow the bars month by month; jobs choose by it."""

owners = {"data": ["team:data"], "research": ["team:research"], "operations": ["team:operations"]}
"""Who answers for an asset."""


class TimeLimit:
    """How long a sensor may go on looking; what it did not get to is for the next time.

    Parameters
    ----------
    seconds : float
    monotonic : callable
        Returns seconds that only grow.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether to stop."""
        return self._monotonic() >= self._end


def encode_cursor(state: Mapping[str, str]) -> str:
    """Write a sensor's memory."""
    return json.dumps(dict(state), sort_keys=True)


def decode_cursor(cursor: str | None) -> dict[str, str]:
    """Read a sensor's memory; a new sensor remembers nothing."""
    return {str(k): str(v) for k, v in json.loads(cursor).items()} if cursor else {}


def fresh_every_trading_day(source: MarketSource) -> dg.FreshnessPolicy | None:
    """Return the policy of assets that a growing market refreshes each evening; None for one that is finished.

    Dagster's policies know the days of the week but no holidays, hence a warning after one evening missed and a failure
    only when no run came for longer than the longest weekend. Whether the newest *session* is there is judged by the
    check `freshness`, which knows the exchange's calendar.
    """
    if source.is_synthetic:
        return None
    return dg.FreshnessPolicy.time_window(warn_window=timedelta(days=3), fail_window=timedelta(days=5))
