"""Scores of a live model over streaming features (design sections 3 and 4)."""

from __future__ import annotations

import numpy as np

from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.models.bundle import LoadedModel
from qts_core.trading.predictors import Prediction

__all__ = ["LivePredictor"]


class LivePredictor:
    """A model over a streaming feature engine.

    Parameters
    ----------
    engine : FeatureEngine
        Gives at least the model's features.
    model : LoadedModel
        A verified bundle.
    """

    def __init__(self, engine: FeatureEngine, model: LoadedModel) -> None:
        place = {name: i for i, name in enumerate(engine.names)}
        self._engine = engine
        self._model = model
        self._columns = np.array([place[name] for name in model.feature_names], dtype=np.int64)
        self._uncertainty: Floats = np.full(len(engine.symbols), model.dispersion)
        self.latest: Prediction | None = None
        """What was predicted last, for whoever shows it."""

    @property
    def model_id(self) -> str:
        """Name and content of the model."""
        return self._model.model_id

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The F features that a prediction shows, in order."""
        return self._model.feature_names

    @property
    def symbols(self) -> tuple[str, ...]:
        """The N columns."""
        return tuple(self._engine.symbols)

    def advance(self, bars: BarSlice) -> None:
        """Move the features on by one bar."""
        self._engine.push(FeatureBlock.of_slice(bars))

    def predict(self, bars: BarSlice) -> Prediction:
        """Move the features on by one bar and score them; a symbol without a bar gets no score."""
        values = self._engine.push(FeatureBlock.of_slice(bars))
        features = np.ascontiguousarray(values[self._columns, 0, :].T)
        score = np.where(bars.present(), self._model.score(features), np.nan)
        self.latest = Prediction(score, self._uncertainty, features, self._model.doubt(features))
        return self.latest

    def snapshot(self) -> bytes:
        """Return the engine's state."""
        return self._engine.snapshot()

    def restore(self, state: bytes) -> None:
        """Take up the engine's state."""
        self._engine.restore(state)
