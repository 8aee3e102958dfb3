"""When a model may be grown on from an earlier one without having seen a test (specification 7.2).

The earlier model learned from labels up to its `training_timestamp`. Every test of the new plan must begin after that:
a fold that is judged on bars its starting point has learned from is judged on nothing.
"""

from __future__ import annotations

from qts_core.market.errors import TrainingError
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import Fold

__all__ = ["check_start"]


def check_start(entry: TrainingEntry, timeline: Timeline, fold: Fold, where: str) -> None:
    """Refuse a starting point that knows bars on which `fold` is judged.

    Raises
    ------
    TrainingError
        QTS-MODEL-033, saying when the first test begins and how far the earlier model has seen.
    """
    if entry.start is None or not fold.test:
        return
    known = entry.start.training_timestamp
    begins = from_micros(int(timeline.ts_event[min(part.start for part in fold.test)]))
    if known is None or known > begins:
        raise TrainingError(
            "QTS-MODEL-033", "the version to continue from has seen bars of a test", where=f"{entry.key}, {where}",
            found="not fitted" if known is None else f"it knows labels until {known:%Y-%m-%d %H:%M} UTC",
            expected=f"nothing after {begins:%Y-%m-%d %H:%M} UTC",
            fix="continue from an older version, or let tests begin later (models.yaml training)",
        )  # fmt: skip
