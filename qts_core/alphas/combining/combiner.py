"""Several alphas into one: a fold that weighs them by what became of their past signals (specification 9.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, cast

import numpy as np

from qts_core.alphas.combine import combine
from qts_core.alphas.combining.optimised import best_ratio
from qts_core.alphas.combining.regime import RegimeReader
from qts_core.alphas.combining.settings import CombinerSettings, Weighting
from qts_core.alphas.combining.weights import constrained, merits
from qts_core.alphas.scoring import Scorecard, SignalScorer
from qts_core.alphas.signal import Signals
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Infeasible

__all__ = ["Combiner", "EqualCombiner", "ScoredCombiner", "build_combiner"]


class Combiner(Protocol):
    """A fold over the signals of K alphas.

    Attributes
    ----------
    weights : float64 [K]
        In force at the last bar.
    """

    weights: Floats

    def update(self, bars: BarSlice, signals: Sequence[Signals]) -> Signals:
        """Take one closed bar and the signals given at its close, one per alpha, and return the combination."""

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""


class EqualCombiner:
    """The mean over the alphas that have an opinion; nothing is remembered.

    Parameters
    ----------
    count : int
        K.
    total : float
        Sum of the weights.
    """

    def __init__(self, count: int, total: float = 1.0) -> None:
        self.weights: Floats = np.full(count, total / count)
        self._total = total

    def update(self, bars: BarSlice, signals: Sequence[Signals]) -> Signals:
        """Return the mean of the signals; of the bar nothing is used."""
        return _scaled(combine(signals), self._total)

    def snapshot(self) -> dict[str, object]:
        """Return nothing."""
        return {}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up nothing."""


class ScoredCombiner:
    """The weighted mean of signals; weights follow the scores of signals whose horizon is over.

    Weights are set every `every_bars`, and early when the combination has lost `loss_trigger` since they were set.

    Parameters
    ----------
    settings : CombinerSettings
    horizons : sequence of int
        Bars, one per alpha.
    breadth : int
        N.

    Attributes
    ----------
    fallback_reason : str or None
        Why the last optimisation gave nothing and each alpha's own ratio decided instead; None when it did.
    regime : int
        In force, a place in `REGIMES`; -1 = not known, or not looked at.
    """

    def __init__(self, settings: CombinerSettings, horizons: Sequence[int], breadth: int) -> None:
        settings.check(len(horizons))
        self.settings = settings
        self.scorer = SignalScorer(horizons, breadth, settings.window_bars)
        self.weights: Floats = np.full(len(horizons), settings.total / len(horizons))
        self.fallback_reason: str | None = None
        self.regime = -1
        self._reader = RegimeReader(settings.regime_bars, breadth) if settings.is_regime_conditional else None
        self._since = 0
        self._lost = 0.0

    def update(self, bars: BarSlice, signals: Sequence[Signals]) -> Signals:
        """Take one closed bar and the signals given at its close, one per alpha, and return the combination."""
        linked = bars.close * bars.factor
        before = self.regime
        if self._reader is not None:
            self.regime = self._reader.update(linked)
        self.scorer.observe(linked, signals, self.regime)
        gain = self.scorer.newest_gain
        self._lost -= float(np.where(np.isnan(gain), 0.0, gain) @ self.weights)
        self._since += 1
        trigger = self.settings.loss_trigger
        is_early = (0.0 < trigger <= self._lost) or self.regime != before
        if self._since >= self.settings.every_bars or is_early:
            self.weights = self._reweighed()
            self._since, self._lost = 0, 0.0
        return _scaled(combine(signals, self.weights.tolist()), self.settings.total)

    def card(self) -> Scorecard:
        """Return how the alphas did over the window, in all regimes."""
        return self.scorer.card()

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "fallback": self.fallback_reason, "lost": self._lost, "regime": self.regime,
            "scorer": self.scorer.snapshot(), "since": self._since, "weights": to_list(self.weights),
            **({} if self._reader is None else {"reader": self._reader.snapshot()}),
        }  # fmt: skip

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self.scorer.restore(cast(Mapping[str, object], state["scorer"]))
        self.weights = from_list(state["weights"])
        self.fallback_reason = cast("str | None", state["fallback"])
        self.regime, self._since = cast(int, state["regime"]), cast(int, state["since"])
        self._lost = cast(float, state["lost"])
        if self._reader is not None:
            self._reader.restore(cast(Mapping[str, object], state["reader"]))

    def _reweighed(self) -> Floats:
        """Return the weights that the present scores ask for."""
        settings, card = self.settings, self.scorer.card()
        merit = merits(card, settings)
        is_all = True
        if self.regime >= 0:
            conditional = self.scorer.card(self.regime)
            own = merits(conditional, settings)
            is_all = bool(np.isnan(own).any())
            # An alpha that the regime says too little of keeps its figure of all regimes.
            merit = np.where(np.isnan(own), merit, own)
            card = card if is_all else conditional
        self.fallback_reason = None
        if settings.weighting is Weighting.MAXIMUM_SHARPE and not np.isnan(merit).any():
            try:
                return best_ratio(card.gain, card.covariance, self.weights, settings)
            except Infeasible as reason:
                self.fallback_reason = f"each alpha's own ratio: {reason}"
        return constrained(merit, self.weights, settings)


def build_combiner(settings: CombinerSettings, horizons: Sequence[int], breadth: int) -> Combiner:
    """Return the combiner of K alphas on N symbols.

    Raises
    ------
    ConfigurationError
        QTS-EXEC-045 if no weights satisfy the constraints.
    """
    if settings.weighting is Weighting.EQUAL or len(horizons) == 1:
        settings.check(len(horizons))
        return EqualCombiner(len(horizons), settings.total)
    return ScoredCombiner(settings, horizons, breadth)


def _scaled(signals: Signals, total: float) -> Signals:
    """Return a mean of signals as a sum whose weights add up to `total`."""
    return signals if total == 1.0 else replace(signals, strength=np.clip(total * signals.strength, -1.0, 1.0))
