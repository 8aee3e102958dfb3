"""Scores bar by bar, with what a model remembers of the market: one way for the daemon, the warm-up and the backtest.

Most models score a row by itself. One that follows the market's regime also looks at the last bars of all symbols; its
`context_bars` says how many. What it observes is the mean over the symbols that have a bar, added up in the order of
the symbols, so that a block gives the bits of its bars one by one.
"""

from __future__ import annotations

import json
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.errors import ModelLoadError
from qts_core.market.panel import Floats
from qts_core.models.bundle import LoadedModel
from qts_core.models.scoring import has_opinion

__all__ = ["BarScorer", "ContextModel", "bar_means", "context_of", "joined", "parted"]

LENGTH_BYTES = 8


@runtime_checkable
class ContextModel(Protocol):
    """A model whose scores depend on the market's last bars too."""

    @property
    def context_bars(self) -> int:
        """Bars it looks back; 0 = none."""

    @property
    def context_columns(self) -> NDArray[np.int64]:
        """Columns of the features that it observes."""

    def contexts(self, observations: Floats) -> Floats:
        """Return float64 [T, C] of float64 [T, D]; row t knows the last `context_bars` rows up to t."""

    def predict_in(self, features: Floats, contexts: Floats) -> Floats:
        """Return predictions of R rows in their contexts."""


def context_of(model: object) -> ContextModel | None:
    """Return `model` if it looks at the market, else None."""
    return model if isinstance(model, ContextModel) and model.context_bars > 0 else None


@kernel
def bar_means(values: Floats, bar: NDArray[np.int64], bars: int) -> Floats:
    """Return the mean of each column over the rows of each bar, float64 [bars, D]; NaN is left out.

    `values` are float64 [R, D], `bar` says which bar each row is of.
    """
    width = values.shape[1]
    total, count = np.zeros((bars, width)), np.zeros((bars, width))
    for r in range(values.shape[0]):
        for d in range(width):
            if np.isfinite(values[r, d]):
                total[bar[r], d] += values[r, d]
                count[bar[r], d] += 1.0
    for t in range(bars):
        for d in range(width):
            total[t, d] = total[t, d] / count[t, d] if count[t, d] > 0 else np.nan
    return total


class BarScorer:
    """A model with its memory of the market.

    Parameters
    ----------
    model : LoadedModel
        A verified bundle.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self._context = context_of(model.model)
        width = 0 if self._context is None else len(self._context.context_columns)
        self._seen: Floats = np.empty((0, width))

    @property
    def is_stateless(self) -> bool:
        """Whether rows are scored by themselves."""
        return self._context is None

    def score(self, features: Floats, present: NDArray[np.bool_]) -> Floats:
        """Take one bar and return its scores, float64 [N]; NaN for a symbol without a bar.

        Parameters
        ----------
        features : float64 [N, F]
        present : bool [N]
            Which symbols have a bar.
        """
        return np.asarray(self.score_block(features[None], present[None])[0])

    def advance(self, features: Floats, present: NDArray[np.bool_]) -> None:
        """Take one bar without scoring it."""
        if self._context is not None:
            self._observe(self._context, features[None], present[None])

    def score_block(self, features: Floats, present: NDArray[np.bool_]) -> Floats:
        """Take B bars, float64 [B, N, F], and return their scores, float64 [B, N], as if they came one by one."""
        bars, symbols, width = features.shape
        rows = np.ascontiguousarray(features.reshape(-1, width))
        if self._context is None:
            found: Floats = self._model.score(rows)
        else:
            contexts = np.repeat(self._observe(self._context, features, present), symbols, axis=0)
            found = np.where(has_opinion(rows), self._context.predict_in(rows, contexts), np.nan)
        return np.where(present, found.reshape(bars, symbols), np.nan)

    def snapshot(self) -> bytes:
        """Return what it remembers; empty for a model that scores rows by themselves."""
        if self._context is None:
            return b""
        rows = [[None if np.isnan(v) else float(v) for v in row] for row in self._seen]
        return json.dumps(rows).encode()

    def restore(self, state: bytes) -> None:
        """Take up what `snapshot` gave.

        Raises
        ------
        ModelLoadError
            QTS-MODEL-054 if it is the memory of another model.
        """
        if self._context is None:
            return
        width = self._seen.shape[1]
        try:
            rows = [[np.nan if v is None else float(v) for v in row] for row in json.loads(state)]
            self._seen = np.array(rows, dtype=np.float64).reshape(len(rows), width)
        except (ValueError, TypeError) as error:
            raise ModelLoadError(
                "QTS-MODEL-054", "the memory of the market is damaged or another model's",
                where=self._model.manifest.name, found=f"{type(error).__name__}: {error}",
                expected=f"bars of {width} values", fix="start the daemon anew, so that it is warmed from the lake",
            ) from error  # fmt: skip

    def _observe(self, model: ContextModel, features: Floats, present: NDArray[np.bool_]) -> Floats:
        """Remember B bars and return their contexts, float64 [B, C]."""
        bar, symbol = np.nonzero(present)
        observed = features[bar, symbol][:, model.context_columns]
        means = bar_means(np.ascontiguousarray(observed), bar.astype(np.int64), len(features))
        before = self._seen[max(len(self._seen) - model.context_bars + 1, 0) :]
        known = np.vstack([before, means])
        self._seen = known[max(len(known) - model.context_bars, 0) :]
        return model.contexts(known)[len(before) :]


def joined(memory: bytes, state: bytes) -> bytes:
    """Return what a model remembers and the state of its features as one."""
    return len(memory).to_bytes(LENGTH_BYTES, "big") + memory + state


def parted(both: bytes) -> tuple[bytes, bytes]:
    """Return the two that `joined` made one."""
    end = LENGTH_BYTES + int.from_bytes(both[:LENGTH_BYTES], "big")
    return both[LENGTH_BYTES:end], both[end:]
