"""Arrays as JSON: exact float64 lists with null for NaN and for infinity, which no state needs told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["from_list", "to_list"]


def to_list(values: Floats) -> list[float | None]:
    """Return `values` [N] as JSON numbers; NaN and infinities become null."""
    return [v if -np.inf < v < np.inf else None for v in values.tolist()]


def from_list(values: object) -> Floats:
    """Return the float64 [N] of a JSON list; null becomes NaN."""
    items = cast(Iterable[float | None], values)
    return np.array([np.nan if v is None else v for v in items], dtype=np.float64)
