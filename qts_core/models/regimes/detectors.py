"""Detectors of four market regimes: probabilities of each from volatility and trend of closed bars (specification 9.1).

An observation is one bar's volatility and trend strength of the market: two features, averaged over the symbols that
have a bar. A detector's answer at a bar depends on the last `window` observations alone, so it is the same bits in a
backtest and in a daemon that saw only those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats
from qts_core.models.regimes.hmm import GaussianHmm

__all__ = [
    "REGIMES",
    "ClassifierDetector",
    "HmmDetector",
    "RegimeDetector",
    "ThresholdDetector",
    "detector_from",
    "regimes_by_threshold",
    "state_order",
]

REGIMES = ("trending", "mean_reverting", "high_volatility", "low_volatility")
"""Names of the four regimes, in the order of every array of them."""


class RegimeDetector(Protocol):
    """Tells how likely each of `REGIMES` is."""

    kind: ClassVar[str]

    @property
    def window(self) -> int:
        """Observations that it looks back."""

    @property
    def neutral(self) -> Floats:
        """Probabilities when nothing is known, float64 [4]."""

    def probabilities(self, observations: Floats) -> Floats:
        """Return float64 [T, 4] of float64 [T, 2] volatility and trend; row t knows the last `window` rows to t."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything it learned, as plain values."""


@dataclass(frozen=True, slots=True, eq=False)
class HmmDetector:
    """Filtered probabilities of a hidden Markov model with one state for each regime, in the order of `REGIMES`.

    Attributes
    ----------
    model : GaussianHmm
        Of standardised observations.
    center, scale : float64 [2]
        Of the training bars.
    window : int
        Bars after which the filter has forgotten.
    """

    kind: ClassVar[str] = "hmm"
    model: GaussianHmm
    center: Floats
    scale: Floats
    window: int

    @classmethod
    def fit(cls, observations: Floats, *, window: int, seed: int) -> HmmDetector:
        """Fit on the observations of the training bars, float64 [T, 2], in order."""
        center, scale = np.nanmean(observations, axis=0), np.nanstd(observations, axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        model = GaussianHmm.fit((observations - center) / scale, len(REGIMES), seed=seed)
        return cls(model.ordered(state_order(model.means)), center, scale, window)

    @property
    def neutral(self) -> Floats:
        """Long-run shares."""
        return self.model.stationary

    def probabilities(self, observations: Floats) -> Floats:
        """Return filtered probabilities, float64 [T, 4]."""
        return self.model.windowed((observations - self.center) / self.scale, self.window)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters."""
        parts = {name: getattr(self.model, name).tolist() for name in ("start", "transition", "means", "variances")}
        return {**parts, "center": self.center.tolist(), "scale": self.scale.tolist(), "window": self.window}


@dataclass(frozen=True, slots=True)
class ThresholdDetector:
    """Where the bar's volatility and trend rank among the last `window` bars: one regime for certain.

    Attributes
    ----------
    window : int
    high, low : float
        Ranks, in [0, 1], from which volatility is high and up to which it is low. Between them the trend's rank
        decides: trending from a half up.
    """

    kind: ClassVar[str] = "thresholds"
    window: int
    high: float = 0.75
    low: float = 0.25

    @property
    def neutral(self) -> Floats:
        """The same for all."""
        return np.full(len(REGIMES), 1.0 / len(REGIMES))

    def probabilities(self, observations: Floats) -> Floats:
        """Return 1 for the regime of the bar, float64 [T, 4]; `neutral` where the bar tells nothing."""
        found = regimes_by_threshold(observations, self.window, high=self.high, low=self.low)
        chances = np.tile(self.neutral, (len(observations), 1))
        known = found >= 0
        chances[known] = np.eye(len(REGIMES))[found[known]]
        return chances

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters."""
        return {"window": self.window, "high": self.high, "low": self.low}


@dataclass(frozen=True, slots=True, eq=False)
class ClassifierDetector:
    """A logistic regression that foretells the regime of the bars ahead from the bar's volatility, trend and ranks.

    Attributes
    ----------
    coefficients : float64 [4, 4]
        Of each regime; a regime that training never saw has minus infinity as intercept.
    intercepts : float64 [4]
    center, scale : float64 [4]
        Of the inputs: volatility, trend, and the rank of each in the window.
    shares : float64 [4]
        Of the regimes in training.
    window : int
    """

    kind: ClassVar[str] = "classifier"
    coefficients: Floats
    intercepts: Floats
    center: Floats
    scale: Floats
    shares: Floats
    window: int

    @classmethod
    def fit(cls, observations: Floats, *, window: int, ahead: int) -> ClassifierDetector:
        """Learn the threshold regime `ahead` bars later; only training bars are given, so no outcome lies beyond them.

        Parameters
        ----------
        observations : float64 [T, 2]
        window, ahead : int
            Bars.
        """
        from sklearn.linear_model import LogisticRegression

        inputs, regimes = _ranked(observations, window), regimes_by_threshold(observations, window)
        outcome = np.full(len(observations), -1)
        outcome[: len(outcome) - ahead] = regimes[ahead:]
        learned = (outcome >= 0) & np.isfinite(inputs).all(axis=1)
        center, scale = inputs[learned].mean(axis=0), inputs[learned].std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        coefficients, intercepts = np.zeros((len(REGIMES), inputs.shape[1])), np.full(len(REGIMES), -np.inf)
        shares = np.bincount(outcome[learned], minlength=len(REGIMES)) / max(int(learned.sum()), 1)
        seen = np.flatnonzero(shares > 0)
        if len(seen) > 2:
            found = LogisticRegression(max_iter=1000).fit((inputs[learned] - center) / scale, outcome[learned])
            coefficients[seen], intercepts[seen] = found.coef_, found.intercept_
        else:
            intercepts[seen] = np.log(shares[seen])
        return cls(coefficients, intercepts, center, scale, shares, window)

    @property
    def neutral(self) -> Floats:
        """Shares in training."""
        return self.shares

    def probabilities(self, observations: Floats) -> Floats:
        """Return the chances of the regime ahead, float64 [T, 4]."""
        inputs = (_ranked(observations, self.window) - self.center) / self.scale
        logits = np.tile(self.intercepts, (len(inputs), 1))
        for column in range(inputs.shape[1]):
            logits = logits + inputs[:, column, None] * self.coefficients[:, column]
        return _softmax(logits, self.shares)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters; a regime that was never seen has null as intercept."""
        parts = {name: getattr(self, name).tolist() for name in ("coefficients", "center", "scale", "shares")}
        intercepts = [float(v) if np.isfinite(v) else None for v in self.intercepts]
        return {**parts, "intercepts": intercepts, "window": self.window}


def detector_from(kind: str, content: Mapping[str, Any]) -> RegimeDetector:
    """Return the detector whose `to_dict` is `content`.

    Raises
    ------
    KeyError, ValueError, TypeError
        If it is none.
    """
    if kind == "thresholds":
        return ThresholdDetector(int(content["window"]), float(content["high"]), float(content["low"]))
    if kind == "hmm":
        parts = [np.array(content[name], dtype=float) for name in ("start", "transition", "means", "variances")]
        center, scale = (np.array(content[name], dtype=float) for name in ("center", "scale"))
        return HmmDetector(GaussianHmm(*parts), center, scale, int(content["window"]))
    if kind == "classifier":
        names = ("coefficients", "center", "scale", "shares")
        given = {name: np.array(content[name], dtype=float) for name in names}
        intercepts = np.array([-np.inf if v is None else v for v in content["intercepts"]], dtype=float)
        return ClassifierDetector(intercepts=intercepts, window=int(content["window"]), **given)
    raise ValueError(f"no detector {kind}")


def state_order(means: Floats) -> list[int]:
    """Return the states in the order of `REGIMES`, from float64 [4, 2] mean volatility and trend of each.

    The most volatile state is high volatility, the least volatile low volatility; of the two between, the one of the
    stronger trend is trending. So a state keeps its name whatever order the fit found it in.
    """
    by_volatility = [int(i) for i in np.argsort(means[:, 0], kind="stable")]
    low, *between, high = by_volatility
    reverting, trending = sorted(between, key=lambda state: float(means[state, 1]))
    return [trending, reverting, high, low]


def regimes_by_threshold(
    observations: Floats, window: int, *, high: float = 0.75, low: float = 0.25
) -> NDArray[np.int64]:
    """Return the place in `REGIMES` of each bar, int64 [T]; -1 where volatility or trend is unknown."""
    ranks = _rolling_ranks(np.ascontiguousarray(observations), window)
    between = np.where(ranks[:, 1] >= 0.5, 0, 1)
    found = np.where(ranks[:, 0] >= high, 2, np.where(ranks[:, 0] <= low, 3, between))
    return np.where(np.isfinite(ranks).all(axis=1), found, -1)


def _ranked(observations: Floats, window: int) -> Floats:
    return np.hstack([observations, _rolling_ranks(np.ascontiguousarray(observations), window)])


@kernel
def _rolling_ranks(values: Floats, window: int) -> Floats:
    """Return the share of the last `window` known values below each, of equal ones half, [T, D]."""
    rows, width = values.shape
    found = np.full((rows, width), np.nan)
    for d in range(width):
        for t in range(rows):
            if not np.isfinite(values[t, d]):
                continue
            below, known = 0.0, 0
            for s in range(max(t - window + 1, 0), t + 1):
                if np.isfinite(values[s, d]):
                    known += 1
                    if values[s, d] < values[t, d]:
                        below += 1.0
                    elif values[s, d] == values[t, d]:
                        below += 0.5
            found[t, d] = below / known
    return found


@kernel
def _softmax(logits: Floats, neutral: Floats) -> Floats:
    rows, states = logits.shape
    found = np.empty((rows, states))
    for t in range(rows):
        top, total = logits[t].max(), 0.0
        if not np.isfinite(top):
            found[t] = neutral
            continue
        for k in range(states):
            found[t, k] = np.exp(logits[t, k] - top)
            total += found[t, k]
        for k in range(states):
            found[t, k] /= total
    return found
