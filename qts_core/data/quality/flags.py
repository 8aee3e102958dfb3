"""What cleaning marks a bar with: one bit each, declared once (specification 5.2; checklist X-01).

A flag never removes a bar. Bars that may not be used stand in the quarantine table, with the rule they broke.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag
from types import MappingProxyType

import polars as pl

__all__ = ["FLAG_DOCS", "BarFlag", "flag_counts", "has_flag", "real_bars"]


class BarFlag(IntFlag):
    """Bits of the column `flags` of ``CLEAN_SCHEMA`` and ``QUARANTINE_SCHEMA``; a bit's place never changes."""

    FILLED = 1
    OUTLIER = 2
    SUSPECTED_SPLIT = 4
    STALE = 8
    ZERO_VOLUME = 16
    VWAP_OUTSIDE = 32
    LATE = 64
    CROSS_SOURCE = 128
    PRE_MARKET = 256
    POST_MARKET = 512

    @property
    def label(self) -> str:
        """Name in reports, such as ``zero_volume``."""
        return (self.name or "").lower()


FLAG_DOCS: Mapping[BarFlag, str] = MappingProxyType(
    {
        BarFlag.FILLED: "No bar came: the last close carried forward, volume 0. For charts; panels leave it out.",
        BarFlag.OUTLIER: "The close moved beyond the usual by a causal robust sigma; kept, never clipped.",
        BarFlag.SUSPECTED_SPLIT: "The session opens near a split ratio of the last close, and no split is known.",
        BarFlag.STALE: "The price has not moved at all for several bars.",
        BarFlag.ZERO_VOLUME: "A bar with prices and no volume.",
        BarFlag.VWAP_OUTSIDE: "vwap was not a number within low and high; it is set missing.",
        BarFlag.LATE: "Known only after the bar's end: a revision, or a bar that came late.",
        BarFlag.CROSS_SOURCE: "Two sources gave this bar and differ slightly; the first one's values stand.",
        BarFlag.PRE_MARKET: "Before the open of a session day; such bars stand in quarantine only.",
        BarFlag.POST_MARKET: "After the close of a session day; such bars stand in quarantine only.",
    }
)
"""What each flag says."""


def has_flag(flag: BarFlag) -> pl.Expr:
    """Return whether a bar carries `flag`; for frames with the column `flags`."""
    return (pl.col("flags") & int(flag)) != 0


def real_bars(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the bars that came, without those filled forward; a frame without `flags` holds no others.

    Whoever counts bars, measures coverage or looks for the last price asks through this.
    """
    return frame.filter(~has_flag(BarFlag.FILLED)) if "flags" in frame.columns else frame


def flag_counts(frame: pl.DataFrame) -> dict[str, int]:
    """Return how many bars carry each flag, by label; flags that no bar carries are absent."""
    counts = frame.select(has_flag(flag).sum().alias(flag.label) for flag in BarFlag).row(0, named=True)
    return {label: int(count) for label, count in counts.items() if count}
