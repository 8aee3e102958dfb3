"""Windows with purged edges: where parameters are sought, where finalists are compared, where judged (11.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from qts_core.market.errors import TrainingError
from qts_core.market.timeline import Timeline
from qts_core.research.walk_forward.settings import WalkForwardSettings
from qts_core.training.folds import RowRange
from qts_core.training.folds.walk_forward import walk_forward, walk_forward_months

__all__ = ["Window", "first_day", "last_day", "lay_out"]

EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of one step; the purge is already cut off the ends of `train` and `tune`."""

    number: int
    train: RowRange
    tune: RowRange | None
    test: RowRange

    def dates(self, timeline: Timeline) -> Mapping[str, tuple[str, str]]:
        """Return first and last session of each part, ISO dates."""
        parts = {"train": self.train, "tune": self.tune, "test": self.test}
        return {n: (first_day(timeline, r), last_day(timeline, r)) for n, r in parts.items() if r is not None}


def lay_out(timeline: Timeline, settings: WalkForwardSettings, *, horizon_bars: int) -> tuple[Window, ...]:
    """Return the windows over `timeline`, oldest first.

    Parameters
    ----------
    horizon_bars : int
        How far ahead the strategy looks; the purge is at least so long.

    Raises
    ------
    TrainingError
        If the timeline is too short, windows overlap, or the purge leaves nothing.
    """
    lengths = settings.windows
    if settings.unit == "months":
        plan = walk_forward_months(
            timeline, lengths, horizon_bars=horizon_bars, holdout_sessions=settings.holdout_sessions,
            is_anchored=settings.is_anchored,
        )  # fmt: skip
    else:
        plan = walk_forward(
            timeline, train_sessions=lengths.train + lengths.validation, test_sessions=lengths.test,
            step_sessions=lengths.step, horizon_bars=horizon_bars, holdout_sessions=settings.holdout_sessions,
            is_anchored=settings.is_anchored,
        )  # fmt: skip
    purge = max(settings.purge_bars, horizon_bars)
    found = []
    for fold in plan.folds:
        train, test = fold.train[0], fold.test[0]
        tune = fold.validation[0] if fold.validation else None
        if settings.unit == "sessions" and lengths.validation:
            train, tune = _split(timeline, train, lengths.validation)
        found.append(Window(fold.index, _purged(train, purge), None if tune is None else _purged(tune, purge), test))
    return tuple(found)


def first_day(timeline: Timeline, rows: RowRange) -> str:
    """Return the session of the first of `rows`, ISO date."""
    return date.fromordinal(EPOCH + int(timeline.session[rows.start])).isoformat()


def last_day(timeline: Timeline, rows: RowRange) -> str:
    """Return the session of the last of `rows`, ISO date."""
    return date.fromordinal(EPOCH + int(timeline.session[rows.stop - 1])).isoformat()


def _split(timeline: Timeline, rows: RowRange, sessions: int) -> tuple[RowRange, RowRange]:
    """Cut the last `sessions` off `rows`."""
    days = np.unique(timeline.session[rows.start : rows.stop])
    edge = int(np.searchsorted(timeline.session, days[-sessions]))
    return RowRange(rows.start, edge), RowRange(edge, rows.stop)


def _purged(rows: RowRange, purge: int) -> RowRange:
    if len(rows) <= 2 * purge:
        raise TrainingError(
            "QTS-EXEC-066", "the purge leaves a window nothing to learn from", where="qts walk-forward",
            found=f"{len(rows)} bars", expected=f"more than {2 * purge}", fix="lengthen --train and --tune",
        )  # fmt: skip
    return RowRange(rows.start, rows.stop - purge)
