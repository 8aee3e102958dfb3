"""Comparing two models while looking all the time: a test that stays valid whenever one stops (specification 7.3).

An ordinary test that is looked at after every session finds a difference sooner or later where there is none. Here the
bound holds at all times together: whoever stops at the moment that looks best is fooled no more often than `alpha`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["SequentialComparison", "compare_in_sequence"]

BLOCKS_IN_MIND = 60
"""Number of blocks at which the test is sharpest; it is valid at any number."""
LARGEST_LOG = 700.0
GRID = 20_001


@dataclass(frozen=True, slots=True)
class SequentialComparison:
    """What is known after n blocks; every figure may be read after every block.

    Attributes
    ----------
    n : int
        Blocks.
    mean : float
        Mean difference so far; NaN before the first.
    low, high : float
        Confidence sequence of the mean difference; infinite while there are too few blocks to say anything.
    e_value : float
        Largest so far of the evidence against "no difference"; at least ``1 / alpha`` is a difference.
    alpha : float
        Level.
    """

    n: int
    mean: float
    low: float
    high: float
    e_value: float
    alpha: float

    @property
    def p_value(self) -> float:
        """Always-valid p-value."""
        return min(1.0, 1.0 / self.e_value)

    @property
    def is_decided(self) -> bool:
        """Whether a difference is shown."""
        return self.e_value >= 1.0 / self.alpha

    @property
    def sentence(self) -> str:
        """The state of the comparison in words, the second model seen from the first."""
        if self.n == 0:
            return "nothing to compare yet"
        seen = f"{self.n} block{'' if self.n == 1 else 's'}"
        if not self.is_decided:
            return f"no difference shown after {seen} (always-valid p = {self.p_value:.3g})"
        better = "better" if self.mean > 0 else "worse"
        return f"{better} by {abs(self.mean):.4g} a block, shown after {seen} (always-valid p = {self.p_value:.3g})"


def compare_in_sequence(differences: Floats, *, spread: float, alpha: float = 0.05) -> SequentialComparison:
    """Test, valid at every n at once, whether the mean of `differences` is zero.

    Parameters
    ----------
    differences : float64 [n]
        One a block, in the order in which they came; NaN = none. Blocks must not share outcomes.
    spread : float
        Standard deviation that a difference is expected to have, chosen before any was seen: it decides when the test
        is sharpest, never whether it is valid.
    alpha : float
        Share of the time that "no difference" may be refused wrongly, however often one looks.

    Returns
    -------
    SequentialComparison

    Raises
    ------
    ValueError
        If `spread` or `alpha` is out of range.

    Notes
    -----
    If each difference is symmetric about zero given those before it - two equally good models, whose names could as
    well be exchanged - then ``exp(l S - l^2 V / 2)`` with ``S`` the sum and ``V`` the sum of squares is a
    supermartingale for every l. Its mixture over ``l ~ N(0, 1 / rho)``,

        ``E = sqrt(rho / (V + rho)) exp(S^2 / (2 (V + rho)))``,

    starts at 1, and by Ville's inequality reaches 1/alpha with probability alpha at most. Tails may be as heavy as
    they like. The confidence sequence holds every mean that the same test of ``differences - mean`` does not refuse.

    References
    ----------
    Howard, Ramdas, McAuliffe and Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences",
    Annals of Statistics 49(2), 1055-1080: proposition 5 (two-sided normal mixture), and table 3 of their (2020)
    "Time-uniform Chernoff bounds via nonnegative supermartingales", Probability Surveys 17, 257-317, for symmetric
    differences (de la Pena 1999). Johari, Koomen, Pekelis and Walsh (2022), "Always valid inference", Operations
    Research 70(3), 1806-1821, for the always-valid p-value.
    """
    if not (spread > 0 and 0 < alpha < 1):
        raise ValueError(f"spread {spread} must be positive and alpha {alpha} between 0 and 1")
    seen = differences[np.isfinite(differences)]
    n = len(seen)
    if n == 0:
        return SequentialComparison(0, math.nan, -math.inf, math.inf, 1.0, alpha)
    rho = _tuned(BLOCKS_IN_MIND * spread**2, alpha)
    evidence = _log_evidence(np.cumsum(seen), np.cumsum(seen**2), rho)
    mean = float(seen.mean())
    reach = _reach(n, float(((seen - mean) ** 2).sum()), rho, alpha)
    highest = math.exp(min(max(float(evidence.max()), 0.0), LARGEST_LOG))
    return SequentialComparison(n, mean, mean - reach, mean + reach, highest, alpha)


def _log_evidence(total: Floats, squares: Floats, rho: float) -> Floats:
    wide = squares + rho
    result: Floats = total**2 / (2.0 * wide) - 0.5 * np.log(wide / rho)
    return result


def _tuned(squares: float, alpha: float) -> float:
    """Return the rho that is sharpest when the sum of squares is `squares` (Howard et al. 2021, section 3.5)."""
    level = -2.0 * math.log(alpha)
    return squares / (level + math.log1p(level))


def _reach(n: int, squares: float, rho: float, alpha: float) -> float:
    """Return how far from the mean a mean must lie to be refused; infinite if none is."""
    # The sum of squares about a mean x away is squares + n x^2; far out the evidence falls again.
    away = np.linspace(0.0, 20.0 * math.sqrt((squares + rho) / n), GRID)
    refused = np.flatnonzero(_log_evidence(n * away, squares + n * away**2, rho) >= -math.log(alpha))
    return float(away[refused[0]]) if len(refused) else math.inf
