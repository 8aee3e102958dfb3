"""Training samples: features, labels and the bars between which each label lives (specification 7.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline

__all__ = ["Outcomes", "TrainingSet"]

HASHED_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What one more target makes of the R samples: labels, what its predictions are judged by, last rows used."""

    labels: Floats
    returns: Floats
    end_row: NDArray[np.int32]

    def at(self, places: slice | NDArray[np.int64]) -> Outcomes:
        """Return those of the samples at `places`."""
        return Outcomes(self.labels[places], self.returns[places], self.end_row[places])


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """R samples, one per bar that exists, sorted by row and then by column.

    A sample is here because its bar exists, never because its label does: a choice by label would tell a test fold
    which bars have a future.

    Attributes
    ----------
    features : float64 [R, F]
        NaN = no value (warm-up).
    labels : float64 [R]
        What is learned; NaN = unknown, never trained on.
    returns : float64 [R]
        What predictions are judged by: the forward return, a ratio; the label where a target does not speak of it.
    row, column : int32 [R]
        Place in the panel.
    end_row : int32 [R]
        Last row whose bar the label uses.
    names : tuple of str
        The F features in order.
    feature_hashes : tuple of str
        Hash of each feature's expression.
    timeline : Timeline
        The T rows.
    symbols : tuple of str
        The N columns.
    catalogue_hash, data_hash : str
        What the features and the bars were made of.
    parts : tuple of (str, str, str)
        Symbol, sector and role of every symbol; empty when none is auxiliary.
    training_set : str
        sha256 of the manifest from which it can be made again; empty when it has none.
    others : mapping of str to Outcomes
        Further targets by name, those of an ensemble's members; `labels` and `end_row` are of the target itself.
    """

    features: Floats
    labels: Floats
    returns: Floats
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    end_row: NDArray[np.int32]
    names: tuple[str, ...]
    feature_hashes: tuple[str, ...]
    timeline: Timeline
    symbols: tuple[str, ...]
    catalogue_hash: str
    data_hash: str
    parts: tuple[tuple[str, str, str], ...] = ()
    training_set: str = ""
    others: Mapping[str, Outcomes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.row)
        if self.features.shape != (count, len(self.names)) or len(self.feature_hashes) != len(self.names):
            raise ValueError(f"features are {self.features.shape}, expected ({count}, {len(self.names)})")
        if any(len(part) != count for part in (self.labels, self.returns, self.column, self.end_row)):
            raise ValueError("labels, returns, column and end_row must have one value a sample")
        if any(len(o.labels) != count or len(o.end_row) != count for o in self.others.values()):
            raise ValueError("other targets must have one value a sample")
        if count and (np.diff(self.row) < 0).any():
            raise ValueError("samples must be sorted by row")

    def __len__(self) -> int:
        return len(self.row)

    @property
    def hash(self) -> str:
        """Sha256 of every sample: place, label with its end, outcome and features, bit for bit."""
        seal = hashlib.sha256("\n".join((*self.names, *self.symbols)).encode())
        for part in (self.timeline.ts_event, self.row, self.column, self.end_row, self.labels, self.returns):
            seal.update(np.ascontiguousarray(part).tobytes())
        for name, other in sorted(self.others.items()):
            seal.update(name.encode())
            for part in (other.labels, other.returns, other.end_row):
                seal.update(np.ascontiguousarray(part).tobytes())
        for first in range(0, len(self), HASHED_ROWS):
            seal.update(np.ascontiguousarray(self.features[first : first + HASHED_ROWS]).tobytes())
        return seal.hexdigest()

    def between(self, start: int, stop: int) -> slice:
        """Return the samples whose row is in ``[start, stop)``; they lie side by side."""
        first, last = np.searchsorted(self.row, [start, stop])
        return slice(int(first), int(last))

    def panel_of(self, values: Floats, samples: slice) -> Floats:
        """Spread one value a sample over a [T, N] panel, NaN elsewhere."""
        panel = np.full((len(self.timeline), len(self.symbols)), np.nan)
        panel[self.row[samples], self.column[samples]] = values
        return panel

    def for_target(self, target: str, who: str) -> TrainingSet:
        """Return the samples with the outcomes of `target`, one of `others`, as `who` learns them.

        Raises
        ------
        TrainingError
            QTS-MODEL-051 if there is no such target.
        """
        if target in self.others:
            other = self.others[target]
            return replace(self, labels=other.labels, returns=other.returns, end_row=other.end_row, others={})
        raise TrainingError(
            "QTS-MODEL-051", "the samples hold no labels of a member's target", where=who, found=target,
            expected=", ".join(sorted(self.others)) or "no other target", fix="prepare the training with its ensemble",
        )  # fmt: skip

    def with_other_outcomes(self, altered: NDArray[np.bool_]) -> TrainingSet:
        """Return the samples with labels and returns of every target changed where `altered`, bool [R]; NaN stays.

        For proofs that whoever must not know an outcome does not: values are turned round and made larger, classes,
        which are whole numbers, are dealt out anew in turned order.
        """
        others = {
            name: Outcomes(_turned(o.labels, altered), _turned(o.returns, altered), o.end_row)
            for name, o in self.others.items()
        }
        labels, returns = _turned(self.labels, altered), _turned(self.returns, altered)
        return replace(self, labels=labels, returns=returns, others=others)


def _turned(values: Floats, altered: NDArray[np.bool_]) -> Floats:
    found, known = values.copy(), altered & np.isfinite(values)
    picked = values[known]
    is_class = bool(len(picked)) and bool((np.isfinite(values) <= (values == np.round(values))).all())
    found[known] = picked.max() - picked if is_class else -5.0 * picked
    return found
