"""Purge and embargo: which samples may learn while others are judged (specification 7.3, X-18).

References
----------
López de Prado (2018), Advances in Financial Machine Learning, sections 7.4.1 and 7.4.2, pp. 105-108.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qts_core.training.folds.ranges import RowRange, merged
from qts_core.training.samples import TrainingSet

__all__ = ["EmbargoSides", "Places", "PurgeRule", "places_in", "shared_samples"]

EmbargoSides = Literal["both", "after"]
Places = NDArray[np.int64]
"""Places of samples in a training set, ascending within each range."""


@dataclass(frozen=True, slots=True)
class PurgeRule:
    """How far a training sample must stay from what is judged.

    A sample lives from its own bar to the last one its label uses.

    Attributes
    ----------
    embargo_bars : int
        Bars kept free between the life of a training sample and that of a judged one.
    sides : {"both", "after"}
        Whether that holds on both sides of what is judged or, as López de Prado has it, only after it.
    gap_bars : int
        Fewest bars between a training row and a judged row on either side, however short their labels.
    """

    embargo_bars: int
    sides: EmbargoSides
    gap_bars: int

    def keep(self, samples: TrainingSet, places: Places, judged: Sequence[RowRange]) -> NDArray[np.bool_]:
        """Return which of the samples at `places` may learn while the rows `judged` are judged, bool [len(places)]."""
        row, end = samples.row[places].astype(np.int64), samples.end_row[places].astype(np.int64)
        before = self.embargo_bars if self.sides == "both" else 0
        kept = np.ones(len(places), dtype=bool)
        for r in merged(judged):
            inside = samples.between(r.start, r.stop)
            reach = max(r.stop - 1, int(samples.end_row[inside].max(initial=-1)))
            is_before = (end + before < r.start) & (row + self.gap_bars < r.start)
            is_after = (row > reach + self.embargo_bars) & (row > r.stop - 1 + self.gap_bars)
            kept &= is_before | is_after
        return kept


def places_in(samples: TrainingSet, ranges: Sequence[RowRange]) -> Places:
    """Return the places of the samples whose row is in `ranges`."""
    parts = [np.arange(s.start, s.stop) for s in (samples.between(r.start, r.stop) for r in ranges)]
    return np.concatenate(parts) if parts else np.array([], dtype=np.int64)


def shared_samples(samples: TrainingSet, train: Places, judged: Places) -> int:
    """Return how many samples at `train` live on a bar on which one at `judged` lives; 0 is right.

    Counted bar by bar and not by the rule that purges, so that it can judge it.
    """
    if not len(train) or not len(judged):
        return 0
    last = int(max(samples.end_row[train].max(), samples.end_row[judged].max())) + 1
    births = np.bincount(samples.row[judged], minlength=last + 1)
    deaths = np.bincount(samples.end_row[judged].astype(np.int64) + 1, minlength=last + 1)
    is_occupied = np.cumsum(births[: last + 1] - deaths[: last + 1]) > 0
    before = np.concatenate([[0], np.cumsum(is_occupied)])
    own_end = samples.end_row[train].astype(np.int64) + 1
    return int((before[own_end] > before[samples.row[train]]).sum())
