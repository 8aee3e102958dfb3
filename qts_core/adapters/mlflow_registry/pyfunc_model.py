"""The bundle as an MLflow model, so that `mlflow.pyfunc.load_model("models:/qts_…@champion")` just works.

MLflow runs this file when it loads the model ("models from code"); no pickle is written or read.
"""

# No `from __future__ import annotations` here: MLflow reads the type hints of `predict` as they stand.
import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from qts_core.market.panel import Floats
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.models.uncertainty import Doubt
from qts_core.trading.abstention import OpinionGate

__all__ = ["BundleModel"]

SYMBOL = "symbol"
"""Column that may be given: of models whose groups of symbols are calibrated by themselves."""


class BundleModel(PythonModel):
    """Scores a frame of features and says how sure it is, by the levels of its training.

    A daemon whose levels follow what comes has moved them since; it alone knows how far.
    """

    def __init__(self) -> None:
        self._model: LoadedModel | None = None

    def load_context(self, context: PythonModelContext) -> None:
        """Open and verify the bundle."""
        self._model = ModelBundle.load(context.artifacts["bundle"]).open()

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, object] | None = None
    ) -> pd.DataFrame:
        """Return what the model says of each row; NaN and empty text where it says nothing.

        Columns: `score` (expected return), `dispersion`, `abstains` and the `reason`, the interval `low` to `high`, the
        `probability` that the price rises, and the `disagreement` of an ensemble's members.
        """
        if self._model is None:
            self.load_context(context)
        model = self._model
        assert model is not None
        features = model_input[list(model.feature_names)].to_numpy(dtype=np.float64)
        symbols = model_input[SYMBOL].fillna("") if SYMBOL in model_input else pd.Series([""] * len(features))
        return _told(model, features, tuple(symbols.astype(str)))


def _told(model: LoadedModel, features: Floats, symbols: tuple[str, ...]) -> pd.DataFrame:
    scores, doubt = model.score(features), model.doubt(features)
    judged = OpinionGate(symbols).step(scores, doubt, np.ones(len(scores)), None)
    unknown = np.full(len(scores), np.nan)
    is_silent = np.isfinite(scores) & np.isnan(judged.score)
    reasons = np.where(np.isnan(scores), "more than half of the features are missing", "").astype(object)
    reasons[is_silent] = [verdict.reason for verdict in judged.verdicts]
    return pd.DataFrame(
        {
            "score": scores,
            "dispersion": model.dispersion,
            "abstains": np.isnan(judged.score),
            "reason": reasons,
            "low": unknown if judged.low is None else judged.low,
            "high": unknown if judged.high is None else judged.high,
            "probability": unknown if doubt is None else _rising(doubt, unknown),
            "disagreement": unknown if doubt is None or doubt.disagreement is None else doubt.disagreement,
        }
    )


def _rising(doubt: Doubt, unknown: Floats) -> Floats:
    return unknown if doubt.chances is None else doubt.chances[:, np.array(doubt.model.signs) > 0.0].sum(axis=1)


set_model(BundleModel())
