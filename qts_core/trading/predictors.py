"""Where scores come from: the port that the core asks, and predictions made earlier (design section 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.light import light
from qts_core.market.panel import Floats
from qts_core.market.time import to_micros
from qts_core.market.timeline import Timeline
from qts_core.models.uncertainty import Doubt
from qts_core.trading.stored_doubts import StoredDoubts
from qts_core.trading.strategy import Wish

__all__ = ["Prediction", "Predictor", "StoredPredictor"]


@light
@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Scores of N symbols at one bar.

    Attributes
    ----------
    score, uncertainty : float64 [N]
        Expected return over the model's horizon and its standard deviation, ratios; NaN = no opinion.
    features : float64 [N, F] or None
        What the model saw; None when the prediction was made earlier.
    doubt : Doubt or None
        How sure the model is; None of a model that does not say.
    wishes : tuple of OrderWish or OrderCancel
        Orders that a strategy asks for beside or instead of scores, and those of its own that it wants cancelled.
    """

    score: Floats
    uncertainty: Floats
    features: Floats | None = None
    doubt: Doubt | None = None
    wishes: tuple[Wish, ...] = ()

    def features_digest(self) -> str:
        """Return the sha256 of the features; empty when there are none."""
        if self.features is None:
            return ""
        values = np.where(np.isnan(self.features), np.nan, self.features)
        return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()

    def of(self, symbols: tuple[str, ...], wanted: Sequence[str]) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """Return the features of the `wanted` symbols, in that order."""
        if self.features is None:
            return ()
        return tuple((symbol, tuple(self.features[symbols.index(symbol)].tolist())) for symbol in wanted)


class Predictor(Protocol):
    """What the core asks for scores."""

    @property
    def model_id(self) -> str:
        """Name and content of the model."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The N columns."""

    def advance(self, bars: BarSlice) -> None:
        """Take a bar without predicting: only the features' state moves."""

    def predict(self, bars: BarSlice) -> Prediction:
        """Take a bar and return the scores at its close."""

    def snapshot(self) -> bytes:
        """Return the state, exact."""

    def restore(self, state: bytes) -> None:
        """Take up the state of :meth:`snapshot`."""


class StoredPredictor:
    """Predictions made earlier, looked up by the bar's start; NaN for a bar that has none.

    Parameters
    ----------
    timeline : Timeline
        The T bars.
    symbols : tuple of str
        The N columns.
    predictions : float64 [T, N]
        Each row was predictable at its bar's close.
    uncertainty : float
        Standard deviation of the prediction's error, ratio.
    model_id : str
        Who predicted.
    doubts : StoredDoubts, optional
        How sure it was, on the same bars and symbols.
    """

    def __init__(
        self,
        timeline: Timeline,
        symbols: tuple[str, ...],
        predictions: Floats,
        *,
        uncertainty: float = float("nan"),
        model_id: str = "stored",
        doubts: StoredDoubts | None = None,
    ) -> None:
        if predictions.shape != (len(timeline), len(symbols)):
            raise ValueError(f"predictions are {predictions.shape}, expected {(len(timeline), len(symbols))}")
        self.model_id = model_id
        self.symbols = symbols
        self._values = np.ascontiguousarray(predictions)
        self._rows = {int(ts): row for row, ts in enumerate(timeline.ts_event)}
        self._none: Floats = np.full(len(symbols), np.nan)
        self._uncertainty: Floats = np.full(len(symbols), uncertainty)
        self._doubts = doubts

    def advance(self, bars: BarSlice) -> None:
        """Do nothing: there is no state."""

    def predict(self, bars: BarSlice) -> Prediction:
        """Return the stored scores of the bar."""
        row = self._rows.get(to_micros(bars.ts_event))
        if row is None:
            return Prediction(self._none, self._uncertainty)
        doubt = None if self._doubts is None else self._doubts.at(row)
        return Prediction(self._values[row], self._uncertainty, doubt=doubt)

    def snapshot(self) -> bytes:
        """Return nothing: there is no state."""
        return b""

    def restore(self, state: bytes) -> None:
        """Do nothing: there is no state."""
