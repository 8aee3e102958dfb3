"""Which models are trained, on what, and which one trades (specification 15.3)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.ensembles import EnsembleSettings
from qts_core.config.search import SearchSettings
from qts_core.config.section import Folder, OpenFraction, Section
from qts_core.config.training import Count, SampleWeights, TrainingSettings
from qts_core.config.uncertainty import UncertaintySettings

__all__ = [
    "REGIME_BARS",
    "TARGET_KINDS",
    "EnsembleSettings",
    "FeatureSelection",
    "ModelFeatures",
    "ModelSettings",
    "ModelsSettings",
    "SampleWeights",
    "TrainingSettings",
]

MODEL_NAME = r"^[a-z][a-z0-9_]{0,63}$"
TARGET_KINDS = (
    "return",
    "relative_return",
    "direction",
    "direction_flat",
    "large_move",
    "trend_continuation",
    "reversal",
    "risk_adjusted_return",
    "volatility",
    "sharpe",
    "position_size",
    "regime",
    "event",
    "triple_barrier",
)
"""Kinds of label; :mod:`qts_core.targets.declared` says what each means."""
REGIME_BARS = 26
"""Horizon of the target ``regime``, which may be written without one."""
Target = Annotated[str, Field(pattern=rf"^(({'|'.join(TARGET_KINDS)})_[1-9][0-9]{{0,3}}bar|regime)$")]
Parameter = bool | int | float | str | None


class FeatureSelection(Section):
    """Which features a model is trained on, chosen in each fold by its training rows alone."""

    method: Literal[
        "none",
        "variance",
        "correlation",
        "mutual_information",
        "chi_square",
        "rfe",
        "sequential_forward",
        "sequential_backward",
        "genetic",
        "lasso",
        "tree",
        "permutation",
        "shap",
    ] = "none"
    """How features are chosen; `none` keeps all."""
    alpha: OpenFraction = 0.05
    """Share of the time that chance may choose, for methods that test."""
    threshold: Annotated[float, Field(ge=0)] | None = None
    """Of `variance`: keep above it, default 0. Of `correlation`: one of those alike by it, default 0.95."""
    maximum: Count | None = None
    """Most features kept, the best; default no limit, for `rfe` half of them."""
    rows: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000
    """Most training rows looked at, drawn at random."""
    rounds: Annotated[int, Field(ge=1, le=1000)] = 3
    """Fewest rounds on labels of other times, by which chance is measured."""


class ModelFeatures(Section):
    """What a model sees."""

    groups: tuple[str, ...] = ("all",)
    """Groups of the catalogue."""
    exclude: tuple[str, ...] = ()
    """Names or patterns to leave out."""
    normalize: bool = False
    """Whether inputs are scaled, fitted on each fold's training rows and kept in the bundle; trees need none."""
    normalization_method: Literal["zscore", "minmax", "robust", "quantile"] = "zscore"
    """How, when they are: to mean and deviation, to the range [0, 1], to median and interquartile range, to ranks."""

    selection: FeatureSelection = FeatureSelection()
    """Which of them it is trained on, chosen in each fold."""

    @property
    def preprocessing(self) -> str | None:
        """The scaler, None when inputs stay as they are."""
        return self.normalization_method if self.normalize else None


class ModelSettings(Section):
    """One model."""

    type: Annotated[str, Field(pattern=MODEL_NAME)]
    """Family, such as `lightgbm`; `qts models list` shows those installed."""
    task: Literal["regression", "classification"]
    """Regression or classification."""
    target: Target
    """Label and its horizon of h bars, such as `return_<h>bar`, `direction_<h>bar`, `triple_barrier_<h>bar`."""
    enabled: bool = True
    """Whether scheduled jobs train it."""
    hyperparameters: dict[str, Parameter] = Field(default_factory=dict)
    """Passed to the library under its own names."""
    hyperparameters_from: Literal["study"] | None = None
    """`study` takes what the newest finished search proposes in place of `hyperparameters`; default what is there."""
    window_hyperparameters: tuple[dict[str, Parameter], ...] = ()
    """Hyperparameters of each fold in place of `hyperparameters`, which the live model keeps; first fold first."""
    features: ModelFeatures = ModelFeatures()
    """What it sees."""
    training: TrainingSettings = TrainingSettings()
    """How it is trained."""
    search: SearchSettings | None = None
    """How its hyperparameters are searched; with this part it has an asset of its own in Dagster."""
    uncertainty: UncertaintySettings = UncertaintySettings()
    """How sure it says it is, and when it keeps silent."""
    members: tuple[Annotated[str, Field(pattern=MODEL_NAME)], ...] = ()
    """Of the type `ensemble`: keys of the models that it combines, each with its own entry, enabled or not."""
    ensemble: EnsembleSettings | None = None
    """Of the type `ensemble`: how they are combined; default the part `ensemble` at the end of the file."""

    @property
    def horizon_bars(self) -> int:
        """Horizon of the target in bars."""
        found = re.search(r"_(\d+)bar$", self.target)
        return int(found.group(1)) if found else REGIME_BARS


class ModelsSettings(Section):
    """config/models.yaml."""

    live_model: str = "lightgbm_return"
    """Key of the model that the daemon trades."""
    models: dict[Annotated[str, Field(pattern=MODEL_NAME)], ModelSettings] = Field(default_factory=dict)
    """The models by key."""
    ensemble: EnsembleSettings = EnsembleSettings()
    """How models are combined by every entry of `type: ensemble` that does not say it itself."""
    model_dir: Folder | None = None
    """Where the daemon keeps verified bundles; default `<QTS_HOME>/models`."""
    feature_cache_dir: Folder | None = None
    """Where feature snapshots are kept; default `<QTS_HOME>/features`."""
    training_lookback_days: Count | None = None
    """Use only the last n calendar days of bars for training; default all."""
    prediction_horizon: Count | None = None
    """If given, the horizon in bars that the live model must have; refuses to start when it has another."""
