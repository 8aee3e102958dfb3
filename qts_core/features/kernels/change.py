"""Watching for change: Page's CUSUM and Bayesian online change-point detection (specification 6.2)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["cusum", "run_length"]

PRIOR_WEIGHT, PRIOR_SHAPE, PRIOR_SCALE = 1.0, 1.0, 1.0
"""Normal-gamma prior of a new run: mean 0 as of one observation, precision about 1. Observations are standardised."""

NEGLIGIBLE = 1e-12
"""Run lengths less probable than this are forgotten."""


@kernel
def cusum(x: Floats, out: Floats, state: Floats, side: float, allowance: float, limit: float) -> None:
    """Write Page's cumulative sum ``max(0, s + side x - allowance)``, which starts anew after it has passed `limit`.

    References
    ----------
    Page (1954), Biometrika 41, 100.
    """
    for n in range(x.shape[1]):
        total = state[n, 0]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if total > limit:
                total = 0.0
            total = max(0.0, total + side * value - allowance)
            out[t, n] = total
        state[n, 0] = total


@kernel
def student_factors(runs: int) -> Floats:
    """Return ``G(a + 1/2) / (G(a) sqrt(2 pi))`` with ``a`` the prior's shape plus half the run length."""
    out = np.empty(runs + 1)
    ratio = math.exp(math.lgamma(PRIOR_SHAPE + 0.5) - math.lgamma(PRIOR_SHAPE))
    for r in range(runs + 1):
        out[r] = ratio / math.sqrt(2.0 * math.pi)
        ratio = (PRIOR_SHAPE + 0.5 * r) / ratio
    return out


@kernel
def observe(value: float, probabilities: Floats, means: Floats, scales: Floats, factors: Floats, hazard: float) -> None:
    """Update the posterior of the run length with one observation."""
    runs = len(probabilities) - 1
    changed, grown_last = 0.0, 0.0
    for r in range(runs, -1, -1):
        probability: float = probabilities[r]
        weight = PRIOR_WEIGHT + r
        shape = PRIOR_SHAPE + 0.5 * r
        step = value - means[r]
        growth = 0.5 * weight / (weight + 1.0) * step * step
        if probability > 0.0:
            density = factors[r] * math.sqrt(weight / (weight + 1.0) / scales[r])
            density *= math.exp(-(shape + 0.5) * math.log1p(growth / scales[r]))
            probability *= density
            changed += hazard * probability
            probability *= 1.0 - hazard
        if r == runs:
            grown_last = probability
        else:
            probabilities[r + 1] = probability + (grown_last if r == runs - 1 else 0.0)
            means[r + 1] = means[r] + step / (weight + 1.0)
            scales[r + 1] = scales[r] + growth
    probabilities[0], means[0], scales[0] = changed, 0.0, PRIOR_SCALE
    total = 0.0
    for r in range(runs + 1):
        total += probabilities[r]
    for r in range(runs + 1):
        share = probabilities[r] / total
        probabilities[r] = share if share > NEGLIGIBLE else 0.0


@kernel
def run_length(x: Floats, out: Floats, state: Floats, runs: int, every: int, recent: int, hazard: float) -> None:
    """Write the probability of a change within the last `recent` observations, or with 0 the expected run length.

    Every `every`-th value is an observation; between them the result is held. Runs of at least `runs` observations are
    one case, described by the last `runs`.

    State: values since the last observation, result, known, then probabilities, means and scales of the runs 0 to
    `runs`.

    References
    ----------
    Adams and MacKay (2007), arXiv:0710.3742, algorithm 1, for normal observations of unknown mean and variance.
    """
    factors = student_factors(runs)
    for n in range(x.shape[1]):
        s = state[n]
        probabilities, means, scales = s[3 : 4 + runs], s[4 + runs : 5 + 2 * runs], s[5 + 2 * runs :]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            s[0] += 1.0
            if s[0] >= every:
                s[0] = 0.0
                if s[2] == 0.0:
                    probabilities[0] = 1.0
                    scales[:] = PRIOR_SCALE
                    s[2] = 1.0
                observe(value, probabilities, means, scales, factors, hazard)
                result = 0.0
                for r in range(recent if recent > 0 else runs + 1):
                    result += probabilities[r] * (1.0 if recent > 0 else float(r))
                s[1] = min(1.0, result) if recent > 0 else result
            out[t, n] = s[1] if s[2] > 0.0 else np.nan
