"""Months of the market in New York time: the one partitioning of bars and features."""

from __future__ import annotations

from datetime import date

import dagster as dg

from qts_core.data.market_source import MarketSource

__all__ = ["month_key", "month_range", "months_of", "partition_key", "single_run"]


def months_of(source: MarketSource) -> dg.MonthlyPartitionsDefinition:
    """Return the months of `source`; an imported market stays open at its end, a synthetic one is finished.

    Bars are brought in every evening, so the month under way counts: by itself Dagster knows only months that are over.
    """
    first = source.first.replace(day=1)
    after = date(source.last.year + source.last.month // 12, source.last.month % 12 + 1, 1)
    return dg.MonthlyPartitionsDefinition(
        start_date=first.isoformat(),
        end_date=after.isoformat() if source.is_synthetic else None,
        end_offset=0 if source.is_synthetic else 1,
        timezone="America/New_York",
    )


def month_key(partition: str) -> str:
    """Return the lake's month of a Dagster partition key: ``2024-03-01`` becomes ``2024-03``."""
    return partition[:7]


def partition_key(month: str) -> str:
    """Return the Dagster partition key of a lake's month."""
    return f"{month}-01"


def single_run() -> dg.BackfillPolicy:
    """Return the policy of assets that compute a range of months in one run."""
    return dg.BackfillPolicy.single_run()


def month_range(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run over the months from `first` to `last`, ``YYYY-MM``, both included."""
    if first == last:
        return {"dagster/partition": partition_key(first)}
    return {
        "dagster/asset_partition_range_start": partition_key(first),
        "dagster/asset_partition_range_end": partition_key(last),
    }
