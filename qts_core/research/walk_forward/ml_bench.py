"""Trials of the ML alpha's own settings on stored out-of-sample predictions: smoothing and thresholds (11.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.models.base import Parameter
from qts_core.research.walk_forward.bench import Outcome
from qts_core.training.folds import RowRange
from qts_core.training.search.space import Number, Space
from qts_core.training.search.trading import TradingTape

__all__ = ["ML_SPACE", "ScoresBench"]

ML_SPACE: Final = Space(
    (
        Number("smoothing_bars", 0, 52, is_integer=True),
        Number("entry_threshold", 0.1, 0.9),
        Number("exit_threshold", -0.5, 0.1),
    )
)
"""Of the alpha and the selection after it; all else is as configured."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoresBench:
    """Trials on predictions that were made out of sample, by the decision path's own steps on weights.

    Attributes
    ----------
    model : str
        Key in models.yaml.
    tape : TradingTape
        The market under the configured settings.
    predictions : float64 [T, N]
        NaN where there is none.
    timeline : Timeline
    horizon_bars : int
        Of the model's label.
    outcome : float64 [T, N]
        The return that each prediction speaks of, NaN where it is not known.
    source : mapping
        Names predictions, bars and settings, JSON values.
    kind : str
        ``scores`` of stored predictions, ``ml`` of a model that is trained in each window.
    """

    model: str
    tape: TradingTape
    predictions: Floats
    timeline: Timeline
    horizon_bars: int
    outcome: Floats
    source: Mapping[str, object]
    kind: str = "scores"
    space: Space = ML_SPACE
    engine: str = "tape"

    @property
    def name(self) -> str:
        """``scores-`` or ``ml-``, and the model."""
        return f"{self.kind}-{self.model}"

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides an outcome beside parameters and rows."""
        return {**self.source, "engine": self.engine}

    def run(self, parameters: Mapping[str, Parameter], rows: RowRange) -> Outcome:
        """Trade `rows` from flat to flat."""
        alpha = replace(self.tape.alpha, smoothing_bars=int(parameters["smoothing_bars"]))
        portfolio = replace(
            self.tape.portfolio,
            entry_threshold=float(parameters["entry_threshold"]),
            exit_threshold=float(parameters["exit_threshold"]),
        )
        tape = replace(self.tape, alpha=alpha, portfolio=portfolio)
        return Outcome(tape.trade(self.predictions, (rows,)), float("nan"))

    def scores(self, parameters: Mapping[str, Parameter]) -> Floats | None:
        """Return the predictions: the parameters do not change what they know."""
        del parameters
        return np.asarray(self.predictions)

    def outcomes(self) -> Floats:
        """Return what the predictions speak of, float64 [T, N]."""
        return np.asarray(self.outcome)
