"""The model bundle: a folder with manifest, weights in a native format and golden predictions (specification 7.3).

A model that was trained behind a scaler carries it as `preprocessing.json`. What describes a model without taking part
in its predictions travels as an appendix: why its features were chosen (`selection.json`), and what they looked like in
training (`drift_reference.json`). What was fitted beside it takes part: `calibration.json` corrects probabilities and
says how sure the model is (`models.uncertainty`).

No pickle is ever loaded. A bundle opens only when every file has the sha256 its manifest names and the weights give
the golden predictions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qts_core.market.errors import ModelLoadError
from qts_core.market.panel import Floats
from qts_core.models.base import TradingModel
from qts_core.models.factory import create_model
from qts_core.models.folder import read_folder, write_folder
from qts_core.models.manifest import Manifest
from qts_core.models.preprocessing import Preprocessor
from qts_core.models.scoring import UP_OR_NOT, score
from qts_core.models.uncertainty import Doubt, UncertaintyModel, doubt_of
from qts_core.targets import parse_target

if TYPE_CHECKING:
    from qts_core.models.compiled import CompiledTrees

__all__ = ["CALIBRATION", "DRIFT_REFERENCE", "SELECTION", "LoadedModel", "ModelBundle"]

MANIFEST = "manifest.json"
GOLDEN = "golden.json"
SCALER = "preprocessing.json"
SELECTION = "selection.json"
DRIFT_REFERENCE = "drift_reference.json"
CALIBRATION = "calibration.json"
APPENDICES = (SELECTION, DRIFT_REFERENCE, CALIBRATION)
GOLDEN_TOLERANCE = 1e-9
"""Relative. On one machine scores are equal bit for bit; the last bit of exp() may differ between C libraries."""


class LoadedModel:
    """A verified model, ready to score bars.

    Parameters
    ----------
    model : TradingModel
        Fitted.
    manifest : Manifest
    bundle_sha256 : str
        Identity of the bundle it came from.
    preprocessor : Preprocessor, optional
        The scaler that the model was trained behind; `score` applies it.
    uncertainty : UncertaintyModel, optional
        What was fitted beside it; `score` applies its calibrator.
    """

    def __init__(
        self,
        model: TradingModel,
        manifest: Manifest,
        bundle_sha256: str,
        preprocessor: Preprocessor | None = None,
        uncertainty: UncertaintyModel | None = None,
    ) -> None:
        self.model = model
        self.compiled: CompiledTrees | None = None
        self._reason = ""
        self.manifest = manifest
        self.bundle_sha256 = bundle_sha256
        self.preprocessor = preprocessor
        self.uncertainty = uncertainty

    @property
    def model_id(self) -> str:
        """Name and first eight digits of the bundle's sha256, as decisions carry it."""
        return f"{self.manifest.name}-{self.bundle_sha256[:8]}"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The F features in the order `score` wants them."""
        return tuple(f.name for f in self.manifest.features)

    @property
    def evaluator(self) -> str:
        """Who predicts: ``compiled``, ``library: <why>``, or ``own`` for a model that needs no library to predict."""
        if self.compiled is not None:
            return "compiled"
        return f"library: {self._reason}" if self._reason else "own"

    @property
    def catalogue_hash(self) -> str:
        """Hash of the feature catalogue it was trained on."""
        return self.manifest.catalogue_hash

    @property
    def horizon_bars(self) -> int:
        """Bars that a score speaks of."""
        return self.manifest.horizon_bars

    @property
    def dispersion(self) -> float:
        """Standard deviation of the out-of-sample residual, a ratio; NaN when it was not measured."""
        return float("nan") if self.manifest.dispersion is None else self.manifest.dispersion

    def compile(self, files: Mapping[str, bytes], golden: Floats) -> None:
        """Let `score` ask the model's trees instead of its library, if on this machine they give the same bits.

        `files` are the model's own; `golden`, float64 [k, F], are real rows that it is proved on, besides rows made to
        be hard. Where it fails, :attr:`evaluator` says why.
        """
        from qts_core.models.compiled import compiled_or_reason

        rows = golden if self.preprocessor is None else self.preprocessor.transform(golden)
        self.compiled, self._reason = compiled_or_reason(self.model, files, rows)

    def score(self, features: Floats) -> Floats:
        """Return expected forward returns, float64 [R], from float64 [R, F]; NaN = no opinion."""
        return score(
            self.model if self.compiled is None else self.compiled,
            features,
            label_scale=self.manifest.label_scale,
            preprocessor=self.preprocessor,
            signs=_signs(self.manifest),
            calibrator=None if self.uncertainty is None else self.uncertainty.calibrator,
        )

    def doubt(self, features: Floats) -> Doubt | None:
        """Return how sure the model is of float64 [R, F] rows; None when nothing was fitted to tell."""
        if self.uncertainty is None:
            return None
        return doubt_of(
            self.uncertainty, self.model, features, names=self.feature_names, preprocessor=self.preprocessor
        )


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """The files of a model.

    Attributes
    ----------
    files : mapping of str to bytes
        `manifest.json`, `golden.json` and the model's own files.
    """

    files: Mapping[str, bytes]

    @classmethod
    def build(
        cls,
        model: TradingModel,
        manifest: Manifest,
        golden_features: Floats,
        preprocessor: Preprocessor | None = None,
        appendices: Mapping[str, bytes] | None = None,
    ) -> ModelBundle:
        """Pack a fitted model, the scaler it was trained behind, and what describes it.

        `golden_features`, float64 [k, F], are real rows, not scaled, whose scores are kept as proof. `appendices` are
        files named as in ``APPENDICES``.
        """
        if unknown := set(appendices or {}) - set(APPENDICES):
            raise ValueError(f"unknown appendices {sorted(unknown)}")
        uncertainty = _uncertainty(appendices or {})
        scores = score(
            model,
            golden_features,
            label_scale=manifest.label_scale,
            preprocessor=preprocessor,
            signs=_signs(manifest),
            calibrator=None if uncertainty is None else uncertainty.calibrator,
        )
        golden = {"features": _plain(golden_features), "scores": _plain(scores)}
        proof = (json.dumps(golden, sort_keys=True) + "\n").encode()
        files = {**model.to_files(), **(appendices or {}), GOLDEN: proof}
        if preprocessor is not None:
            files[SCALER] = preprocessor.to_json()
        sealed = manifest.model_copy(update={"files": {n: _sha256(c) for n, c in sorted(files.items())}})
        return cls({MANIFEST: sealed.to_bytes(), **files})

    @classmethod
    def load(cls, path: str | Path) -> ModelBundle:
        """Read the folder `path`.

        Raises
        ------
        ModelNotFoundError
            If there is no such folder.
        """
        return cls(read_folder(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write the bundle as the folder `path`, complete or not at all."""
        write_folder(Path(path), self.files)

    @property
    def sha256(self) -> str:
        """Identity of the bundle: the sha256 of its manifest, which names the sha256 of every other file."""
        return _sha256(self._file(MANIFEST))

    @property
    def manifest(self) -> Manifest:
        """The parsed manifest."""
        return Manifest.from_bytes(self._file(MANIFEST))

    @property
    def golden(self) -> tuple[Floats, Floats]:
        """Golden features [k, F] and scores [k]."""
        try:
            content = json.loads(self._file(GOLDEN))
            features, scores = np.array(content["features"], dtype=float), np.array(content["scores"], dtype=float)
        except (KeyError, ValueError, TypeError) as error:
            raise ModelLoadError(
                "QTS-MODEL-002", "the golden predictions are damaged", where=GOLDEN, fix="fetch the bundle again"
            ) from error
        return features.reshape(len(scores), -1), scores

    def verify(self) -> None:
        """Check every file against the manifest.

        Raises
        ------
        ModelLoadError
            If a file is missing, unexpected or changed.
        """
        named = self.manifest.files
        if set(named) != set(self.files) - {MANIFEST}:
            raise ModelLoadError(
                "QTS-MODEL-002", "the bundle holds other files than its manifest names", where=self.manifest.name,
                found=", ".join(sorted(self.files)), expected=", ".join(sorted([*named, MANIFEST])),
                fix="fetch the bundle again",
            )  # fmt: skip
        for name, expected in named.items():
            if (actual := _sha256(self.files[name])) != expected:
                raise ModelLoadError(
                    "QTS-MODEL-002", "a file of the bundle was changed", where=name, found=actual[:16],
                    expected=f"sha256 {expected[:16]}", fix="fetch the bundle again",
                )  # fmt: skip

    def open(self) -> LoadedModel:
        """Return the model, verified down to its golden predictions.

        Raises
        ------
        ModelLoadError
            If the bundle is damaged or this machine's library gives other predictions.
        """
        self.verify()
        manifest = self.manifest
        model = create_model(manifest.kind, manifest.model_type, name=manifest.name).from_files(self.files)
        scaler = Preprocessor.from_json(self.files[SCALER]) if SCALER in self.files else None
        loaded = LoadedModel(model, manifest, self.sha256, scaler, _uncertainty(self.files))
        named = model.feature_names if scaler is None else scaler.feature_names
        if model.feature_names != loaded.feature_names or named != loaded.feature_names:
            raise ModelLoadError(
                "QTS-MODEL-002", "the model and its manifest name different features", where=manifest.name,
                fix="fetch the bundle again",
            )  # fmt: skip
        features, expected = self.golden
        if len(expected) and not np.allclose(
            loaded.score(features), expected, rtol=GOLDEN_TOLERANCE, atol=0, equal_nan=True
        ):
            raise ModelLoadError(
                "QTS-MODEL-002", "the model gives other predictions than it did in training", where=manifest.name,
                expected=f"the golden scores, as {manifest.libraries} gave them",
                fix="install the library versions named, or train the model again",
            )  # fmt: skip
        loaded.compile(self.files, features.reshape(-1, len(loaded.feature_names)))
        return loaded

    def _file(self, name: str) -> bytes:
        if name not in self.files:
            raise ModelLoadError(
                "QTS-MODEL-002", "a file of the bundle is missing", where=name, found=", ".join(sorted(self.files)),
                fix="fetch the bundle again",
            )  # fmt: skip
        return self.files[name]


def _signs(manifest: Manifest) -> tuple[float, ...]:
    """Return what each class of the model's target says of the price."""
    return parse_target(manifest.target).spec.signs or UP_OR_NOT


def _uncertainty(files: Mapping[str, bytes]) -> UncertaintyModel | None:
    return UncertaintyModel.from_json(files[CALIBRATION]) if CALIBRATION in files else None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _plain(values: Floats) -> list[object]:
    """Return nested lists whose shortest notation gives the same floats back; NaN as null."""
    return [_plain(v) for v in values] if values.ndim > 1 else [None if np.isnan(v) else float(v) for v in values]
