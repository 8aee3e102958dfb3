"""One trial, one inner fold at a time: fit, score what the fold never saw, trade it net of costs (7.3, 11.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.base import Parameter
from qts_core.training.entry import TrainingEntry
from qts_core.training.evaluation import rank_ic
from qts_core.training.fitting import Fitted, fit_fold, score_rows
from qts_core.training.folds import Fold, FoldPlan, RowRange
from qts_core.training.samples import TrainingSet
from qts_core.training.search.objective import Evidence, FoldEvidence, complexity
from qts_core.training.search.space import Space
from qts_core.training.search.trading import NetReturns, TradingTape

__all__ = ["Bench", "FoldTrial", "evidence_of"]


@dataclass(frozen=True, slots=True, eq=False)
class FoldTrial:
    """One inner fold of a trial, with the complexity of its model."""

    evidence: FoldEvidence
    complexity: float


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """On what every trial of a study is judged.

    Attributes
    ----------
    entry : TrainingEntry
        The model; trials replace its hyperparameters.
    samples : TrainingSet
    plan : FoldPlan
        A plan within the training rows of an outer fold: what that fold is judged on guards it.
    tape : TradingTape
    space : Space
        What is searched.
    """

    entry: TrainingEntry
    samples: TrainingSet
    plan: FoldPlan
    tape: TradingTape
    space: Space

    def trial(self, parameters: Mapping[str, Parameter], fold: Fold) -> FoldTrial:
        """Fit `parameters` on the training rows of an inner `fold`, and judge them on its test rows.

        Raises
        ------
        TradingSystemError
            If the model refuses the hyperparameters, or there are too few samples.
        """
        entry = replace(self.entry, parameters=dict(parameters))
        fitted = fit_fold(entry, self.samples, self.plan, fold, f"inner fold {fold.index + 1}")
        judged = sum(len(rows) for rows in fold.test)
        outside, outside_ic = self._traded(fitted, fold.test, self.plan.test_samples(fold, self.samples))
        learned = first_rows(fold.train, judged)
        places = np.concatenate([np.arange(s.start, s.stop) for s in map(self._between, learned)])
        inside, inside_ic = self._traded(fitted, learned, places)
        size = complexity(parameters, len(fitted.columns), samples=len(fitted.samples))
        return FoldTrial(FoldEvidence(outside, inside, outside_ic, inside_ic), size)

    def _between(self, rows: RowRange) -> slice:
        return self.samples.between(rows.start, rows.stop)

    def _traded(
        self, fitted: Fitted, rows: tuple[RowRange, ...], places: NDArray[np.int64]
    ) -> tuple[NetReturns, float]:
        samples = self.samples
        scores = np.full((len(samples.timeline), len(samples.symbols)), np.nan)
        returns = np.full(scores.shape, np.nan)
        at = (samples.row[places], samples.column[places])
        scores[at] = score_rows(fitted, samples.features[places])
        returns[at] = samples.returns[places]
        return self.tape.trade(scores, rows), mean_ic(scores, returns, rows)


def evidence_of(trials: tuple[FoldTrial, ...]) -> Evidence:
    """Return the folds of one trial so far as evidence."""
    return Evidence(tuple(trial.evidence for trial in trials), float(np.mean([trial.complexity for trial in trials])))


def first_rows(ranges: tuple[RowRange, ...], count: int) -> tuple[RowRange, ...]:
    """Return the first `count` rows of `ranges`."""
    found, left = [], count
    for rows in ranges:
        if left <= 0:
            break
        found.append(RowRange(rows.start, min(rows.stop, rows.start + left)))
        left -= len(found[-1])
    return tuple(found)


def mean_ic(scores: Floats, returns: Floats, rows: tuple[RowRange, ...]) -> float:
    """Return the mean rank information coefficient over `rows`; NaN without one."""
    found = np.concatenate([rank_ic(scores[r.start : r.stop], returns[r.start : r.stop]) for r in rows])
    known = found[np.isfinite(found)]
    return float(known.mean()) if len(known) else math.nan
