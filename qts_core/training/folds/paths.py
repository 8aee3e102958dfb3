"""Backtest paths: which fold's predictions stand on which rows (specification 7.3).

References
----------
López de Prado (2018), Advances in Financial Machine Learning, section 12.4, pp. 163-165.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qts_core.training.folds.ranges import Fold, RowRange

__all__ = ["BacktestPath", "PathPart", "backtest_paths"]


@dataclass(frozen=True, slots=True)
class PathPart:
    """Rows on which the predictions of one fold stand."""

    fold: int
    rows: RowRange


@dataclass(frozen=True, slots=True)
class BacktestPath:
    """One way through all judged rows, each predicted by one fold that did not learn from it.

    Attributes
    ----------
    index : int
    parts : tuple of PathPart
        In order of time; disjoint.
    """

    index: int
    parts: tuple[PathPart, ...]


def backtest_paths(folds: Sequence[Fold]) -> tuple[BacktestPath, ...]:
    """Return the paths of `folds`: the j-th fold that judges a range serves path j.

    One path unless a range is judged by several folds, which is so in combinatorial plans alone: with k of N groups
    judged at a time every group is judged by C(N - 1, k - 1) = k / N · C(N, k) folds, and so many paths there are.
    """
    judges: dict[RowRange, list[int]] = {}
    for fold in folds:
        for rows in fold.test:
            judges.setdefault(rows, []).append(fold.index)
    ordered = sorted(judges.items(), key=lambda item: item[0].start)
    return tuple(
        BacktestPath(path, tuple(PathPart(by[path], rows) for rows, by in ordered if len(by) > path))
        for path in range(max((len(by) for by in judges.values()), default=0))
    )
