"""Small training sets with a signal that is known."""

from __future__ import annotations

from datetime import date

import numpy as np

from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline
from qts_core.training.samples import TrainingSet


def timeline_of(sessions: int) -> Timeline:
    calendar = xnys()
    first = date(2024, 1, 2)
    return Timeline.between(calendar, first, calendar.shift(first, sessions - 1))


def sample_set(
    *, sessions: int = 30, symbols: int = 6, horizon_bars: int = 26, signal: float = 0.5, seed: int = 1
) -> TrainingSet:
    """Four features of which the first foretells the return; a few missing bars and missing values."""
    line = timeline_of(sessions)
    rng = np.random.default_rng(seed)
    shape = (len(line), symbols)
    features = rng.standard_normal((*shape, 4))
    returns = 0.01 * (signal * features[:, :, 0] + rng.standard_normal(shape))
    features[rng.random((*shape, 4)) < 0.02] = np.nan
    returns[-horizon_bars - 1 :] = np.nan
    row, column = np.nonzero(rng.random(shape) > 0.01)
    return TrainingSet(
        features=np.ascontiguousarray(features[row, column]),
        labels=returns[row, column],
        returns=returns[row, column],
        row=row.astype(np.int32),
        column=column.astype(np.int32),
        end_row=(row + horizon_bars + 1).astype(np.int32),
        names=("signal", "noise_a", "noise_b", "noise_c"),
        feature_hashes=("h0", "h1", "h2", "h3"),
        timeline=line,
        symbols=tuple(f"S{chr(65 + i)}" for i in range(symbols)),
        catalogue_hash="c" * 64,
        data_hash="d" * 64,
    )
