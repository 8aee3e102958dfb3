"""Predicts with compiled trees: bit for bit what the library predicts."""

from __future__ import annotations

import numpy as np

from qts_core.market.errors import PredictionError
from qts_core.market.panel import Floats
from qts_core.models.base import ModelType
from qts_core.models.compiled.flat import Finish, FlatModel
from qts_core.models.compiled.kernels import add_up, finish_double, finish_single
from qts_core.models.compiled.layout import lay_out

__all__ = ["CompiledTrees"]


class CompiledTrees:
    """The trees of one fitted model, ready to predict.

    Parameters
    ----------
    flat : FlatModel
    model_type : ModelType
    name : str
        Named in messages.

    Notes
    -----
    A batch gives, bit for bit, what its rows give one by one: no row's sum knows of another row.
    """

    def __init__(self, flat: FlatModel, model_type: ModelType, name: str) -> None:
        self.flat = flat
        self.model_type = model_type
        self._name = name
        self._layout = lay_out(flat)

    def values(self, features: Floats) -> Floats:
        """Return what the trees say, float64 or float32 [R, K]: of a binary classifier the second class's chance.

        Raises
        ------
        PredictionError
            If the number of columns is wrong.
        """
        flat, laid = self.flat, self._layout
        rows = np.ascontiguousarray(features, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != flat.features:
            raise PredictionError(
                "QTS-MODEL-004", "wrong shape of features", where=self._name, found=rows.shape,
                expected=f"[rows, {flat.features}]", fix="give the columns of feature_names in that order",
            )  # fmt: skip
        sums = np.empty((len(rows), len(flat.start)), dtype=np.float32 if flat.is_single else np.float64)
        sums[:] = flat.start
        add_up(
            rows, laid.trees, laid.splits, laid.nodes, laid.values, laid.features, laid.readings, laid.missing,
            laid.members, laid.member_ranges, sums,
        )  # fmt: skip
        return self._finished(sums)

    def predict(self, features: Floats) -> Floats:
        """Return the label's expectation, or the likeliest class of a classifier, float64 [R]."""
        if self.model_type is ModelType.REGRESSOR:
            return self.values(features)[:, 0].astype(np.float64)
        values = self._chances(features)
        if values.shape[1] == 1:
            return (values[:, 0] > 0.5).astype(np.float64)
        return np.asarray(values.argmax(axis=1), dtype=np.float64)

    def predict_proba(self, features: Floats) -> Floats:
        """Return the probability of each class, float64 [R, K].

        Raises
        ------
        PredictionError
            If it is a regressor.
        """
        if self.model_type is ModelType.REGRESSOR:
            raise PredictionError("QTS-MODEL-004", "a regressor has no class probabilities", where=self._name)
        values = self._chances(features)
        return values if values.shape[1] > 1 else np.concatenate([1.0 - values, values], axis=1)

    def _chances(self, features: Floats) -> Floats:
        """Return the second class's chance, float64 [R, 1], or those of K > 2 classes, float64 [R, K]."""
        values = self.values(features).astype(np.float64)
        if not self.flat.is_single or values.shape[1] == 1:
            return values
        # shares in float32 do not add up to 1 in float64; divided as the model divides them, class by class
        total = values[:, 0]
        for index in range(1, values.shape[1]):
            total = total + values[:, index]
        return np.asarray(values / total[:, None])

    def _finished(self, sums: Floats) -> Floats:
        flat = self.flat
        if flat.finish is Finish.MEAN:
            sums /= len(flat.trees)
        elif flat.is_single:
            finish_single(sums, int(flat.finish))
        else:
            if flat.scale != 1.0 or flat.bias.any():
                sums *= flat.scale
                sums += flat.bias
            finish_double(sums, int(flat.finish), flat.slope)
        return sums
