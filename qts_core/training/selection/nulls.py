"""What scores are worth when there is nothing to find: the labels of other times.

Labels are moved in time, round in a circle. That keeps how they hang together, over time as they overlap and across
symbols at one bar, and breaks only their tie to the features; shuffling them one by one would make chance look too rare
(Politis and Romano 1992 give the circular form).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np

from qts_core.market.panel import Floats
from qts_core.training.selection.base import TrainingRows

__all__ = ["chance_maximum", "moved", "p_values"]

POOLED = 5
"""Chance scores behind each possible rejection at the nominal rate."""


def moved(rows: TrainingRows, rng: np.random.Generator) -> TrainingRows:
    """Return the rows with their labels moved by at least a tenth of the span."""
    count = len(rows)
    tenth = max(count // 10, 1)
    return rows.relabelled(np.roll(rows.labels, int(rng.integers(tenth, max(count - tenth, tenth + 1)))))


def p_values(
    score: Callable[[TrainingRows], Floats],
    rows: TrainingRows,
    *,
    alpha: float,
    rounds: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return the scores of F features and how often chance scores as high, both float64 [F].

    Chance scores of all features are pooled, as shadow features are (Kursa and Rudnicki 2010, Journal of Statistical
    Software 36(11), p. 3), so a few rounds give enough of them: at least ``5 / alpha``.

    Notes
    -----
    Noise passes at the rate `alpha` on average over features. Beside a real signal a greedy model gives noise less than
    chance gives it alone, and the rate is lower.
    """
    observed = score(rows)
    many = max(rounds, ceil(POOLED / (alpha * len(rows.names))))
    chance = np.sort(np.concatenate([score(moved(rows, rng)) for _ in range(many)]))
    at_least = len(chance) - np.searchsorted(chance, observed, side="left")
    return observed, np.asarray((1.0 + at_least) / (len(chance) + 1.0), dtype=np.float64)


def chance_maximum(
    best: Callable[[TrainingRows], float], rows: TrainingRows, *, alpha: float, rng: np.random.Generator
) -> float:
    """Return what the best of all features exceeds by chance with probability `alpha`."""
    return float(np.quantile(list(_bests(best, rows, ceil(1.0 / alpha) - 1, rng)), 1.0 - alpha, method="higher"))


def _bests(
    best: Callable[[TrainingRows], float], rows: TrainingRows, count: int, rng: np.random.Generator
) -> Iterator[float]:
    for _ in range(max(count, 1)):
        yield best(moved(rows, rng))
