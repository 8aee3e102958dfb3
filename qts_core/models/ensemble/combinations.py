"""What an ensemble learned besides its members: the way from their scores to one, fitted and frozen (spec. 9.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.ensemble.aggregation import hard_vote, median, soft_vote, trimmed_mean, weighted_mean

__all__ = ["Averaging", "Combination", "Level1", "RegimeWeights", "Voting"]


@dataclass(frozen=True, slots=True, eq=False)
class Level1:
    """What a combination sees.

    Attributes
    ----------
    scores : float64 [R, M]
        Of the members; NaN = no opinion.
    chances : float64 [R, M]
        The same as probabilities of up.
    features : float64 [R, G]
        Original features that a meta-learner asked for.
    regimes : float64 [R, 4]
        Probability of each regime.
    """

    scores: Floats
    chances: Floats
    features: Floats
    regimes: Floats


class Combination(Protocol):
    """A fitted way to make one score of several."""

    kind: ClassVar[str]

    @property
    def weights(self) -> Floats:
        """What each member counts, float64 [M], summing to 1; of a meta-learner the share of its absolute effect."""

    def combine(self, inputs: Level1) -> Floats:
        """Return expected forward returns, float64 [R]; NaN = no opinion."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything learned, as plain values."""

    def to_files(self) -> dict[str, bytes]:
        """Return models of its own, in their native format."""


class _Plain:
    """A combination without models of its own."""

    __slots__ = ()

    def to_files(self) -> dict[str, bytes]:
        """Return nothing."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class Averaging(_Plain):
    """A mean of the members' scores.

    Attributes
    ----------
    mean : str
        ``weighted``, ``trimmed_mean`` or ``median``.
    member_weights : float64 [M]
        Of ``weighted``.
    trim_share : float
        Of ``trimmed_mean``.
    """

    kind: ClassVar[str] = "averaging"
    mean: str
    member_weights: Floats
    trim_share: float = 0.0

    @property
    def weights(self) -> Floats:
        """What each member counts."""
        return self.member_weights

    def combine(self, inputs: Level1) -> Floats:
        """Return the mean of the scores."""
        if self.mean == "median":
            return median(inputs.scores)
        if self.mean == "trimmed_mean":
            return trimmed_mean(inputs.scores, self.trim_share)
        return weighted_mean(inputs.scores, self.member_weights)

    def to_dict(self) -> dict[str, Any]:
        """Return everything learned."""
        return {"mean": self.mean, "member_weights": self.member_weights.tolist(), "trim_share": self.trim_share}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Averaging:
        """Read what `to_dict` gave."""
        return cls(str(content["mean"]), _array(content["member_weights"]), float(content["trim_share"]))


@dataclass(frozen=True, slots=True, eq=False)
class Voting(_Plain):
    """A vote for up or down, worth its surplus times the mean absolute return, as a classifier's score is.

    Attributes
    ----------
    ballot : str
        ``hard`` or ``soft``.
    up, down : float64 [M]
        What a member's vote for up, and for down, weighs.
    scale : float
        Mean absolute forward return of the training samples.
    """

    kind: ClassVar[str] = "voting"
    ballot: str
    up: Floats
    down: Floats
    scale: float

    @property
    def weights(self) -> Floats:
        """The mean of a member's two weights."""
        both = self.up + self.down
        return np.asarray(both / both.sum())

    def combine(self, inputs: Level1) -> Floats:
        """Return the surplus of votes on the scale of returns."""
        if self.ballot == "hard":
            return hard_vote(inputs.scores, self.up, self.down) * self.scale
        return soft_vote(inputs.chances, self.up, self.down) * self.scale

    def to_dict(self) -> dict[str, Any]:
        """Return everything learned."""
        return {"ballot": self.ballot, "up": self.up.tolist(), "down": self.down.tolist(), "scale": self.scale}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Voting:
        """Read what `to_dict` gave."""
        return cls(str(content["ballot"]), _array(content["up"]), _array(content["down"]), float(content["scale"]))


@dataclass(frozen=True, slots=True, eq=False)
class RegimeWeights(_Plain):
    """A weighted mean whose weights follow the market's regime; the regime gates the score and is none itself.

    Attributes
    ----------
    table : float64 [4, M]
        Weights in each regime, rows summing to 1.
    gates : float64 [4]
        Factor on the score in each regime.
    neutral : float64 [4]
        Regimes when nothing is known.
    """

    kind: ClassVar[str] = "regime"
    table: Floats
    gates: Floats
    neutral: Floats

    @property
    def weights(self) -> Floats:
        """What each member counts in the long run."""
        return np.asarray(self.neutral @ self.table)

    def combine(self, inputs: Level1) -> Floats:
        """Return the mean by the regimes' probabilities, times their gates."""
        chances = inputs.regimes
        weights, gate = np.zeros(inputs.scores.shape), np.zeros(len(inputs.scores))
        for regime in range(self.table.shape[0]):
            weights = weights + chances[:, regime, None] * self.table[regime]
            gate = gate + chances[:, regime] * self.gates[regime]
        return weighted_mean(inputs.scores, weights) * gate

    def to_dict(self) -> dict[str, Any]:
        """Return everything learned."""
        return {"table": self.table.tolist(), "gates": self.gates.tolist(), "neutral": self.neutral.tolist()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RegimeWeights:
        """Read what `to_dict` gave."""
        return cls(_array(content["table"]), _array(content["gates"]), _array(content["neutral"]))


def _array(values: object) -> Floats:
    return np.array(values, dtype=np.float64)
