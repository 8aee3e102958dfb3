"""What is asked of one training: a configured model and everything that changes what it learns (specification 15.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qts_core.config.models import FeatureSelection, SampleWeights
from qts_core.config.uncertainty import UncertaintySettings
from qts_core.models.base import ModelType, Parameter, TradingModel
from qts_core.models.context import NO_STRATEGY, Strategy
from qts_core.models.preprocessing import Method
from qts_core.targets import Target
from qts_core.training.ensembles.entry import EnsembleEntry

__all__ = ["TrainingEntry"]

ALL_FEATURES = FeatureSelection()
NO_UNCERTAINTY = UncertaintySettings()
LATER = {"adaptive_rates", "adaptive_memory_bars"}
"""Settings that trainings of before did not have: unnamed where they change nothing, so that bytes stay."""
VALIDATION_SHARE = 0.15
ENSEMBLE = "ensemble"


@dataclass(frozen=True, slots=True)
class TrainingEntry:
    """One configured model.

    Attributes
    ----------
    key : str
        Key in models.yaml.
    kind, model_type : str, ModelType
        Class of model.
    target : Target
    parameters : mapping
        Hyperparameters in the library's names.
    seed : int
        Of the library and of the subsample.
    row_stride : int
        Keep one sample in so many, drawn at random; labels overlap, so neighbours say almost the same.
    winsorize_ratio : float
        Share of the return labels cut to its quantile at each end, found in the training samples alone.
    preprocessing : Method, optional
        Scaler of the inputs, fitted in the training samples alone; none by default.
    selection : FeatureSelection
        Which features are trained on, chosen in the training samples alone; all by default.
    sample_weights : SampleWeights
        Weight of each training sample; equal by default.
    validation_share : float
        Share of the training rows, the last ones, that early stopping judges by; for models that ask for it.
    strategy : Strategy
        How the model is grown.
    recency_half_life_sessions : int, optional
        Sessions after which a sample weighs half as much as the newest.
    start : TradingModel, optional
        Fitted model that is grown on; its labels must have ended before any test begins.
    uncertainty : UncertaintySettings
        What is fitted beside the model to tell how sure it is; nothing by default.
    ensemble : EnsembleEntry, optional
        Members and how they are combined; of the kind ``ensemble``.
    window_parameters : tuple of mapping
        Hyperparameters of each fold in place of `parameters`, as a search of every window finds them; the model that
        goes live, and folds beyond them, have `parameters`.
    """

    key: str
    kind: str
    model_type: ModelType
    target: Target
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    seed: int = 7
    row_stride: int = 1
    winsorize_ratio: float = 0.005
    version: str = "1.0.0"
    preprocessing: Method | None = None
    selection: FeatureSelection = ALL_FEATURES
    sample_weights: SampleWeights = "equal"
    validation_share: float = VALIDATION_SHARE
    strategy: Strategy = NO_STRATEGY
    recency_half_life_sessions: int | None = None
    start: TradingModel | None = None
    uncertainty: UncertaintySettings = NO_UNCERTAINTY
    ensemble: EnsembleEntry | None = None
    window_parameters: tuple[Mapping[str, Parameter], ...] = ()

    def __post_init__(self) -> None:
        if (self.ensemble is not None) != (self.kind == ENSEMBLE):
            raise ValueError("an ensemble has members, and nothing else has")
        if self.ensemble is not None and (self.model_type is ModelType.CLASSIFIER or not self.target.spec.is_return):
            raise ValueError("an ensemble foretells a return: task regression, a target of the return")
        if self.target.is_classification != (self.model_type is ModelType.CLASSIFIER):
            raise ValueError(f"a {self.model_type} cannot learn {self.target.name}")
        if self.selection.method == "chi_square" and not self.target.is_classification:
            raise ValueError("chi_square selects features of a classification only")

    def parameters_of(self, fold: int) -> Mapping[str, Parameter]:
        """Return the hyperparameters of the fold of that index."""
        return self.window_parameters[fold] if fold < len(self.window_parameters) else self.parameters

    def in_fold(self, fold: int) -> TrainingEntry:
        """Return the entry as the fold of that index trains it, members too: nothing in it knows of other folds.

        Whatever is fitted within the fold, such as models of inner folds, takes this one. `parameters` of the entry
        itself may come from a search that saw what the fold is judged on.
        """
        ensemble = None if self.ensemble is None else self.ensemble.in_fold(fold)
        if not self.window_parameters and ensemble == self.ensemble:
            return self
        return replace(self, parameters=self.parameters_of(fold), window_parameters=(), ensemble=ensemble)

    def as_dict(self) -> dict[str, str]:
        """Return every choice as text, for trackers and for the identity of a trial."""
        chosen = {f"parameter.{name}": str(value) for name, value in sorted(self.parameters.items())}
        for window, parameters in enumerate(self.window_parameters):
            chosen |= {f"window_{window}.parameter.{name}": str(value) for name, value in sorted(parameters.items())}
        if self.preprocessing is not None:
            chosen["preprocessing"] = self.preprocessing.value
        if self.selection.method != "none":
            chosen |= {f"selection.{name}": str(value) for name, value in self.selection.model_dump().items()}
        if self.sample_weights != "equal":
            chosen["sample_weights"] = self.sample_weights
        if self.validation_share != VALIDATION_SHARE:
            chosen["validation_share"] = str(self.validation_share)
        chosen |= {f"strategy.{name}": str(value) for name, value in self.strategy.as_dict().items()}
        if self.recency_half_life_sessions is not None:
            chosen["recency_half_life_sessions"] = str(self.recency_half_life_sessions)
        if self.start is not None:
            content = b"".join(part for _, part in sorted(self.start.to_files().items()))
            chosen["continue_from"] = hashlib.sha256(content).hexdigest()
        if self.uncertainty.is_active:
            told = self.uncertainty.model_dump(exclude=set() if self.uncertainty.adaptive_rates else LATER)
            chosen |= {f"uncertainty.{name}": str(value) for name, value in told.items()}
        if self.ensemble is not None:
            chosen |= self.ensemble.as_dict()
        return {
            "kind": self.kind,
            "model_type": self.model_type.value,
            "target": self.target.name,
            "seed": str(self.seed),
            "row_stride": str(self.row_stride),
            "winsorize_ratio": str(self.winsorize_ratio),
            **chosen,
        }
