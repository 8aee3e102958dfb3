"""Ranges of rows, and the folds made of them (specification 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

__all__ = ["Fold", "RowRange", "Scheme", "cut", "merged", "pieces", "row_count"]

Scheme = Literal["walk_forward", "walk_forward_anchored", "purged_k_fold", "combinatorial_purged"]
"""How a plan is laid out."""


@dataclass(frozen=True, slots=True)
class RowRange:
    """Rows ``[start, stop)`` of the timeline."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def shares(self, other: RowRange) -> bool:
        """Whether a row is in both."""
        return max(self.start, other.start) < min(self.stop, other.stop)


@dataclass(frozen=True, slots=True)
class Fold:
    """One split: models fitted on `train`, stopped or tuned on `validation` if there is one, are judged on `test`."""

    index: int
    train: tuple[RowRange, ...]
    test: tuple[RowRange, ...]
    validation: tuple[RowRange, ...] = ()


def row_count(ranges: Iterable[RowRange]) -> int:
    """Return the rows in `ranges` together."""
    return sum(len(r) for r in ranges)


def merged(ranges: Iterable[RowRange]) -> tuple[RowRange, ...]:
    """Return `ranges` in order, those that touch joined."""
    joined: list[RowRange] = []
    for r in sorted((r for r in ranges if len(r)), key=lambda r: r.start):
        if joined and r.start <= joined[-1].stop:
            joined[-1] = RowRange(joined[-1].start, max(joined[-1].stop, r.stop))
        else:
            joined.append(r)
    return tuple(joined)


def cut(ranges: Sequence[RowRange], first: int, last: int) -> tuple[RowRange, ...]:
    """Return the rows at places ``[first, last)`` of `ranges` laid end to end."""
    found, passed = [], 0
    for r in ranges:
        low, high = max(first - passed, 0), min(last - passed, len(r))
        if low < high:
            found.append(RowRange(r.start + low, r.start + high))
        passed += len(r)
    return tuple(found)


def pieces(ranges: Sequence[RowRange], count: int) -> tuple[tuple[RowRange, ...], ...]:
    """Return `ranges` laid end to end in `count` parts of nearly equal length, the longer ones first."""
    short, longer = divmod(row_count(ranges), count)
    edges = [place * short + min(place, longer) for place in range(count + 1)]
    return tuple(cut(ranges, first, last) for first, last in pairwise(edges))
