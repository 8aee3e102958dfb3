"""The fold plan as data: which bars train and which bars judge, with purge and embargo (specification 7.3, X-18).

One plan is shared by training, search, stacking and backtest. A training sample is kept only when its label has ended
before a test range begins (purge) by at least the embargo, so no bar serves both sides.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import TrainingError
from qts_core.market.ids import digest
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.training.samples import TrainingSet

__all__ = ["Fold", "FoldPlan", "RowRange", "walk_forward"]


@dataclass(frozen=True, slots=True)
class RowRange:
    """Rows ``[start, stop)`` of the timeline."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Fold:
    """One split: models fitted on `train` are judged on `test`."""

    index: int
    train: tuple[RowRange, ...]
    test: tuple[RowRange, ...]


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """Every split of a study, frozen.

    Attributes
    ----------
    scheme : str
        ``"walk_forward"``.
    rows : int
        Rows of the timeline it was made for.
    first_ts, last_ts : int
        Start of the first and end of the last bar, microseconds UTC; they tie the row numbers to instants.
    horizon_bars, embargo_bars : int
        Bars of a label after its entry, and the extra distance kept between the end of a training label and a test.
    folds : tuple of Fold
    final : RowRange
        Rows the model that goes live is fitted on.
    holdout : RowRange
        Last rows, which no fold touches and no label of `final` reaches.
    """

    scheme: str
    rows: int
    first_ts: int
    last_ts: int
    horizon_bars: int
    embargo_bars: int
    folds: tuple[Fold, ...]
    final: RowRange
    holdout: RowRange

    @property
    def hash(self) -> str:
        """Identity of the plan, sha256."""
        return digest(asdict(self))

    @property
    def test_rows(self) -> RowRange:
        """From the first to the last row that a fold judges."""
        ranges = [r for fold in self.folds for r in fold.test]
        return RowRange(min(r.start for r in ranges), max(r.stop for r in ranges))

    def train_samples(self, fold: Fold, samples: TrainingSet) -> NDArray[np.int64]:
        """Return the places of the samples that may train `fold`: known label, purged, embargoed."""
        return self._clean(samples, fold.train, fold.test)

    def final_samples(self, samples: TrainingSet) -> NDArray[np.int64]:
        """Return the places of the samples that may train the model that goes live."""
        return self._clean(samples, (self.final,), (self.holdout,) if len(self.holdout) else ())

    def overlap(self, samples: TrainingSet) -> int:
        """Return how many training samples share a bar with a test sample of their fold, summed over folds; 0 is right.

        A sample occupies the bars from its own to the last one its label uses.
        """
        shared = 0
        for fold in self.folds:
            occupied = np.zeros(self.rows + self.horizon_bars + 2, dtype=bool)
            for test in fold.test:
                place = samples.between(test.start, test.stop)
                for start, end in {(int(r), int(e)) for r, e in _intervals(samples, place)}:
                    occupied[start : end + 1] = True
            before = np.concatenate([[0], np.cumsum(occupied)])
            train = self.train_samples(fold, samples)
            last = np.minimum(samples.end_row[train].astype(np.int64) + 1, len(occupied))
            shared += int((before[last] > before[samples.row[train]]).sum())
        return shared

    def describe(self, timeline: Timeline) -> tuple[dict[str, str], ...]:
        """Return one mapping per fold with its dates, for tables."""
        return tuple(
            {
                "fold": str(fold.index + 1),
                "train": ", ".join(_span(timeline, r) for r in fold.train),
                "test": ", ".join(_span(timeline, r) for r in fold.test),
            }
            for fold in self.folds
        )

    def _clean(
        self, samples: TrainingSet, train: tuple[RowRange, ...], test: tuple[RowRange, ...]
    ) -> NDArray[np.int64]:
        parts = [np.arange(s.start, s.stop) for s in (samples.between(r.start, r.stop) for r in train)]
        places = np.concatenate(parts) if parts else np.array([], dtype=np.int64)
        keep = np.isfinite(samples.labels[places])
        row, end = samples.row[places].astype(np.int64), samples.end_row[places].astype(np.int64)
        for r in test:
            # the label's bars before the test, or the sample after everything a test label uses
            is_before = end + self.embargo_bars < r.start
            is_after = row > r.stop - 1 + self.horizon_bars + 1 + self.embargo_bars
            keep &= is_before | is_after
        clean: NDArray[np.int64] = places[keep]
        return clean


def walk_forward(
    timeline: Timeline,
    *,
    train_sessions: int,
    test_sessions: int,
    step_sessions: int,
    horizon_bars: int,
    embargo_bars: int = 0,
    holdout_sessions: int = 1,
) -> FoldPlan:
    """Lay out a rolling walk-forward whose last test ends where the hold-out begins.

    The final model is fitted on the `train_sessions` before the hold-out, exactly as each fold was, so that the folds
    speak of the procedure that goes live.

    Parameters
    ----------
    timeline : Timeline
        T rows.
    train_sessions, test_sessions, step_sessions, holdout_sessions : int
        Lengths in trading sessions.
    horizon_bars, embargo_bars : int
        Label horizon, and the extra distance between a training label's end and a test.

    Raises
    ------
    TrainingError
        If the timeline is too short for one fold.
    ValueError
        If test windows would overlap (step shorter than test) or a length is not positive.
    """
    if min(train_sessions, test_sessions, horizon_bars) < 1 or min(embargo_bars, holdout_sessions) < 0:
        raise ValueError("train, test and horizon must be at least 1, embargo and hold-out at least 0")
    if step_sessions < test_sessions:
        raise ValueError(f"step_sessions {step_sessions} < test_sessions {test_sessions}: a bar would be judged twice")
    starts = [rows.start for _, rows in timeline.session_rows()] + [len(timeline)]
    sessions = len(starts) - 1
    end = sessions - holdout_sessions
    folds: list[Fold] = []
    while end - test_sessions - train_sessions >= 0:
        first_test = end - test_sessions
        train = RowRange(starts[first_test - train_sessions], starts[first_test])
        folds.append(Fold(0, (train,), (RowRange(starts[first_test], starts[end]),)))
        end -= step_sessions
    if not folds:
        raise TrainingError(
            "QTS-MODEL-003", "too few sessions for one fold", found=sessions,
            expected=f"at least {train_sessions} to train + {test_sessions} to test + {holdout_sessions} held out",
            fix="import more bars, or shorten training.train_sessions and test_sessions in models.yaml",
        )  # fmt: skip
    last = sessions - holdout_sessions
    return FoldPlan(
        "walk_forward", len(timeline), int(timeline.ts_event[0]), int(timeline.ts_known[-1]), horizon_bars,
        embargo_bars, tuple(Fold(i, f.train, f.test) for i, f in enumerate(reversed(folds))),
        RowRange(starts[last - train_sessions], starts[last]), RowRange(starts[last], len(timeline)),
    )  # fmt: skip


def _intervals(samples: TrainingSet, place: slice) -> NDArray[np.int64]:
    pairs = np.stack([samples.row[place], samples.end_row[place]], axis=1).astype(np.int64)
    return np.unique(pairs, axis=0)


def _span(timeline: Timeline, rows: RowRange) -> str:
    first = from_micros(int(timeline.ts_event[rows.start]))
    last = from_micros(int(timeline.ts_known[rows.stop - 1]))
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
