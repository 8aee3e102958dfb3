"""Orthogonalisation as a fold: how alphas overlapped over the last bars decides what takes their place (9.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from qts_core.alphas.history import Rows
from qts_core.alphas.orthogonal import Orthogonalisation, correlations, decorrelation
from qts_core.alphas.scoring import SignalScorer
from qts_core.alphas.signal import Signals
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["OrthogonalSettings", "Orthogonaliser"]


@dataclass(frozen=True, slots=True)
class OrthogonalSettings:
    """What is done about alphas that overlap.

    Attributes
    ----------
    method : Orthogonalisation
    window_bars : int
        Bars over which they are compared.
    minimum_bars : int
        Bars before anything is done.
    every_bars : int
        Bars between two comparisons.
    threshold : float
        Share of variance below which a component or remainder is left out; correlation above which an alpha is
        redundant; information coefficient below which a remainder is.
    """

    method: Orthogonalisation = Orthogonalisation.NONE
    window_bars: int = 1300
    minimum_bars: int = 260
    every_bars: int = 130
    threshold: float = 0.05


class Orthogonaliser:
    """A fold over the signals of K alphas on N symbols, which gives back K signals.

    A symbol has an opinion where at least one alpha that enters has one; an alpha without one enters as zero. What was
    left out has no opinion anywhere. Confidences are mixed as the absolute parts are.

    Parameters
    ----------
    settings : OrthogonalSettings
    horizons : sequence of int
        Bars, one per alpha.
    breadth : int
        N.

    Attributes
    ----------
    transform : float64 [K, K]
        Of strengths, in force.
    """

    def __init__(self, settings: OrthogonalSettings, horizons: Sequence[int], breadth: int) -> None:
        self.settings = settings
        self.transform: Floats = np.eye(len(horizons))
        self._products = Rows(settings.window_bars, len(horizons) ** 2)
        self._bars = 0
        self._since = 0
        is_judged = settings.method in (Orthogonalisation.DROP, Orthogonalisation.INFORMATION)
        self._scorer = SignalScorer(horizons, breadth, settings.window_bars) if is_judged else None

    def update(self, bars: BarSlice, signals: Sequence[Signals]) -> tuple[Signals, ...]:
        """Take one closed bar and the signals given at its close, and return what takes their place."""
        strength = np.stack([s.strength for s in signals])
        known = ~np.isnan(strength)
        strength = np.where(known, strength, 0.0)
        # Product by product, in the order of symbols: the same bits on every processor.
        self._products.push((strength[:, np.newaxis] * strength[np.newaxis]).sum(axis=2).ravel())
        if self._scorer is not None:
            self._scorer.observe(bars.close * bars.factor, signals)
        self._bars += 1
        self._since += 1
        is_due = self._since >= self.settings.every_bars or self._bars == self.settings.minimum_bars
        if is_due and self._bars >= self.settings.minimum_bars:
            self.transform = self._compared()
            self._since = 0
        return tuple(self._mixed(k, signals, strength, known) for k in range(len(signals)))

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "bars": self._bars, "products": self._products.snapshot(), "since": self._since,
            "transform": to_list(self.transform.ravel()),
            **({} if self._scorer is None else {"scorer": self._scorer.snapshot()}),
        }  # fmt: skip

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._bars, self._since = cast(int, state["bars"]), cast(int, state["since"])
        self._products.restore(state["products"])
        self.transform = from_list(state["transform"]).reshape(self.transform.shape)
        if self._scorer is not None:
            self._scorer.restore(cast(Mapping[str, object], state["scorer"]))

    def _compared(self) -> Floats:
        count = len(self.transform)
        products = np.nansum(self._products.values, axis=0).reshape(count, count)
        correlation, size = correlations(products)
        ic = np.full(count, np.nan) if self._scorer is None else self._scorer.card().ic
        found = decorrelation(self.settings.method, correlation, ic, self.settings.threshold)
        # What comes out is as strong as what went in, so that thresholds keep their meaning.
        own = np.full(count, np.sqrt(np.mean(size**2))) if self.settings.method is Orthogonalisation.PCA else size
        return np.asarray(own[:, np.newaxis] * found / np.where(size > 0.0, size, 1.0))

    def _mixed(self, k: int, signals: Sequence[Signals], strength: Floats, known: Floats) -> Signals:
        row = self.transform[k]
        own = signals[k]
        parts = np.flatnonzero(row).tolist()
        if len(parts) == 1 and parts[0] == k and row[k] == 1.0:
            return own
        if not len(parts):
            nothing = np.full(strength.shape[1], np.nan)
            return Signals(nothing, nothing, np.ones(strength.shape[1], dtype=np.bool_), own.horizon_bars, own.source)
        is_heard = known[parts].any(axis=0)
        mixed = np.clip((row[parts, np.newaxis] * strength[parts]).sum(axis=0), -1.0, 1.0)
        share = np.where(known[parts], np.abs(row[parts])[:, np.newaxis], 0.0)
        confidence = np.stack([np.where(np.isnan(s.confidence), 0.0, s.confidence) for s in signals])[parts]
        with np.errstate(invalid="ignore"):
            mixed_confidence = (share * confidence).sum(axis=0) / share.sum(axis=0)
        is_expired = np.logical_and.reduce([signals[j].is_expired for j in parts])
        return Signals(
            np.where(is_heard, mixed, np.nan), np.where(is_heard, mixed_confidence, np.nan), is_expired,
            own.horizon_bars, own.source,
        )  # fmt: skip
