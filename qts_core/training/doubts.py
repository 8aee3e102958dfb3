"""How sure the folds' models were out of sample, and how often what they promised came true (specification 9.1).

Intervals are issued bar by bar by the gate of the decision path itself, which hears of an outcome only when its label
has ended; so coverage is measured on what a backtest of the same predictions would have been told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.coverage import Coverage, coverage
from qts_core.analytics.reliability import Reliability, brier_parts, reliability
from qts_core.market.panel import Floats
from qts_core.models.scoring import class_chances
from qts_core.models.uncertainty import UncertaintyModel
from qts_core.trading.abstention import Judged, OpinionGate
from qts_core.trading.stored_doubts import StoredDoubts
from qts_core.training.certainty import doubt_rows
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import Fitted
from qts_core.training.folds import FoldPlan
from qts_core.training.samples import TrainingSet

__all__ = ["Certainty", "DoubtPanels"]

LABEL_DELAY_BARS = 1
"""A label of horizon h ends h + 1 bars after its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Certainty:
    """What was promised out of sample, and what came.

    Attributes
    ----------
    level : float
        Share of outcomes promised.
    horizon_bars : int
    held : mapping of str to float64 [T, N]
        1 where the outcome was inside, 0 where not, NaN = none: ``intervals``, ``sets``, and with adaptive levels
        ``intervals_fixed``, what the intervals would have held had the level stayed.
    width : float64 [T, N]
        Of intervals, ratio; NaN where unbounded or none.
    is_silent : bool [T, N]
        Where the model had a score and abstained.
    is_scored : bool [T, N]
    chances, raw, happened : float64 [T, N], optional
        Probability that the price rises after and before calibration, and whether it did; of a classifier.
    """

    level: float
    horizon_bars: int
    held: Mapping[str, Floats]
    width: Floats
    is_silent: NDArray[np.bool_]
    is_scored: NDArray[np.bool_]
    chances: Floats | None = None
    raw: Floats | None = None
    happened: Floats | None = None

    def coverage(self, name: str, rows: NDArray[np.bool_] | slice = slice(None)) -> Coverage:
        """Judge what was promised under `name` at the bars `rows`."""
        return coverage(self.held[name][rows], horizon_bars=self.horizon_bars, level=self.level)

    def reliability(self, *, is_raw: bool = False) -> Reliability | None:
        """Return the reliability diagram over all bars, of the probabilities before calibration if `is_raw`."""
        said = self.raw if is_raw else self.chances
        return None if said is None or self.happened is None else reliability(said.ravel(), self.happened.ravel())

    def figures(self, rows: NDArray[np.bool_] | slice = slice(None)) -> dict[str, float]:
        """Return the measures of the bars `rows` by name, as trackers show them."""
        found: dict[str, float] = {}
        for name in self.held:
            found |= self.coverage(name, rows).metrics(f"coverage_{name}")
        width, scored = self.width[rows], int(self.is_scored[rows].sum())
        if "intervals" in self.held and np.isfinite(width).any():
            found["interval_width"] = float(np.nanmean(width))
        if scored:
            found["abstained"] = float(self.is_silent[rows].sum()) / scored
        if self.chances is not None and self.happened is not None:
            found |= _probability_figures(self.chances[rows].ravel(), self.happened[rows].ravel(), "")
        if self.raw is not None and self.happened is not None:
            found |= _probability_figures(self.raw[rows].ravel(), self.happened[rows].ravel(), "uncalibrated_")
        return found


def _probability_figures(said: Floats, happened: Floats, prefix: str) -> dict[str, float]:
    parts = brier_parts(said, happened)
    return {
        f"{prefix}calibration_error": reliability(said, happened).expected_error,
        f"{prefix}brier": parts.brier,
        f"{prefix}brier_reliability": parts.reliability,
        f"{prefix}brier_resolution": parts.resolution,
        f"{prefix}brier_uncertainty": parts.uncertainty,
    }


class DoubtPanels:
    """Gathers, fold by fold, how sure models were of the test samples of the first path.

    Parameters
    ----------
    entry : TrainingEntry
    samples : TrainingSet
    plan : FoldPlan
    """

    def __init__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan) -> None:
        self._entry, self._samples = entry, samples
        self._shape = (len(samples.timeline), len(samples.symbols))
        self._fold = np.full(self._shape[0], -1, dtype=np.int64)
        for part in plan.paths[0].parts:
            self._fold[part.rows.start : part.rows.stop] = part.fold
        self._models: list[UncertaintyModel] = []
        self._spread: Floats = np.full(self._shape, np.nan)
        self._chances: Floats | None = None
        self._raw: Floats | None = None
        self._disagreement: Floats | None = None

    def add(self, fold: int, fitted: Fitted, tested: NDArray[np.int64]) -> None:
        """Take the model of a fold, the next in order, and the places of its test samples."""
        if fitted.uncertainty is None:
            return
        self._models.append(fitted.uncertainty)
        places = tested[self._fold[self._samples.row[tested]] == fold]
        features = self._samples.features[places]
        at = (self._samples.row[places], self._samples.column[places])
        doubt = doubt_rows(fitted, features)
        self._spread[at] = doubt.spread
        if doubt.chances is not None:
            self._chances = self._put(self._chances, at, doubt.chances)
        if doubt.disagreement is not None:
            self._disagreement = self._put(self._disagreement, at, doubt.disagreement)
        if fitted.uncertainty.calibrator is not None:
            inputs = np.ascontiguousarray(features[:, fitted.columns])
            self._raw = self._put(self._raw, at, class_chances(fitted.model, inputs, preprocessor=fitted.preprocessor))

    def rows_of(self, fold: int) -> NDArray[np.bool_]:
        """Return which bars `fold` judges on the first path, bool [T]."""
        judged: NDArray[np.bool_] = self._fold == fold
        return judged

    def stored(self) -> StoredDoubts | None:
        """Return the doubts as a backtest reads them; None when the models say nothing of theirs."""
        if not self._models:
            return None
        return StoredDoubts(tuple(self._models), self._fold, self._spread, self._chances, self._disagreement)

    def judged(self, scores: Floats) -> Certainty | None:
        """Issue what is promised of float64 [T, N] scores, bar by bar, and compare it with what came."""
        stored = self.stored()
        if stored is None:
            return None
        samples, model = self._samples, self._models[0]
        everything = slice(0, len(samples))
        labels = samples.panel_of(samples.labels, everything)
        returns = samples.panel_of(samples.returns, everything)
        issued = _issue(stored, samples.symbols, scores, returns, np.isfinite(labels), model.horizon_bars)
        outcomes = returns if self._entry.target.is_classification else labels
        held: dict[str, Floats] = {}
        if model.intervals is not None:
            held["intervals"] = 1.0 - _missed(issued, outcomes)
        if model.sets is not None:
            held["sets"] = _held_by_sets(stored, samples.symbols, issued, labels)
        if model.intervals is not None and model.is_adaptive:
            fixed = _issue(_fixed(stored), samples.symbols, scores, returns, np.isfinite(labels), model.horizon_bars)
            held["intervals_fixed"] = 1.0 - _missed(fixed, outcomes)
        low, high = (_stacked([getattr(one, name) for one in issued], self._shape) for name in ("low", "high"))
        heard = _stacked([one.score for one in issued], self._shape)
        scored = np.isfinite(scores)
        return Certainty(
            model.level, model.horizon_bars, held, high - low, scored & np.isnan(heard), scored,
            _rising(self._chances, model), _rising(self._raw, model), self._happened(labels, model),
        )  # fmt: skip

    def _put(self, panel: Floats | None, at: tuple[NDArray[np.int32], NDArray[np.int32]], values: Floats) -> Floats:
        if panel is None:
            panel = np.full((*self._shape, *values.shape[1:]), np.nan)
        panel[at] = values
        return panel

    def _happened(self, labels: Floats, model: UncertaintyModel) -> Floats | None:
        if self._chances is None:
            return None
        known = np.isfinite(labels)
        signs = np.array(model.signs)[np.where(known, labels, 0.0).astype(np.int64)]
        return np.where(known, (signs > 0.0).astype(np.float64), np.nan)


def _issue(
    stored: StoredDoubts,
    symbols: tuple[str, ...],
    scores: Floats,
    returns: Floats,
    members: NDArray[np.bool_],
    horizon_bars: int,
) -> list[Judged]:
    gate, delay = OpinionGate(symbols), horizon_bars + LABEL_DELAY_BARS
    return [
        gate.step(
            scores[row], stored.at(row), members[row].astype(np.float64), returns[row - delay] if row >= delay else None
        )
        for row in range(len(scores))
    ]


def _fixed(stored: StoredDoubts) -> StoredDoubts:
    return replace(stored, models=tuple(model.fixed() for model in stored.models))


def _missed(issued: list[Judged], outcomes: Floats) -> Floats:
    nothing = np.full(outcomes.shape[1], np.nan)
    return np.stack(
        [
            nothing if one.issued is None else one.issued.missed_interval(outcome)
            for one, outcome in zip(issued, outcomes, strict=True)
        ]
    )


def _held_by_sets(stored: StoredDoubts, symbols: tuple[str, ...], issued: list[Judged], labels: Floats) -> Floats:
    """Return 1 where the class that came was in the set, float64 [T, N]."""
    held = np.full(labels.shape, np.nan)
    for row, one in enumerate(issued):
        doubt, label = stored.at(row), labels[row]
        if doubt is None or doubt.chances is None or one.issued is None:
            continue
        if doubt.model.is_adaptive:
            held[row] = 1.0 - one.issued.missed_set(label)
            continue
        known = np.isfinite(label) & np.isfinite(one.issued.centre)
        holds = doubt.model.holds(doubt.chances, symbols, {})
        came = np.where(known, label, 0.0).astype(np.int64)
        held[row] = np.where(known, holds[np.arange(len(came)), came], np.nan)
    return held


def _stacked(rows: list[Floats | None], shape: tuple[int, int]) -> Floats:
    nothing = np.full(shape[1], np.nan)
    return np.stack([nothing if row is None else row for row in rows])


def _rising(chances: Floats | None, model: UncertaintyModel) -> Floats | None:
    """Return the probability of the classes that rise, float64 [T, N]."""
    return None if chances is None else chances[:, :, np.array(model.signs) > 0.0].sum(axis=2)
