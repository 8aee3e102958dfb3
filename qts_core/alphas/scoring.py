"""What became of past signals: each is matched with the return over its horizon, and only when that is over (9.2).

Three figures by alpha. The information coefficient is the rank correlation, across symbols, of the strengths of a bar
with the returns over the horizon that began at its close. The hit rate is the share of symbols that moved the way the
signal said. The gain is the return, at one bar, of a portfolio that holds the signals of the last `horizon_bars` bars
in equal parts: gains of alphas of different horizons belong to the same bar, so they have a covariance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qts_core.alphas.history import Rows
from qts_core.alphas.signal import Signals
from qts_core.alphas.windows import MINIMUM_BREADTH, average_ranks
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats

__all__ = ["Scorecard", "SignalScorer", "hit_rate", "information_coefficient"]


@dataclass(frozen=True, slots=True, eq=False)
class Scorecard:
    """How K alphas did over the window; NaN where nothing is known yet.

    Attributes
    ----------
    ic, hit_rate : float64 [K]
        Means of the bars whose horizon is over.
    count : float64 [K]
        Bars with an information coefficient.
    gain, deviation : float64 [K]
        Mean and sample standard deviation of the gains, ratio a bar.
    gains : float64 [K]
        Bars with a gain.
    covariance : float64 [K, K]
        Of the gains at bars where every alpha has one.
    """

    ic: Floats
    hit_rate: Floats
    count: Floats
    gain: Floats
    deviation: Floats
    gains: Floats
    covariance: Floats


class SignalScorer:
    """A fold over the closes and signals of K alphas on N symbols.

    Parameters
    ----------
    horizons : sequence of int
        Bars, one per alpha.
    breadth : int
        N.
    window_bars : int
        Scores that are remembered.
    """

    def __init__(self, horizons: Sequence[int], breadth: int, window_bars: int) -> None:
        self.horizons = tuple(horizons)
        count = len(self.horizons)
        self._last: Floats = np.full(breadth, np.nan)
        self._closes = Rows(max(self.horizons), breadth)
        self._regimes = Rows(max(self.horizons), 1)
        self._given = [Rows(horizon, breadth) for horizon in self.horizons]
        self._ic, self._hits = Rows(window_bars, count), Rows(window_bars, count)
        self._gains = Rows(window_bars, count)
        # A figure belongs to the regime in which its signal was given, not to the one in which it became known.
        self._ic_regime, self._gain_regime = Rows(window_bars, count), Rows(window_bars, 1)

    @property
    def newest_gain(self) -> Floats:
        """Gains at the last bar, float64 [K], ratios; NaN where an alpha had no signal."""
        return np.array(self._gains.values[-1])

    def observe(self, linked_close: Floats, signals: Sequence[Signals], regime: int = -1) -> None:
        """Take a bar: score what is over at its close, then remember the signals given at it.

        Parameters
        ----------
        linked_close : float64 [N]
            Chain-linked closes; NaN = no bar: what is over is scored at the last known close.
        signals : sequence of Signals
            One per alpha, given at this close.
        regime : int
            In force at this close; -1 = none.
        """
        close = np.where(np.isnan(linked_close), self._last, linked_close)
        moves = close / self._last - 1.0
        count = len(self.horizons)
        ic, hits, regimes, gains = (np.full(count, np.nan) for _ in range(4))
        for k, horizon in enumerate(self.horizons):
            strength = self._given[k].values
            earned = close / self._closes.values[-horizon] - 1.0
            ic[k] = information_coefficient(strength[0], earned)
            hits[k] = hit_rate(strength[0], earned)
            regimes[k] = self._regimes.values[-horizon, 0]
            gains[k] = _gain(strength, moves)
            self._given[k].push(np.where(np.isnan(linked_close), np.nan, signals[k].strength))
        self._ic.push(ic)
        self._hits.push(hits)
        self._gains.push(gains)
        self._ic_regime.push(regimes)
        self._gain_regime.push(self._regimes.values[-1])
        self._closes.push(close)
        self._regimes.push(np.array([float(regime)]))
        self._last = close

    def card(self, regime: int | None = None) -> Scorecard:
        """Return how the alphas did; in one regime only, if it is given."""
        ic, hits, gains = self._ic.values, self._hits.values, self._gains.values
        if regime is not None:
            in_regime = self._ic_regime.values == regime
            ic, hits = np.where(in_regime, ic, np.nan), np.where(in_regime, hits, np.nan)
            gains = np.where(self._gain_regime.values == regime, gains, np.nan)
        gain, deviation, counted = _moments(gains)
        ic_mean, _, scored = _moments(ic)
        return Scorecard(ic_mean, _moments(hits)[0], scored, gain, deviation, counted, _covariance(gains))

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "given": [rows.snapshot() for rows in self._given],
            "last": to_list(self._last),
            **{name: rows.snapshot() for name, rows in self._parts().items()},
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        given = state["given"]
        if not isinstance(given, Sequence) or len(given) != len(self._given):
            raise ValueError(f"scores of {len(self._given)} alphas cannot be taken up from another number of them")
        for rows, kept in zip(self._given, given, strict=True):
            rows.restore(kept)
        self._last = from_list(state["last"])
        for name, rows in self._parts().items():
            rows.restore(state[name])

    def _parts(self) -> dict[str, Rows]:
        return {
            "closes": self._closes, "gain_regime": self._gain_regime, "gains": self._gains, "hits": self._hits,
            "ic": self._ic, "ic_regime": self._ic_regime, "regimes": self._regimes,
        }  # fmt: skip


def information_coefficient(strength: Floats, earned: Floats) -> float:
    """Return Spearman's rank correlation of two [N]; NaN with fewer than five pairs or where one side is all equal."""
    known = np.isfinite(strength) & np.isfinite(earned)
    if int(known.sum()) < MINIMUM_BREADTH:
        return float("nan")
    first, second = average_ranks(strength[known]), average_ranks(earned[known])
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 0.0 else float("nan")


def hit_rate(strength: Floats, earned: Floats) -> float:
    """Return the share of symbols that moved the way the strength says; neither flat signals nor flat prices count."""
    product = np.sign(strength) * np.sign(earned)
    judged = int(np.count_nonzero(np.abs(product) == 1.0))
    return int(np.count_nonzero(product == 1.0)) / judged if judged else float("nan")


def _gain(strength: Floats, moves: Floats) -> float:
    """Return what the standing signals [H, N] earned at one bar, over the sum of their absolute holdings."""
    held = np.where(np.isnan(strength), 0.0, strength).sum(axis=0)
    gross = float(np.abs(held).sum())
    return float(held @ np.where(np.isnan(moves), 0.0, moves)) / gross if gross > 0.0 else float("nan")


def _moments(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, sample standard deviation and count of the known values [T, K] of each column."""
    known = ~np.isnan(values)
    count = known.sum(axis=0).astype(np.float64)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.where(count > 0.0, count, np.nan)
    square = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    return mean, np.sqrt(square / np.where(count > 1.0, count - 1.0, np.nan)), count


def _covariance(gains: Floats) -> Floats:
    complete = gains[~np.isnan(gains).any(axis=1)]
    if len(complete) < 2:
        return np.full((gains.shape[1], gains.shape[1]), np.nan)
    return np.atleast_2d(np.cov(complete, rowvar=False))
