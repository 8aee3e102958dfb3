"""What a strategy needs before a fold is fitted: features that its patterns name, a start that has seen no test (7.2).

A model that is grown on from an earlier one has learned from that one's labels too, up to its `training_timestamp`.
Every test of the new plan must begin after that: a fold that is judged on bars its start has learned from is judged on
nothing.
"""

from __future__ import annotations

from qts_core.market.errors import TrainingError
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import Fold

__all__ = ["check_patterns", "check_start"]


def check_patterns(entry: TrainingEntry, names: tuple[str, ...]) -> None:
    """Refuse a pattern of the strategy that fits none of the features offered.

    Raises
    ------
    TrainingError
        QTS-MODEL-031.
    """
    if idle := entry.strategy.idle_patterns(names):
        raise TrainingError(
            "QTS-MODEL-031", "a pattern fits no feature", where=f"models.yaml {entry.key} training",
            found=", ".join(idle), expected="names or patterns of its features",
            fix="`qts features list` shows the names; correct the pattern",
        )  # fmt: skip


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
