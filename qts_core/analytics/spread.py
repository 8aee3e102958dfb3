"""How a set of values is spread: mean, deviation and quantiles beside its n (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["LEVELS", "Spread"]

LEVELS: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Spread:
    """Summary of `n` values.

    Attributes
    ----------
    n : int
        Values; those that are NaN are left out.
    mean, deviation : float
        Mean and sample deviation; NaN below one and two values.
    lowest, highest : float
        NaN without a value.
    quantiles : mapping of float to float
        By level (``LEVELS``), interpolated linearly between order statistics (Hyndman and Fan, type 7).
    """

    n: int
    mean: float
    deviation: float
    lowest: float
    highest: float
    quantiles: Mapping[float, float] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, values: Floats | NDArray[np.int64]) -> Spread:
        """Summarise values [n]."""
        known = np.asarray(values, dtype=np.float64)
        known = known[~np.isnan(known)]
        n = len(known)
        if not n:
            nothing = dict.fromkeys(LEVELS, math.nan)
            return cls(0, math.nan, math.nan, math.nan, math.nan, MappingProxyType(nothing))
        found = np.quantile(known, LEVELS)
        return cls(
            n=n,
            mean=float(known.mean()),
            deviation=float(known.std(ddof=1)) if n > 1 else math.nan,
            lowest=float(known.min()),
            highest=float(known.max()),
            quantiles=MappingProxyType(dict(zip(LEVELS, found.tolist(), strict=True))),
        )

    @property
    def median(self) -> float:
        """The middle value."""
        return self.quantiles[0.5]
