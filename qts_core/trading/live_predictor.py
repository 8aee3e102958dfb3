"""Scores of a live model over streaming features (design sections 3 and 4)."""

from __future__ import annotations

import numpy as np

from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.models.bar_scorer import BarScorer, joined, parted
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
    scorer : BarScorer, optional
        What the model remembers of the bars before, as the engine has; it begins without memory by default.
    """

    def __init__(self, engine: FeatureEngine, model: LoadedModel, scorer: BarScorer | None = None) -> None:
        place = {name: i for i, name in enumerate(engine.names)}
        self._engine = engine
        self._model = model
        self._scorer = BarScorer(model) if scorer is None else scorer
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
        values = self._engine.push(FeatureBlock.of_slice(bars))
        if not self._scorer.is_stateless:
            self._scorer.advance(self._rows(values), bars.present())

    def predict(self, bars: BarSlice) -> Prediction:
        """Move the features on by one bar and score them; a symbol without a bar gets no score."""
        values = self._engine.push(FeatureBlock.of_slice(bars))
        features = self._rows(values)
        score = self._scorer.score(features, bars.present())
        self.latest = Prediction(score, self._uncertainty, features, self._model.doubt(features))
        return self.latest

    def snapshot(self) -> bytes:
        """Return the engine's state, and before it what the model remembers of the market, if it does."""
        state = self._engine.snapshot()
        return state if self._scorer.is_stateless else joined(self._scorer.snapshot(), state)

    def restore(self, state: bytes) -> None:
        """Take up the state of :meth:`snapshot`."""
        if not self._scorer.is_stateless:
            memory, state = parted(state)
            self._scorer.restore(memory)
        self._engine.restore(state)

    def _rows(self, values: Floats) -> Floats:
        """Return the model's features of the newest bar, float64 [N, F]."""
        return np.ascontiguousarray(values[self._columns, 0, :].T)
