"""What a fit is given besides features and labels: who judges when to stop, weights, and the chosen strategy (7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats

if TYPE_CHECKING:
    from qts_core.models.base import TradingModel

__all__ = ["NO_STRATEGY", "Device", "FitContext", "Metric", "Option", "Strategy", "ValidationTail"]


class Metric(StrEnum):
    """What early stopping watches on the validation tail."""

    LOSS = "loss"
    SHARPE = "sharpe"


class Device(StrEnum):
    """Where trees are grown; predictions are always made on the processor."""

    CPU = "cpu"
    GPU = "gpu"


class Option(StrEnum):
    """A strategy that a kind of model may understand; a kind that does not refuses it."""

    EARLY_STOPPING = "early_stopping_rounds"
    SHARPE = "evaluation_metric"
    MONOTONE = "monotone_constraints"
    INTERACTION = "interaction_constraints"
    CATEGORICAL = "categorical_features"
    SCHEDULE = "regularisation_schedule"
    DEVICE = "device"
    CONTINUE = "continue_from"


@dataclass(frozen=True, slots=True, eq=False)
class ValidationTail:
    """Samples after those that are learned from, purged from them and from the test: they say when to stop.

    Attributes
    ----------
    features : float [V, F]
    labels : float64 [V]
        Finite.
    weights : float64 [V], optional
        Equal when absent.
    returns : float64 [V], optional
        Forward return of each sample, a ratio, NaN = unknown; the metric `sharpe` needs them.
    bars : int [V], optional
        Row of each sample's bar; samples of one bar are held together.
    signs : tuple of float
        What each class says of the price, -1, 0 or 1; of a classifier.
    """

    features: NDArray[np.floating]
    labels: Floats
    weights: Floats | None = None
    returns: Floats | None = None
    bars: NDArray[np.integer] | None = None
    signs: tuple[float, ...] = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a model is grown, as `training:` of models.yaml names it; features by name or pattern such as ``rsi_*``.

    Attributes
    ----------
    early_stopping_rounds : int, optional
        Rounds without gain on the validation tail after which growing ends; None = never.
    evaluation_metric : Metric
        What counts as gain.
    monotone_constraints : mapping of str to int
        Pattern to +1 (predictions rise with the feature) or -1 (they fall). The first pattern that fits counts.
    interaction_constraints : tuple of tuple of str
        Groups of patterns; features may share a branch only within a group, and those in no group stand alone.
    categorical_features : tuple of str
        Patterns of features whose values 0, 1, 2 ... are names, not sizes.
    regularisation_schedule : mapping of str to (float, float)
        Hyperparameter to its values in the first and the last round; it moves in a straight line between.
    device : Device
    """

    early_stopping_rounds: int | None = None
    evaluation_metric: Metric = Metric.LOSS
    monotone_constraints: Mapping[str, int] = field(default_factory=dict)
    interaction_constraints: tuple[tuple[str, ...], ...] = ()
    categorical_features: tuple[str, ...] = ()
    regularisation_schedule: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    device: Device = Device.CPU

    @property
    def options(self) -> frozenset[Option]:
        """Options that differ from their defaults."""
        return frozenset(Option(part.name) for part in fields(self) if self._is_chosen(part.name))

    def as_dict(self) -> dict[str, object]:
        """Return what differs from the defaults as plain values, for state files and the identity of a trial."""
        return {part.name: _plain(getattr(self, part.name)) for part in fields(self) if self._is_chosen(part.name)}

    @classmethod
    def from_dict(cls, given: Mapping[str, object]) -> Strategy:
        """Return the strategy whose `as_dict` is `given`."""
        kinds = {"evaluation_metric": Metric, "device": Device}
        return cls(**{name: kinds[name](value) if name in kinds else _frozen(value) for name, value in given.items()})  # type: ignore[arg-type]

    def monotone(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Return -1, 0 or 1 for each feature; empty when none is constrained."""
        signs = tuple(
            next((sign for pattern, sign in self.monotone_constraints.items() if fnmatchcase(name, pattern)), 0)
            for name in names
        )
        return signs if any(signs) else ()

    def interactions(self, names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        """Return the groups as columns; empty when nothing is constrained."""
        groups = [_columns(group, names) for group in self.interaction_constraints]
        return tuple(group for group in groups if group)

    def categorical(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Return the columns of categorical features."""
        return _columns(self.categorical_features, names)

    def idle_patterns(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the patterns that fit none of `names`."""
        groups = (pattern for group in self.interaction_constraints for pattern in group)
        patterns = (*self.monotone_constraints, *groups, *self.categorical_features)
        return tuple(pattern for pattern in patterns if not _columns((pattern,), names))

    def _is_chosen(self, name: str) -> bool:
        return bool(getattr(self, name) != getattr(NO_STRATEGY, name))


NO_STRATEGY = Strategy()
"""Nothing but hyperparameters."""


@dataclass(frozen=True, slots=True, eq=False)
class FitContext:
    """What the trainer gives a model besides features and labels.

    Attributes
    ----------
    feature_names : tuple of str
        The F columns.
    trained_until : datetime
        When the last label was known, aware UTC.
    weights : float64 [R], optional
        Weight of each sample; equal when absent.
    validation : ValidationTail, optional
        Given exactly when the model `wants_validation`; nothing may be learned from it but when to stop.
    start : TradingModel, optional
        A fitted model of the same kind and features to grow on from.
    """

    feature_names: tuple[str, ...]
    trained_until: datetime
    weights: Floats | None = None
    validation: ValidationTail | None = None
    start: TradingModel | None = None

    def __post_init__(self) -> None:
        if self.trained_until.tzinfo is None:
            raise TrainingError(
                "QTS-MODEL-003", "trained_until has no time zone", found=self.trained_until.isoformat(),
                expected="an aware instant", fix="give it in UTC",
            )  # fmt: skip


def _columns(patterns: tuple[str, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(i for i, name in enumerate(names) if any(fnmatchcase(name, pattern) for pattern in patterns))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.value if isinstance(value, StrEnum) else value


def _frozen(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
