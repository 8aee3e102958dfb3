"""Adaptive levels without a rate to choose: several rates at once, each weighed by how well it has foretold (DtACI).

Every expert is adaptive conformal inference at a rate of its own. For an outcome that a level just misses at miss rate
``beta``, an expert that aimed at ``a`` loses ``alpha (beta - a) - min(0, beta - a)``; its weight shrinks by
``exp(-eta loss)``, and a share ``sigma`` of all weight is dealt out evenly, so that none is ever out of the race. The
level issued is the weighted mean of theirs. At one bar losses and misses are means over the symbols of a group.

References
----------
Gibbs and Candès (2024), Conformal Inference for Online Prediction with Arbitrary Distribution Shifts, JMLR 25(162),
pp. 1-36: the algorithm DtACI, with the mean in place of a draw, as its authors run it. Outcomes come late here, so
each is held against the levels that stood when its interval was issued.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats

__all__ = ["Experts", "Tuning"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """How experts are made and weighed.

    Attributes
    ----------
    rates : tuple of float
        Of each expert.
    memory_bars : int
        Bars over which the best of them may change: the width of the paper's local time intervals.
    """

    rates: tuple[float, ...]
    memory_bars: int

    @property
    def share(self) -> float:
        """Share of the weight dealt out evenly, the paper's sigma."""
        return 1.0 / (2.0 * self.memory_bars)

    def speed(self, alpha: float) -> float:
        """Return how fast losses move weight, the paper's eta: best for outcomes without drift over the memory."""
        squared_loss = ((1.0 - alpha) ** 2 * alpha**3 + alpha**2 * (1.0 - alpha) ** 3) / 3.0
        return math.sqrt((math.log(len(self.rates) * self.memory_bars) + 2.0) / (self.memory_bars * squared_loss))


@dataclass(frozen=True, slots=True, eq=False)
class Experts:
    """What the experts of one group aim at.

    Attributes
    ----------
    alphas : float64 [K]
        Miss rate that each aims at.
    weights : float64 [K]
        How much each is heard; they sum to 1.
    """

    alphas: Floats
    weights: Floats

    @classmethod
    def starting(cls, alpha: float, count: int) -> Experts:
        """Return `count` experts who all aim at `alpha`."""
        return cls(np.full(count, alpha), np.full(count, 1.0 / count))

    @property
    def level(self) -> float:
        """Miss rate that intervals are issued with."""
        return float((self.weights * self.alphas).sum())

    def after(self, issued: Floats, betas: Floats, *, alpha: float, tuning: Tuning) -> Experts:
        """Return the experts after the outcomes of one bar.

        Parameters
        ----------
        issued : float64 [K]
            What each aimed at when the promise was made.
        betas : float64 [n], n at least 1
            Miss rate from which on each outcome is missed.
        alpha : float
            Miss rate promised.
        """
        ahead = betas[None, :] - issued[:, None]
        losses = (alpha * ahead - np.minimum(0.0, ahead)).mean(axis=1)
        misses = (ahead <= 0.0).mean(axis=1)
        kept = self.weights * np.exp(-tuning.speed(alpha) * (losses - losses.min()))
        kept = kept / kept.sum()
        weights = (1.0 - tuning.share) * kept + tuning.share / len(kept)
        return Experts(self.alphas + np.array(tuning.rates) * (alpha - misses), weights)

    def to_dict(self) -> dict[str, object]:
        """Return plain values, exact, that :meth:`from_dict` reads."""
        return {"alphas": to_list(self.alphas), "weights": to_list(self.weights)}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Experts:
        """Return what :meth:`to_dict` wrote."""
        return cls(*(from_list(content[name]) for name in ("alphas", "weights")))
