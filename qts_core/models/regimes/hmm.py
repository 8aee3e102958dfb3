"""A hidden Markov model with Gaussian observations: fitted by EM, read by the forward recursion alone (9.1-19).

`filtered` gives the probability of each state given the observations up to now; smoothed probabilities, which know the
future, never leave this file. A filter forgets where it began: `windowed` runs it over the last W observations, so that
its value at a bar depends on these alone and a daemon that started yesterday gives the bits of a backtest.

References
----------
Rabiner (1989), A Tutorial on Hidden Markov Models, Proc. IEEE 77 (2), pp. 262-266 (forward-backward, re-estimation),
p. 272 (scaling). Hamilton (1989), Econometrica 57 (2), pp. 357-384 (the filter).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats

__all__ = ["GaussianHmm"]

SMALLEST_VARIANCE = 1e-3
"""Of the observations' own variance: a state on a single point is an artefact of the likelihood."""
STICKINESS = 10.0
"""Pseudo-counts on the diagonal of the transitions: regimes last, and a rarely seen one needs a prior."""


@dataclass(frozen=True, slots=True, eq=False)
class GaussianHmm:
    """Parameters of K states with diagonal Gaussian observations of D values.

    Attributes
    ----------
    start : float64 [K]
        Probability of each state at the first observation.
    transition : float64 [K, K]
        From row to column.
    means, variances : float64 [K, D]
    """

    start: Floats
    transition: Floats
    means: Floats
    variances: Floats

    @property
    def states(self) -> int:
        """Number of states K."""
        return len(self.start)

    @property
    def stationary(self) -> Floats:
        """Long-run share of each state, float64 [K]."""
        k = self.states
        system = np.vstack([self.transition.T - np.eye(k), np.ones(k)])
        found = np.linalg.lstsq(system, np.append(np.zeros(k), 1.0), rcond=None)[0]
        positive = np.maximum(found, 0.0)
        return np.asarray(positive / positive.sum())

    def filtered(self, observations: Floats) -> Floats:
        """Return P(state at t | observations up to t), float64 [T, K], from the first observation on.

        Parameters
        ----------
        observations : float64 [T, D]
            A row with a NaN tells nothing.
        """
        return _filter(self._densities(observations), self.start, self.transition)[0]

    def windowed(self, observations: Floats, window: int) -> Floats:
        """Return the filter begun anew `window` observations before each, float64 [T, K].

        Row t depends on the rows ``t - window + 1`` to ``t`` alone, bit for bit.
        """
        return _windowed(self._densities(observations), self.stationary, self.transition, window)

    def log_likelihood(self, observations: Floats) -> float:
        """Return the log density of the observations."""
        logs = self._log_densities(observations)
        scale = _filter(_exponentials(logs), self.start, self.transition)[1]
        return float(np.log(scale).sum() + logs.max(axis=1).sum())

    def ordered(self, order: list[int]) -> GaussianHmm:
        """Return the same model with its states in another order."""
        return GaussianHmm(
            self.start[order], self.transition[np.ix_(order, order)], self.means[order], self.variances[order]
        )

    @classmethod
    def fit(
        cls, observations: Floats, states: int, *, seed: int = 7, iterations: int = 200, tolerance: float = 1e-5,
        restarts: int = 3,
    ) -> GaussianHmm:  # fmt: skip
        """Fit by expectation-maximisation; the best of several beginnings.

        Parameters
        ----------
        observations : float64 [T, D]
            Of the training bars alone, in order.
        states : int
        seed : int
            Of the beginnings.
        iterations, tolerance : int, float
            Most steps, and the gain of mean log-likelihood below which it stops.
        restarts : int

        Raises
        ------
        TrainingError
            QTS-MODEL-053 if there are too few observations for so many states.
        """
        known = observations[np.isfinite(observations).all(axis=1)]
        if len(known) < 20 * states:
            raise TrainingError(
                "QTS-MODEL-053", "too few bars to tell regimes apart", found=len(known),
                expected=f"at least {20 * states} for {states} states",
                fix="train on more bars, or ask for fewer states",
            )  # fmt: skip
        rng = np.random.default_rng(seed)
        best, best_gain = None, -np.inf
        for attempt in range(restarts):
            model = _beginning(known, states, rng, is_sorted=attempt == 0)
            model, gain = _maximised(model, observations, known.var(axis=0), iterations, tolerance)
            if gain > best_gain:
                best, best_gain = model, gain
        assert best is not None
        return best

    def _densities(self, observations: Floats) -> Floats:
        return _exponentials(self._log_densities(observations))

    def _log_densities(self, observations: Floats) -> Floats:
        return _log_density(np.ascontiguousarray(observations), self.means, self.variances)


def _beginning(known: Floats, states: int, rng: np.random.Generator, *, is_sorted: bool) -> GaussianHmm:
    """Return a first guess: slices of the observations by their first value, or Gaussians at random points."""
    transition = np.full((states, states), 0.1 / max(states - 1, 1))
    np.fill_diagonal(transition, 0.9)
    spread = np.maximum(known.var(axis=0), np.finfo(float).tiny)
    if is_sorted:
        parts = np.array_split(known[np.argsort(known[:, 0], kind="stable")], states)
        means = np.array([part.mean(axis=0) for part in parts])
        variances = np.array([np.maximum(part.var(axis=0), 0.05 * spread) for part in parts])
    else:
        means = known[rng.choice(len(known), states, replace=False)]
        variances = np.tile(spread / states, (states, 1))
    return GaussianHmm(np.full(states, 1.0 / states), transition, means, variances)


def _maximised(
    model: GaussianHmm, observations: Floats, spread: Floats, iterations: int, tolerance: float
) -> tuple[GaussianHmm, float]:
    known = np.asarray(np.isfinite(observations).all(axis=1))
    values = np.where(known[:, None], observations, 0.0)
    before = -np.inf
    for _ in range(iterations):
        logs = model._log_densities(observations)
        density = _exponentials(logs)
        filtered, scale = _filter(density, model.start, model.transition)
        smoothed, moves = _smoothed(density, filtered, scale, model.transition)
        gain = float(np.log(scale).sum() + logs.max(axis=1).sum()) / len(observations)
        weight = smoothed * known[:, None]
        mass = np.maximum(weight.sum(axis=0), 1e-12)[:, None]
        means = weight.T @ values / mass
        variances = weight.T @ values**2 / mass - means**2
        variances = np.maximum(variances, SMALLEST_VARIANCE * np.maximum(spread, np.finfo(float).tiny))
        counts = moves + STICKINESS * np.eye(model.states) + 1e-6
        model = GaussianHmm(smoothed[0], counts / counts.sum(axis=1, keepdims=True), means, variances)
        if gain - before < tolerance:
            return model, gain
        before = gain
    return model, before


def _exponentials(logs: Floats) -> Floats:
    """Return densities relative to the likeliest state: their size cancels, and none underflows everywhere."""
    return _relative(logs)


@kernel
def _log_density(observations: Floats, means: Floats, variances: Floats) -> Floats:
    rows, states, width = observations.shape[0], means.shape[0], means.shape[1]
    logs = np.zeros((rows, states))
    for t in range(rows):
        is_known = True
        for d in range(width):
            if not np.isfinite(observations[t, d]):
                is_known = False
        if not is_known:
            continue
        for k in range(states):
            total = 0.0
            for d in range(width):
                distance = observations[t, d] - means[k, d]
                total += distance * distance / variances[k, d] + np.log(2.0 * np.pi * variances[k, d])
            logs[t, k] = -0.5 * total
    return logs


@kernel
def _relative(logs: Floats) -> Floats:
    found = np.empty_like(logs)
    for t in range(logs.shape[0]):
        top = logs[t].max()
        for k in range(logs.shape[1]):
            found[t, k] = np.exp(logs[t, k] - top)
    return found


@kernel
def _step(before: Floats, transition: Floats, density: Floats, after: Floats) -> float:
    """Write the next filtered probabilities into `after`; return their sum before scaling."""
    states, total = len(before), 0.0
    for j in range(states):
        reach = 0.0
        for i in range(states):
            reach += before[i] * transition[i, j]
        after[j] = reach * density[j]
        total += after[j]
    if total > 0.0:
        for j in range(states):
            after[j] /= total
    else:
        for j in range(states):
            after[j] = before[j]
        total = 1e-300
    return total


@kernel
def _filter(density: Floats, start: Floats, transition: Floats) -> tuple[Floats, Floats]:
    rows, states = density.shape
    found, scale = np.empty((rows, states)), np.empty(rows)
    identity = np.eye(states)
    for t in range(rows):
        if t == 0:
            scale[t] = _step(start, identity, density[t], found[t])
        else:
            scale[t] = _step(found[t - 1], transition, density[t], found[t])
    return found, scale


@kernel
def _windowed(density: Floats, start: Floats, transition: Floats, window: int) -> Floats:
    rows, states = density.shape
    found = np.empty((rows, states))
    now, after, identity = np.empty(states), np.empty(states), np.eye(states)
    for t in range(rows):
        first = max(t - window + 1, 0)
        _step(start, identity, density[first], now)
        for s in range(first + 1, t + 1):
            _step(now, transition, density[s], after)
            for j in range(states):
                now[j] = after[j]
        for j in range(states):
            found[t, j] = now[j]
    return found


@kernel
def _smoothed(density: Floats, filtered: Floats, scale: Floats, transition: Floats) -> tuple[Floats, Floats]:
    """Return state probabilities given everything, [T, K], and expected moves between states, [K, K]."""
    rows, states = density.shape
    found, moves = np.empty((rows, states)), np.zeros((states, states))
    beta, before = np.ones(states), np.empty(states)
    for j in range(states):
        found[rows - 1, j] = filtered[rows - 1, j]
    for t in range(rows - 2, -1, -1):
        for i in range(states):
            total = 0.0
            for j in range(states):
                move = transition[i, j] * density[t + 1, j] * beta[j] / scale[t + 1]
                total += move
                moves[i, j] += filtered[t, i] * move
            before[i] = total
        for i in range(states):
            beta[i] = before[i]
            found[t, i] = filtered[t, i] * beta[i]
    return found, moves
