"""Doubts that a test can read at a glance: intervals of known radius, adaptive or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qts_core.config.uncertainty import AbstainSettings
from qts_core.market.panel import Floats
from qts_core.models.conformal import Conformal
from qts_core.models.uncertainty import UncertaintyModel
from qts_core.trading.stored_doubts import StoredDoubts

SILENT_ON_ZERO = AbstainSettings(interval=True)


def intervals(
    *, largest: float = 0.01, level: float = 0.9, horizon_bars: int = 3, rate: float = 0.0, is_relative: bool = False,
    abstain: AbstainSettings = SILENT_ON_ZERO, groups: Mapping[str, Sequence[str]] | None = None,
    symbols: Sequence[str] = ("AA",),
) -> UncertaintyModel:  # fmt: skip
    """Return intervals whose radius at `level` is `level` times `largest`: 99 scores, evenly spread."""
    scores = np.tile(largest * np.arange(1, 100) / 100.0, len(symbols))
    members = [symbol for symbol in symbols for _ in range(99)]
    fitted = Conformal.fit(scores, members, groups or {})
    return UncertaintyModel(level, horizon_bars, (-1.0, 1.0), is_relative, abstain, rate, intervals=fitted)


def stored(model: UncertaintyModel, shape: tuple[int, int], *, spread: Floats | None = None) -> StoredDoubts:
    """Return the doubts of T bars and N symbols by one model."""
    return StoredDoubts((model,), np.zeros(shape[0], dtype=np.int64), np.ones(shape) if spread is None else spread)
