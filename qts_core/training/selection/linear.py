"""Purged cross-validated fit of linear models by their moments: every subset of columns costs a small solve."""

from __future__ import annotations

import numpy as np

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
        x, y = rows.standardised(), rows.outcomes()
        self._moments: list[tuple[Floats, Floats, Floats, Floats, float]] = []
        for fitted, judged in purged_splits(rows):
            inner, outer = x[fitted], x[judged]
            scale = RIDGE * len(fitted)
            self._moments.append(
                (
                    inner.T @ inner + scale * np.eye(x.shape[1]),
                    inner.T @ (y[fitted] - y[fitted].mean(axis=0)),
                    outer.T @ outer,
                    outer.T @ y[judged],
                    float((y[judged] ** 2).sum()),
                )
            )

    def score(self, places: Floats | list[int] | np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        """Return the score of the columns at `places`; 0 for none."""
        picked = np.asarray(places, dtype=np.int64)
        if not len(picked):
            return 0.0
        block, total = np.ix_(picked, picked), 0.0
        for inner, with_label, outer, outer_label, squares in self._moments:
            weights = np.linalg.solve(inner[block], with_label[picked])
            error = -2.0 * float((weights * outer_label[picked]).sum()) + float(
                (weights * (outer[block] @ weights)).sum()
            )
            total -= error / squares if squares > 0 else 0.0
        return total / max(len(self._moments), 1)

    def best_single(self) -> float:
        """Return the score of the best column alone."""
        total: Floats = np.zeros(1)
        for inner, with_label, outer, outer_label, squares in self._moments:
            weights = with_label / np.diagonal(inner)[:, None]
            fall = (2.0 * weights * outer_label - weights**2 * np.diagonal(outer)[:, None]).sum(axis=1)
            total = total + (fall / squares if squares > 0 else 0.0)
        return float(total.max()) / max(len(self._moments), 1)


def gain_of_chance(rows: TrainingRows, *, alpha: float, rng: np.random.Generator) -> float:
    """Return what the best of all columns gains by chance with probability `alpha`; never below 0."""
    return max(chance_maximum(lambda r: LinearJudge(r).best_single(), rows, alpha=alpha, rng=rng), 0.0)
