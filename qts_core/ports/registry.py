"""What the library asks of an experiment tracker and a model registry (specification 7.3, 9.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "PREVIOUS",
    "SHADOW",
    "DatasetRecord",
    "FoldRecord",
    "ModelRegistry",
    "RegisteredVersion",
    "TrackedRun",
    "TrainingRecord",
    "TrainingTracker",
]

CHALLENGER = "challenger"
CHAMPION = "champion"
PREVIOUS = "previous"
SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """What a model was trained on, as a tracker shows it."""

    name: str
    digest: str
    source: str
    rows: int
    columns: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class FoldRecord:
    """One fold of a walk-forward run: a child run in the tracker."""

    name: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRecord:
    """Everything one training run shows in the tracker.

    Attributes
    ----------
    model : str
        Key in models.yaml; the experiment is ``qts/<model>``, the registered name ``qts_<model>``.
    files : mapping of str to bytes
        The model bundle.
    example : float64 [k, F]
        A few real rows of features, the input example.
    example_scores : float64 [k]
        The scores of `example`, from which the signature's output is taken.
    card : str
        Model card in Markdown.
    """

    model: str
    run_name: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    folds: Sequence[FoldRecord]
    dataset: DatasetRecord
    files: Mapping[str, bytes]
    bundle_sha256: str
    example: NDArray[np.float64]
    example_scores: NDArray[np.float64]
    card: str


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run that was logged, with the version registered from it."""

    run_id: str
    experiment_id: str
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """One version of a registered model.

    Attributes
    ----------
    model, version : str
        Registered name (``qts_lightgbm_return``) and version number as text.
    bundle_sha256 : str
        Identity of the bundle behind it.
    """

    model: str
    version: str
    bundle_sha256: str
    run_id: str
    created_at: datetime
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


class TrainingTracker(Protocol):
    """Keeps training runs so that people can compare them."""

    def log_training(self, record: TrainingRecord) -> TrackedRun:
        """Log a run with its folds, dataset, model and card, and register the model as a new version."""
        ...

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Add metrics to a finished run, such as those of its backtest."""
        ...

    def log_text(self, run_id: str, name: str, text: str) -> None:
        """Add a text artefact, such as an HTML report, to a finished run."""
        ...


class ModelRegistry(Protocol):
    """Keeps versions of models with aliases and tags."""

    def models(self) -> tuple[str, ...]:
        """Return the registered names that belong to QTS, sorted."""
        ...

    def versions(self, model: str) -> tuple[RegisteredVersion, ...]:
        """Return the versions of a model, newest first; empty when the model is unknown."""
        ...

    def version(self, model: str, version: str) -> RegisteredVersion:
        """Return one version.

        Raises
        ------
        ModelNotFoundError
            If there is no such version.
        """
        ...

    def by_alias(self, model: str, alias: str) -> RegisteredVersion | None:
        """Return the version that carries `alias`, or None."""
        ...

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Move `alias` to `version`."""
        ...

    def remove_alias(self, model: str, alias: str) -> None:
        """Take `alias` away; nothing happens when no version carries it."""
        ...

    def set_tags(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a version."""
        ...

    def download(self, model: str, version: str) -> dict[str, bytes]:
        """Return the files of a version's bundle.

        Raises
        ------
        ModelNotFoundError
            If there is no such version, or its files are gone.
        """
        ...
