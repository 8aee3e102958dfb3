"""Whether stated probabilities come true: reliability diagram, calibration error, parts of the Brier score (9.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["BrierParts", "Reliability", "brier_parts", "reliability"]

BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Probabilities by bins of equal width, and how often what they foretold happened.

    Attributes
    ----------
    edges : float64 [B + 1]
        A bin holds its upper edge; the first also its lower one.
    counts : int64 [B]
        Forecasts in each bin.
    foretold, happened : float64 [B]
        Mean forecast and share of events; NaN in an empty bin.
    """

    edges: Floats
    counts: NDArray[np.int64]
    foretold: Floats
    happened: Floats

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean of \\|happened - foretold\\| over bins, weighted by their forecasts.

        References
        ----------
        Naeini, Cooper and Hauskrecht (2015), AAAI 29, pp. 2901-2907.
        """
        used = self.counts > 0
        if not used.any():
            return float("nan")
        gaps = np.abs(self.happened[used] - self.foretold[used])
        return float((gaps * self.counts[used]).sum() / self.counts.sum())

    @property
    def largest_error(self) -> float:
        """Largest \\|happened - foretold\\| of a bin."""
        used = self.counts > 0
        return float(np.abs(self.happened[used] - self.foretold[used]).max()) if used.any() else float("nan")


@dataclass(frozen=True, slots=True)
class BrierParts:
    """The Brier score and its parts; ``brier = reliability - resolution + uncertainty + within_bins``.

    Attributes
    ----------
    brier : float
        Mean squared difference of forecast and event; 0 is best.
    reliability : float
        How far bins are from what happened in them; 0 is best.
    resolution : float
        How far what happened in bins is from what happens anyway; more is better.
    uncertainty : float
        Variance of the event, which no forecast changes.
    within_bins : float
        What forecasts that differ within a bin add; 0 when all forecasts of a bin are equal.

    References
    ----------
    Murphy (1973), Journal of Applied Meteorology 12, pp. 595-600; the fifth part as in Stephenson, Coelho and Jolliffe
    (2008), Weather and Forecasting 23, pp. 752-757.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float


def reliability(chances: Floats, happened: Floats, *, bins: int = BINS) -> Reliability:
    """Sort probabilities into bins of equal width.

    Parameters
    ----------
    chances : float64 [n]
        Probabilities of an event; pairs with NaN are left out.
    happened : float64 [n]
        1 where it happened, 0 where it did not.
    """
    edges: Floats = np.linspace(0.0, 1.0, bins + 1)
    known = np.isfinite(chances) & np.isfinite(happened)
    said, seen = chances[known], happened[known]
    place = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    divisor = np.where(counts > 0, counts, np.nan)
    return Reliability(
        edges,
        counts.astype(np.int64),
        np.bincount(place, weights=said, minlength=bins) / divisor,
        np.bincount(place, weights=seen, minlength=bins) / divisor,
    )


def brier_parts(chances: Floats, happened: Floats, *, bins: int = BINS) -> BrierParts:
    """Return the Brier score of float64 [n] probabilities and its parts over bins of equal width; NaN without any."""
    known = np.isfinite(chances) & np.isfinite(happened)
    if not known.any():
        return BrierParts(*[float("nan")] * 5)
    said, seen = chances[known], happened[known]
    sorted_in = reliability(said, seen, bins=bins)
    used = sorted_in.counts > 0
    weight = sorted_in.counts[used] / len(said)
    base = float(seen.mean())
    brier = float(((said - seen) ** 2).mean())
    off = float((weight * (sorted_in.foretold[used] - sorted_in.happened[used]) ** 2).sum())
    told = float((weight * (sorted_in.happened[used] - base) ** 2).sum())
    spread = base * (1.0 - base)
    return BrierParts(brier, off, told, spread, brier - (off - told + spread))
