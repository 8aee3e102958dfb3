"""The bundle as an MLflow model, so that `mlflow.pyfunc.load_model("models:/qts_…@champion")` just works.

MLflow runs this file when it loads the model ("models from code"); no pickle is written or read.
"""

# No `from __future__ import annotations` here: MLflow reads the type hints of `predict` as they stand.
import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from qts_core.models.bundle import LoadedModel, ModelBundle

__all__ = ["BundleModel"]


class BundleModel(PythonModel):
    """Scores a frame of features: expected forward return, its dispersion, and whether the model abstains."""

    def __init__(self) -> None:
        self._model: LoadedModel | None = None

    def load_context(self, context: PythonModelContext) -> None:
        """Open and verify the bundle."""
        self._model = ModelBundle.load(context.artifacts["bundle"]).open()

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, object] | None = None
    ) -> pd.DataFrame:
        """Return `score`, `dispersion` and `abstains` for each row."""
        if self._model is None:
            self.load_context(context)
        model = self._model
        assert model is not None
        features = model_input[list(model.feature_names)].to_numpy(dtype=np.float64)
        scores = model.score(features)
        return pd.DataFrame({"score": scores, "dispersion": model.dispersion, "abstains": np.isnan(scores)})


set_model(BundleModel())
