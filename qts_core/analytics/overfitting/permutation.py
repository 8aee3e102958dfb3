"""Does the signal know the returns, or do both only have habits? A permutation test in blocks (specification 11.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from qts_core.market.panel import Floats

__all__ = ["PermutationTest", "permutation_test"]

DRAWS: Final = 1999
SEED: Final = 20061101
BLOCK_ROWS: Final = 5
FEWEST_BLOCKS: Final = 8


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """One-sided permutation test of the link between scores and outcomes.

    Attributes
    ----------
    statistic : float
        Correlation of score ranks and outcome ranks over all cells.
    p_value : float
        Share of permutations, the true order among them, with a statistic at least as large; NaN when there is too
        little to permute.
    rows, blocks, draws : int
        Rows used, blocks of them that were permuted, and permutations.
    """

    statistic: float
    p_value: float
    rows: int
    blocks: int
    draws: int


def permutation_test(
    scores: Floats,
    outcomes: Floats,
    *,
    horizon_rows: int = 1,
    block_rows: int = BLOCK_ROWS,
    draws: int = DRAWS,
    seed: int = SEED,
) -> PermutationTest:
    """Test whether high scores go with high outcomes more than chance lets them.

    Parameters
    ----------
    scores, outcomes : float64 [T, N]
        NaN where there is none.
    horizon_rows : int, default 1
        Rows over which an outcome reaches; only every so many rows are used, so that outcomes do not overlap.
    block_rows : int, default 5
        Used rows that stay together, so that habits in time survive the permutation.
    draws, seed : int
        Permutations, and their seed.

    Returns
    -------
    PermutationTest

    Notes
    -----
    Whole rows move, so the correlation between symbols stays. The blocks of outcomes change places and the whole is
    turned by a random number of rows; scores stay where they are. What is the same in every order, such as a symbol
    that is always liked and always rises, gives no evidence. Ranks make the test blind to the size of outliers.

    References
    ----------
    Aronson (2006), "Evidence-Based Technical Analysis", chapter 5 (Monte Carlo permutation).
    Phipson and Smyth (2010), "Permutation P-values Should Never Be Zero", Statistical Applications in Genetics and
    Molecular Biology 9(1), article 39.
    """
    known = np.isfinite(scores) & np.isfinite(outcomes)
    rows = np.flatnonzero(known.any(axis=1))
    rows = rows[_thinned(rows, horizon_rows)]
    blocks = len(rows) // block_rows
    if blocks < FEWEST_BLOCKS:
        return PermutationTest(math.nan, math.nan, len(rows), blocks, draws)
    rows = rows[len(rows) - blocks * block_rows :]
    signal, result = (_ranks(values[rows], known[rows]) for values in (scores, outcomes))
    length = float(np.sqrt((signal * signal).sum() * (result * result).sum()))
    if length == 0.0:
        return PermutationTest(math.nan, math.nan, len(rows), blocks, draws)
    # Cell [s, t] is what the scores of row s would have earned on the outcomes of row t: all orders read from it.
    gains = signal @ result.T
    place = np.arange(len(rows))
    found = float(gains[place, place].sum())
    orders = _orders(np.random.default_rng(seed), blocks, block_rows, draws)
    drawn = gains[place, orders].sum(axis=1)
    # Rounding may set equal sums apart.
    at_least = np.count_nonzero(drawn >= found - 1e-9 * length)
    return PermutationTest(found / length, float(1 + at_least) / (1 + draws), len(rows), blocks, draws)


def _thinned(rows: NDArray[np.int64], horizon_rows: int) -> NDArray[np.bool_]:
    """Return which rows to keep so that kept ones are at least `horizon_rows` apart."""
    kept = np.zeros(len(rows), dtype=bool)
    free = -1
    for index, row in enumerate(rows.tolist()):
        if row >= free:
            kept[index], free = True, row + horizon_rows
    return kept


def _ranks(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return ranks over all known cells, centred; zero where nothing is known."""
    ranked = np.zeros(values.shape)
    ranked[known] = rankdata(values[known])
    ranked[known] -= ranked[known].mean()
    return ranked


def _orders(generator: np.random.Generator, blocks: int, block_rows: int, draws: int) -> NDArray[np.int64]:
    """Return orders of the rows, int64 [draws, rows]: blocks change places, then all is turned."""
    count = blocks * block_rows
    starts = generator.permuted(np.tile(np.arange(blocks), (draws, 1)), axis=1) * block_rows
    turned = (starts[:, :, None] + np.arange(block_rows)).reshape(draws, count)
    shift = generator.integers(0, count, size=(draws, 1))
    orders: NDArray[np.int64] = np.take_along_axis(turned, (np.arange(count) + shift) % count, axis=1)
    return orders
