"""How often prediction intervals held what came, and how far from the promise chance alone may lie (9.1).

Outcomes of overlapping horizons repeat each other, and so do those of symbols at one bar: a share over n outcomes
scatters as one over far fewer independent ones. The band is binomial over that effective number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from qts_core.market.panel import Floats

__all__ = ["Coverage", "binomial_band", "coverage", "effective_samples", "intraclass_correlation"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of outcomes inside their intervals.

    Attributes
    ----------
    share : float
        NaN without outcomes.
    level : float
        What was promised.
    samples, bars : int
        Outcomes, and bars that have some.
    effective : float
        Independent outcomes that scatter as these do.
    low, high : float
        Where the share lies with 95 % probability if the promise is kept.
    """

    share: float
    level: float
    samples: int
    bars: int
    effective: float
    low: float
    high: float

    @property
    def is_inside(self) -> bool:
        """Whether the share is within the band; False without outcomes."""
        return self.low <= self.share <= self.high

    def metrics(self, name: str = "coverage") -> dict[str, float]:
        """Return the figures by name, as trackers show them."""
        return {
            name: self.share,
            f"{name}_low": self.low,
            f"{name}_high": self.high,
            f"{name}_effective": self.effective,
        }


def coverage(held: Floats, *, horizon_bars: int, level: float, confidence: float = CONFIDENCE) -> Coverage:
    """Judge outcomes float64 [T, N]: 1 inside its interval, 0 outside, NaN = none; rows are consecutive bars."""
    known = np.isfinite(held)
    samples = int(known.sum())
    if not samples:
        return Coverage(float("nan"), level, 0, 0, 0.0, float("nan"), float("nan"))
    effective = effective_samples(held, horizon_bars=horizon_bars)
    low, high = binomial_band(level, effective, confidence)
    share = float(held[known].mean())
    return Coverage(share, level, samples, int(known.any(axis=1).sum()), effective, low, high)


def effective_samples(held: Floats, *, horizon_bars: int) -> float:
    """Return how many independent outcomes scatter as those of float64 [T, N] do, at least 1.

    Horizons that do not overlap, ``T / horizon`` of the bars, times the symbols at a bar over their design effect
    ``1 + (m - 1) rho`` (Kish 1965, Survey Sampling, section 5.4).
    """
    known = np.isfinite(held)
    per_bar = known.sum(axis=1)
    bars = int((per_bar > 0).sum())
    if not bars:
        return 0.0
    symbols = float(per_bar[per_bar > 0].mean())
    independent = symbols / (1.0 + (symbols - 1.0) * intraclass_correlation(held))
    return max(bars / max(horizon_bars, 1), 1.0) * max(independent, 1.0)


def intraclass_correlation(held: Floats) -> float:
    """Return the correlation of outcomes at one bar, in [0, 1], by the analysis of variance (Fleiss 1981, p. 226)."""
    known = np.isfinite(held)
    size = known.sum(axis=1).astype(np.float64)
    groups, total = int((size > 0).sum()), float(size.sum())
    if groups < 2 or total <= groups:
        return 0.0
    values = np.where(known, held, 0.0)
    sums = values.sum(axis=1)
    mean = float(sums.sum()) / total
    means = sums / np.maximum(size, 1.0)
    between = float((size * (means - mean) ** 2).sum()) / (groups - 1)
    inside = float((known * (values - means[:, None]) ** 2).sum()) / (total - groups)
    usual = (total - float((size**2).sum()) / total) / (groups - 1)
    spread = between + (usual - 1.0) * inside
    return min(max((between - inside) / spread, 0.0), 1.0) if spread > 0.0 else 1.0


def binomial_band(level: float, effective: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the shares between which a binomial of `effective` outcomes at `level` lies with that probability."""
    count = max(int(effective), 1)
    tail = (1.0 - confidence) / 2.0
    low, high = binom.ppf([tail, 1.0 - tail], count, level)
    return float(low) / count, float(high) / count
