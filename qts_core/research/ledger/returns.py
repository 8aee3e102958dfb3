"""Net returns of a trial by session, small enough to travel in its row (specification 7.3)."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["ReturnSeries", "aligned"]

EPOCH = date(1970, 1, 1).toordinal()
LARGEST = 1_000_000
"""Sessions that a row may claim to hold; a damaged row must not take the memory."""
GROUP = 5
"""Digits of base 85 that hold four bytes."""
POWERS = 85 ** np.arange(GROUP - 1, -1, -1, dtype=np.int64)
ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
DIGITS = np.full(256, 2**32, dtype=np.int64)
"""Value of each digit (RFC 1924); too large for any group where a byte is none."""
DIGITS[list(ALPHABET)] = np.arange(len(ALPHABET))


@dataclass(frozen=True, slots=True, eq=False)
class ReturnSeries:
    """Net return of each session.

    Attributes
    ----------
    days : int32 [D]
        Days since 1970-01-01, strictly growing.
    values : float32 [D]
        Ratios, finite. Correlations and resampling need no more digits; the exact Sharpe ratio is in the trial.
    """

    days: NDArray[np.int32]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, days: Sequence[date] | NDArray[np.integer], values: Floats) -> ReturnSeries:
        """Return the series of `values` [D] on `days`, dates or days since 1970-01-01.

        Raises
        ------
        ValueError
            If the lengths differ, a day does not follow the one before, or a value is not finite.
        """
        numbers = [day.toordinal() - EPOCH if isinstance(day, date) else int(day) for day in days]
        return cls._checked(np.array(numbers, dtype=np.int32), np.asarray(values, dtype=np.float32))

    @classmethod
    def _checked(cls, days: NDArray[np.int32], values: NDArray[np.float32]) -> ReturnSeries:
        if days.ndim != 1 or days.shape != values.shape:
            raise ValueError(f"needs one return a day, found {values.shape} returns on {days.shape} days")
        if (np.diff(days) <= 0).any():
            raise ValueError("days must grow")
        if not np.isfinite(values).all():
            raise ValueError("returns must be finite")
        return cls(days, values)

    def __len__(self) -> int:
        return len(self.days)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ReturnSeries):
            return NotImplemented
        return np.array_equal(self.days, other.days) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.days.tobytes(), self.values.tobytes()))

    def to_json(self) -> dict[str, str | int]:
        """Return what canonical JSON holds: the number of sessions, days as packed steps, returns as float32."""
        steps = np.diff(self.days, prepend=np.int32(0)).astype("<i4")
        return {
            "sessions": len(self),
            "days": base64.b85encode(zlib.compress(steps.tobytes(), 9)).decode(),
            "values": base64.b85encode(self.values.astype("<f4").tobytes()).decode(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, str | int]) -> ReturnSeries:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it holds anything else.
        """
        count = int(content["sessions"])
        if not 0 <= count <= LARGEST:
            raise ValueError(f"claims {count} sessions")
        packed = zlib.decompressobj().decompress(base64.b85decode(str(content["days"])), 4 * count + 1)
        steps = np.frombuffer(packed, "<i4")
        values = np.frombuffer(_unpacked(str(content["values"])), "<f4").astype(np.float32)
        if len(steps) != count:
            raise ValueError(f"claims {count} sessions and holds {len(steps)} days")
        return cls._checked(np.cumsum(steps, dtype=np.int32), values)


def _unpacked(text: str) -> bytes:
    """Return what base 85 holds; whole groups of five digits at once, since a gate reads thousands of rows.

    Raises
    ------
    ValueError
        If it is not base 85.
    """
    digits = np.frombuffer(text.encode(), dtype=np.uint8)
    if len(digits) % GROUP:
        return base64.b85decode(text)
    values = DIGITS[digits].reshape(-1, GROUP) @ POWERS
    if (values >= 2**32).any():
        raise ValueError("holds what is not base 85")
    return values.astype(">u4").tobytes()


def aligned(series: Sequence[ReturnSeries]) -> tuple[NDArray[np.int32], Floats]:
    """Return all days of `series` and their returns on them, float64 [D, N], NaN where a series has no such day."""
    days = np.unique(np.concatenate([each.days for each in series])) if series else np.empty(0, dtype=np.int32)
    table = np.full((len(days), len(series)), np.nan)
    for column, each in enumerate(series):
        table[np.searchsorted(days, each.days), column] = each.values
    return days, table
