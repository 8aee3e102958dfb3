"""Purged cross-validated fit of linear models by their moments: every subset of columns costs a small solve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.training.selection.base import TrainingRows
from qts_core.training.selection.nulls import chance_maximum
from qts_core.training.selection.splits import purged_splits

__all__ = ["RIDGE", "LinearJudge", "gain_of_chance"]

RIDGE = 1e-3
"""Penalty over the number of rows: columns have deviation 1, and some are copies of each other."""


class LinearJudge:
    """Out-of-sample share of variance explained, averaged over purged splits.

    Parameters
    ----------
    rows : TrainingRows
    """

    def __init__(self, rows: TrainingRows) -> None:
        self._inputs = rows.standardised()
        self._splits = purged_splits(rows)
        self._squares: list[tuple[Floats, Floats]] = []
        for fitted, judged in self._splits:
            inner, outer = self._inputs[fitted], self._inputs[judged]
            penalty = RIDGE * len(fitted) * np.eye(inner.shape[1])
            self._squares.append((inner.T @ inner + penalty, outer.T @ outer))
        self._labels = self._moments(rows)

    def _moments(self, rows: TrainingRows) -> list[tuple[Floats, Floats, float]]:
        y, found = rows.outcomes(), []
        for fitted, judged in self._splits:
            inner = self._inputs[fitted].T @ (y[fitted] - y[fitted].mean(axis=0))
            found.append((inner, self._inputs[judged].T @ y[judged], float((y[judged] ** 2).sum())))
        return found

    def score(self, places: Sequence[int] | NDArray[np.int64]) -> float:
        """Return the score of the columns at `places`; 0 for none."""
        picked = np.asarray(places, dtype=np.int64)
        if not len(picked):
            return 0.0
        block, total = np.ix_(picked, picked), 0.0
        for (inner, outer), (with_label, outer_label, squares) in zip(self._squares, self._labels, strict=True):
            weights = np.linalg.solve(inner[block], with_label[picked])
            error = -2.0 * float((weights * outer_label[picked]).sum()) + float(
                (weights * (outer[block] @ weights)).sum()
            )
            total -= error / squares if squares > 0 else 0.0
        return total / max(len(self._splits), 1)

    def singles(self, rows: TrainingRows | None = None) -> Floats:
        """Return the score of each column alone, float64 [F]; with `rows`, of the same inputs with their labels."""
        total = np.zeros(self._inputs.shape[1])
        labels = self._labels if rows is None else self._moments(rows)
        for (inner, outer), (with_label, outer_label, squares) in zip(self._squares, labels, strict=True):
            weights = with_label / np.diagonal(inner)[:, None]
            fall = (2.0 * weights * outer_label - weights**2 * np.diagonal(outer)[:, None]).sum(axis=1)
            total += fall / squares if squares > 0 else 0.0
        return total / max(len(self._splits), 1)


def gain_of_chance(judge: LinearJudge, rows: TrainingRows, *, alpha: float, rng: np.random.Generator) -> float:
    """Return what the best of all columns gains by chance with probability `alpha`; never below 0."""
    return max(chance_maximum(lambda moved: float(judge.singles(moved).max()), rows, alpha=alpha, rng=rng), 0.0)
