"""The fold plan as data: which bars train and which bars judge, with purge and embargo (specification 7.3, X-18).

One plan is shared by training, search, selection, stacking, calibration and backtest. A training sample is kept only
when its label has ended before a test range begins, or its own bar comes after every label of the test has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.ids import digest
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.training.folds.nested import InnerMethod, plan_within, with_tail
from qts_core.training.folds.paths import BacktestPath, backtest_paths
from qts_core.training.folds.purge import EmbargoSides, Places, PurgeRule, places_in, shared_samples
from qts_core.training.folds.ranges import Fold, RowRange, Scheme, merged
from qts_core.training.folds.stored import content_of, fields_of, stored_text
from qts_core.training.folds.validity import check
from qts_core.training.samples import TrainingSet

__all__ = ["FoldPlan"]


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """Every split of a study, frozen; refused on construction when it contradicts itself.

    Attributes
    ----------
    scheme : str
        How it was laid out.
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
        Last rows, which no fold touches and no label that anything learns from reaches.
    final_validation : RowRange, optional
        Rows after `final` on which the model that goes live is stopped or tuned, where folds have such rows.
    embargo_sides : {"both", "after"}
        Whether the embargo is kept on both sides of a test, or only after it.
    gap_bars : int
        Fewest bars between a training row and a test row, however short the labels.
    guards : tuple of RowRange
        Of a plan within a fold: the rows that fold is judged on. No sample whose label reaches them is used for
        anything, neither to learn nor to judge.

    Raises
    ------
    TrainingError
        QTS-MODEL-020 with the first contradiction.
    """

    scheme: Scheme
    rows: int
    first_ts: int
    last_ts: int
    horizon_bars: int
    embargo_bars: int
    folds: tuple[Fold, ...]
    final: RowRange
    holdout: RowRange
    final_validation: RowRange | None = None
    embargo_sides: EmbargoSides = "both"
    gap_bars: int = 0
    guards: tuple[RowRange, ...] = ()

    def __post_init__(self) -> None:
        check(self)

    @property
    def hash(self) -> str:
        """Identity of the plan, sha256."""
        return digest(content_of(self))

    @property
    def test_rows(self) -> RowRange:
        """From the first to the last row that a fold judges."""
        ranges = [r for fold in self.folds for r in fold.test]
        return RowRange(min(r.start for r in ranges), max(r.stop for r in ranges))

    @property
    def final_fold(self) -> Fold:
        """The model that goes live as a fold: it learns from `final` and is kept clear of the hold-out."""
        validation = () if self.final_validation is None else (self.final_validation,)
        return Fold(len(self.folds), (self.final,), (self.holdout,) if len(self.holdout) else (), validation)

    @property
    def is_history(self) -> bool:
        """Whether every fold learns only from what came before its test, so that its predictions could be traded."""
        return all(max(r.stop for r in (*f.train, *f.validation)) <= min(r.start for r in f.test) for f in self.folds)

    @property
    def paths(self) -> tuple[BacktestPath, ...]:
        """Every way through the judged rows: one, or k / N · C(N, k) in a combinatorial plan."""
        return backtest_paths(self.folds)

    @property
    def rule(self) -> PurgeRule:
        """The distance that training keeps from what is judged."""
        return PurgeRule(self.embargo_bars, self.embargo_sides, self.gap_bars)

    def train_samples(self, fold: Fold, samples: TrainingSet) -> Places:
        """Return the places of the samples that may train `fold`: known label, purged, embargoed."""
        return self._labelled(samples, fold.train, (*fold.validation, *fold.test))

    def validation_samples(self, fold: Fold, samples: TrainingSet) -> Places:
        """Return the places of the samples that may stop or tune `fold`: the same care before its test."""
        return self._labelled(samples, fold.validation, fold.test)

    def test_samples(self, fold: Fold, samples: TrainingSet) -> Places:
        """Return the places of the samples that judge `fold`, with or without a label; none whose label is guarded."""
        places = places_in(samples, fold.test)
        return places[self.rule.keep(samples, places, self.guards)]

    def final_samples(self, samples: TrainingSet) -> Places:
        """Return the places of the samples that may train the model that goes live."""
        return self.train_samples(self.final_fold, samples)

    def tail(self, fold: Fold, share: float) -> Fold:
        """Return `fold` with the last `share` of its training rows as validation: for early stopping and calibration.

        A fold that has a validation window of its own comes back as it is.
        """
        return with_tail(fold, share)

    def inner(self, fold: Fold, *, groups: int = 5, method: InnerMethod = "purged_k_fold") -> FoldPlan:
        """Return a plan within the training rows of `fold`: for search, stacking and calibration.

        Its purge is this plan's, and what `fold` is judged on guards it: no label that reaches there is used.
        ``inner.final_samples`` are this plan's ``train_samples`` of `fold`.

        Parameters
        ----------
        groups : int
            Folds of the plan.
        method : {"purged_k_fold", "walk_forward"}
            Every training row judged once, or expanding windows judged by what comes next.
        """
        return plan_within(self, fold, groups=groups, method=method)

    def overlap(self, samples: TrainingSet) -> int:
        """Return how many training samples share a bar with a sample that judges them, summed over folds; 0 is right.

        A sample occupies the bars from its own to the last one its label uses. Validation samples must not share a
        bar with the test either, nothing with the guards, and no training sample with the hold-out.
        """
        shared, guarded = 0, places_in(samples, self.guards)
        held_out = places_in(samples, (self.holdout,))
        for fold in self.folds:
            train, test = self.train_samples(fold, samples), self.test_samples(fold, samples)
            tuned = self.validation_samples(fold, samples)
            shared += shared_samples(samples, train, np.concatenate([tuned, test, guarded, held_out]))
            shared += shared_samples(samples, tuned, np.concatenate([test, guarded, held_out]))
            shared += shared_samples(samples, test, guarded)
        return shared

    def describe(self, timeline: Timeline) -> tuple[dict[str, str], ...]:
        """Return one mapping per fold with its dates, for tables."""
        return tuple(
            {
                "fold": str(fold.index + 1),
                "train": _spans(timeline, fold.train),
                **({"validation": _spans(timeline, fold.validation)} if fold.validation else {}),
                "test": _spans(timeline, fold.test),
            }
            for fold in self.folds
        )

    def to_json(self) -> str:
        """Return the plan as JSON, with its hash."""
        return stored_text(self)

    @classmethod
    def from_json(cls, text: str) -> FoldPlan:
        """Read what `to_json` wrote.

        Raises
        ------
        TrainingError
            QTS-MODEL-022 if it is no plan or was changed since.
        """
        return cls(**fields_of(text))

    def _labelled(self, samples: TrainingSet, ranges: tuple[RowRange, ...], judged: tuple[RowRange, ...]) -> Places:
        places = places_in(samples, ranges)
        kept_clear_of = (*judged, *self.guards, self.holdout)
        keep = np.isfinite(samples.labels[places]) & self.rule.keep(samples, places, kept_clear_of)
        clean: Places = places[keep]
        return clean


def _spans(timeline: Timeline, ranges: tuple[RowRange, ...]) -> str:
    return ", ".join(_span(timeline, r) for r in merged(ranges))


def _span(timeline: Timeline, rows: RowRange) -> str:
    first = from_micros(int(timeline.ts_event[rows.start]))
    last = from_micros(int(timeline.ts_known[rows.stop - 1]))
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
