"""A model trained anew in every window, and the alpha's settings tuned on what it says out of fold (11.4, 7.3).

In each window the model is trained on the window's training rows and scores what comes next. The alpha's settings are
sought on scores of the training rows by models that did not learn from them: purged k-fold within the training rows. So
neither model nor settings know anything of the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.models.base import Parameter
from qts_core.research.walk_forward.bench import Outcome
from qts_core.research.walk_forward.ml_bench import ScoresBench
from qts_core.research.walk_forward.windows import Window
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import fit_fold, score_places
from qts_core.training.folds import Fold, FoldPlan, RowRange
from qts_core.training.samples import TrainingSet
from qts_core.training.search.space import Space

__all__ = ["RetrainedBench"]

INNER_FOLDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class RetrainedBench:
    """Trains in :meth:`learn`; parameters are tried on :meth:`knowing` what was learned.

    Attributes
    ----------
    entry : TrainingEntry
        The model. Its hyperparameters are fixed: nothing of them was found by looking at a test.
    samples : TrainingSet
    embargo_bars : int
        Kept between training labels and what is scored, beside the purge.
    scored : ScoresBench
        The bench without predictions.
    inner_folds : int
        Parts of the training rows, each scored by a model of the others.
    """

    entry: TrainingEntry
    samples: TrainingSet
    embargo_bars: int
    scored: ScoresBench
    inner_folds: int = INNER_FOLDS
    engine: str = "retrained"

    @property
    def name(self) -> str:
        """``ml-`` and the model."""
        return self.scored.name

    @property
    def space(self) -> Space:
        """Where the alpha's settings may lie."""
        return self.scored.space

    @property
    def horizon_bars(self) -> int:
        """Of the model's label."""
        return self.scored.horizon_bars

    @property
    def timeline(self) -> Timeline:
        """The bars."""
        return self.scored.timeline

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides an outcome beside parameters and rows."""
        return {**self.scored.identity, "inner_folds": self.inner_folds, "engine": self.engine}

    def learn(self, window: Window) -> Floats:
        """Return what models say of the rows of `window`, float64 [T, N]; none of them learned from what it scores.

        Of the training rows models of the other parts speak, of the tuning rows the model of the training rows, of the
        test the model of both.

        Raises
        ------
        TrainingError
            If a window has too few samples.
        """
        found = np.full((len(self.timeline), len(self.samples.symbols)), np.nan)
        ahead = window.test if window.tune is None else window.tune
        fold = Fold(0, (window.train,), (ahead,))
        plan = self._plan(fold)
        inner = plan.inner(fold, groups=self.inner_folds)
        for each in inner.folds:
            self._score(inner, each, found, f"window {window.number + 1}, part {each.index + 1}")
        self._score(plan, fold, found, f"window {window.number + 1}")
        if window.tune is not None:
            whole = Fold(0, (RowRange(window.train.start, window.tune.stop),), (window.test,))
            self._score(self._plan(whole), whole, found, f"window {window.number + 1}, with its tuning rows")
        return found

    def knowing(self, scores: Floats) -> ScoresBench:
        """Return the bench on which the alpha's settings are tried on `scores` [T, N]."""
        return replace(self.scored, predictions=scores)

    def run(self, parameters: Mapping[str, Parameter], rows: RowRange) -> Outcome:
        """Trade nothing: before a model is trained it says nothing."""
        return self.scored.run(parameters, rows)

    def scores(self, parameters: Mapping[str, Parameter]) -> Floats | None:
        """Return nothing: no model is trained yet."""
        del parameters
        return None

    def outcomes(self) -> Floats:
        """Return what predictions speak of, float64 [T, N]."""
        return self.scored.outcomes()

    def _plan(self, fold: Fold) -> FoldPlan:
        line = self.timeline
        return FoldPlan(
            scheme="walk_forward", rows=len(line), first_ts=int(line.ts_event[0]), last_ts=int(line.ts_known[-1]),
            horizon_bars=self.horizon_bars, embargo_bars=self.embargo_bars, folds=(fold,), final=fold.train[0],
            holdout=RowRange(len(line), len(line)),
        )  # fmt: skip

    def _score(self, plan: FoldPlan, fold: Fold, into: Floats, where: str) -> None:
        fitted = fit_fold(self.entry, self.samples, plan, fold, where)
        places: NDArray[np.int64] = plan.test_samples(fold, self.samples)
        into[self.samples.row[places], self.samples.column[places]] = score_places(fitted, self.samples, places)
