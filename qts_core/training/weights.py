"""How much each training sample counts: by the life its label shares with no other, and by its age (7.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.targets import average_uniqueness
from qts_core.training.entry import TrainingEntry
from qts_core.training.samples import TrainingSet

__all__ = ["recency_weights", "sample_weights"]


def sample_weights(entry: TrainingEntry, samples: TrainingSet, places: NDArray[np.int64]) -> Floats | None:
    """Return the weight of the samples at `places`, float64 [n]; None when all weigh the same."""
    weights = None
    if entry.sample_weights == "uniqueness":
        weights = average_uniqueness(samples.row[places], samples.column[places], samples.end_row[places])
    if entry.recency_half_life_sessions is not None:
        recent = recency_weights(samples.timeline, samples.row[places], entry.recency_half_life_sessions)
        weights = recent if weights is None else weights * recent
    return weights


def recency_weights(timeline: Timeline, row: NDArray[np.integer], half_life_sessions: int) -> Floats:
    """Return weights that halve with every `half_life_sessions` of age, float64 [n], mean 1.

    Age is counted in sessions from the newest of the samples, so nothing after them enters.
    """
    session = np.empty(len(timeline), dtype=np.int64)
    for index, (_, rows) in enumerate(timeline.session_rows()):
        session[rows] = index
    of_sample = session[row]
    weights = 0.5 ** ((of_sample.max() - of_sample) / half_life_sessions)
    normalised: Floats = weights / weights.mean()
    return normalised
