"""An ensemble behind the one interface of every model: members, what combines them, what the regime does (spec. 9.1).

Its prediction is an expected forward return, as its members' scores are (checklist X-32). Members lie in the bundle in
their native formats, the combination as JSON; a loaded ensemble gives the bits of the one that was saved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import ModelLoadError, PredictionError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import STATE, FitContext, ModelType, TradingModel
from qts_core.models.ensemble.aggregation import agreement, disagreement, with_minimum_agreement
from qts_core.models.ensemble.combinations import Averaging, Combination, Level1, RegimeWeights, Voting
from qts_core.models.ensemble.member import Member
from qts_core.models.ensemble.stacking import LinearStack, ModelStack
from qts_core.models.regimes.detectors import REGIMES, RegimeDetector, detector_from

__all__ = ["EnsembleModel", "Opinions", "Parts"]

CONTENT = "ensemble.json"
FORMAT = 1
PLAIN: Mapping[str, Any] = {kind.kind: kind for kind in (Averaging, Voting, RegimeWeights, LinearStack)}


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """What the members of an ensemble say of R rows.

    Attributes
    ----------
    scores : float64 [R, M]
        Expected forward returns on the common scale; NaN = no opinion.
    combined : float64 [R]
        The ensemble's score; NaN where too few agree.
    disagreement : float64 [R]
        Population standard deviation of the members' scores, a ratio; NaN with fewer than two.
    agreement : float64 [R]
        Share of the opinions that have the sign of the combination, whether it is enough or not.
    alive : int64 [R]
        Members that have an opinion.
    """

    scores: Floats
    combined: Floats
    disagreement: Floats
    agreement: Floats
    alive: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a fitted ensemble is made of.

    Attributes
    ----------
    members : tuple of Member
    combination : Combination
    min_agreement : float
        Share of the opinions that must have the sign of the combination.
    meta_features : tuple of str
        Original features that a meta-learner sees.
    detector : RegimeDetector, optional
        Of an ensemble that follows the regime.
    regime_features : tuple of str
        Volatility and trend that the detector observes.
    """

    members: tuple[Member, ...]
    combination: Combination
    min_agreement: float
    meta_features: tuple[str, ...] = ()
    detector: RegimeDetector | None = None
    regime_features: tuple[str, ...] = ()


class EnsembleModel(TradingModel):
    """Several models as one regressor of the forward return.

    The trainer makes it with :meth:`assemble`: members, weights and meta-learner need folds within the training rows,
    which a matrix of features does not have.
    """

    kind = "ensemble"
    model_type = ModelType.REGRESSOR
    _parts: Parts | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether the model can predict."""
        return self._parts is not None

    @property
    def parts(self) -> Parts:
        """What it is made of.

        Raises
        ------
        PredictionError
            If it is not fitted.
        """
        if self._parts is None:
            raise PredictionError("QTS-MODEL-004", "the model is not fitted", where=self.name, fix="call fit or load")
        return self._parts

    @property
    def member_keys(self) -> tuple[str, ...]:
        """The M members."""
        return tuple(member.key for member in self.parts.members)

    def assemble(self, parts: Parts, *, feature_names: Sequence[str], trained_until: datetime) -> Self:
        """Take over fitted parts; `feature_names` hold all that any of them sees."""
        self._feature_names, self._trained_until = tuple(feature_names), trained_until
        self._take_parts(parts)
        return self

    def fit(self, features: NDArray[np.floating], labels: Floats, context: FitContext) -> Self:
        """Refuse: members and weights need the folds of a training, see `qts_core.training.ensembles`."""
        raise TrainingError(
            "QTS-MODEL-050", "an ensemble cannot be fitted on bare rows", where=self.name,
            expected="a training with fold plan, by qts_core.training.trainer", fix="run `qts train` with its entry",
        )  # fmt: skip

    def predict(self, features: Floats) -> Floats:
        """Return expected forward returns, float64 [R], in the long-run mix of regimes; NaN = no opinion."""
        return self.opinions(features).combined

    def predict_proba(self, features: Floats) -> Floats:
        """Refuse: a regressor has no classes."""
        raise PredictionError("QTS-MODEL-004", "a regressor has no class probabilities", where=self.name)

    def member_scores(self, features: Floats) -> Floats:
        """Return each member's score on the common scale, float64 [R, M]; NaN = no opinion."""
        rows = self._checked(features)
        return np.column_stack(
            [m.score(rows[:, columns]) for m, columns in zip(self.parts.members, self._columns, strict=True)]
        )

    def opinions(self, features: Floats, regimes: Floats | None = None) -> Opinions:
        """Return what each member says and what comes of it.

        Parameters
        ----------
        features : float64 [R, F]
        regimes : float64 [R, 4], optional
            Probability of each regime at the row's bar; by default the long-run mix.
        """
        parts, rows = self.parts, self._checked(features)
        scores = self.member_scores(rows)
        if regimes is None:
            regimes = np.tile(self.neutral_context, (len(rows), 1))
        chances = np.column_stack([m.chance_up(scores[:, i]) for i, m in enumerate(parts.members)])
        inputs = Level1(scores, chances, rows[:, self._meta_columns], regimes)
        combined = parts.combination.combine(inputs)
        agreed = with_minimum_agreement(combined, scores, parts.min_agreement)
        alive = (~np.isnan(scores)).sum(axis=1)
        return Opinions(scores, agreed, disagreement(scores), agreement(scores, combined), alive)

    @property
    def context_bars(self) -> int:
        """Bars of the whole market that a score depends on besides its row; 0 unless it follows the regime."""
        return 0 if self.parts.detector is None else self.parts.detector.window

    @property
    def context_columns(self) -> NDArray[np.int64]:
        """Columns of the features that the market is observed by."""
        return self._regime_columns

    @property
    def neutral_context(self) -> Floats:
        """Regimes when no bar was seen, float64 [4]."""
        detector = self.parts.detector
        return np.full(len(REGIMES), 1.0 / len(REGIMES)) if detector is None else detector.neutral

    def contexts(self, observations: Floats) -> Floats:
        """Return the regimes at each bar, float64 [T, 4], of the market's float64 [T, 2]; none knows a later bar."""
        detector = self.parts.detector
        if detector is None:
            return np.tile(self.neutral_context, (len(observations), 1))
        return detector.probabilities(observations)

    def predict_in(self, features: Floats, contexts: Floats) -> Floats:
        """Return expected forward returns, float64 [R], in the regimes float64 [R, 4] of each row."""
        return self.opinions(features, contexts).combined

    def get_feature_importance(self) -> dict[str, float]:
        """Return the members' shares of gain, each by what the member counts."""
        if self._parts is None:
            return {}
        total = dict.fromkeys(self._feature_names, 0.0)
        for member, weight in zip(self._parts.members, self._parts.combination.weights, strict=True):
            for name, share in member.model.get_feature_importance().items():
                total[name] += float(weight) * share
        everything = sum(total.values())
        return {name: share / everything if everything > 0 else 0.0 for name, share in total.items()}

    def to_files(self) -> dict[str, bytes]:
        """Return the members' native files, ``member.<key>.<file>``, and the combination as JSON."""
        parts = self.parts
        detector = None if parts.detector is None else {"kind": parts.detector.kind, **parts.detector.to_dict()}
        content = {
            "format": FORMAT,
            "members": [member.to_dict() for member in parts.members],
            "combination": {"kind": parts.combination.kind, **parts.combination.to_dict()},
            "min_agreement": parts.min_agreement,
            "meta_features": list(parts.meta_features),
            "regime_features": list(parts.regime_features),
            "detector": detector,
        }
        files = {STATE: self._state(), CONTENT: json.dumps(content, sort_keys=True, allow_nan=False).encode()}
        for member in parts.members:
            files |= member.to_files()
        return {**files, **parts.combination.to_files()}

    def from_files(self, files: Mapping[str, bytes]) -> Self:
        """Take over what `to_files` gave."""
        try:
            self._take_state(files)
            self._take_parts(_read_parts(json.loads(files[CONTENT]), files))
        except (KeyError, ValueError, TypeError, ModelLoadError) as error:
            raise self._not_a_model(error, CONTENT, "the members' files") from error
        return self

    def _take_parts(self, parts: Parts) -> None:
        place = {name: i for i, name in enumerate(self._feature_names)}
        self._columns = [np.array([place[n] for n in m.feature_names], dtype=np.int64) for m in parts.members]
        self._meta_columns = np.array([place[name] for name in parts.meta_features], dtype=np.int64)
        self._regime_columns = np.array([place[name] for name in parts.regime_features], dtype=np.int64)
        self._parts = parts


def _read_parts(content: Mapping[str, Any], files: Mapping[str, bytes]) -> Parts:
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']}")
    members = tuple(Member.from_files(part, files) for part in content["members"])
    found = content["combination"]
    combination: Combination
    if found["kind"] == ModelStack.kind:
        combination = ModelStack.from_files(found, files)
    else:
        combination = PLAIN[found["kind"]].from_dict(found)
    if len(combination.weights) != len(members):
        raise ValueError("the combination is of other members")
    detector = content["detector"]
    return Parts(
        members,
        combination,
        float(content["min_agreement"]),
        tuple(str(name) for name in content["meta_features"]),
        None if detector is None else detector_from(str(detector["kind"]), detector),
        tuple(str(name) for name in content["regime_features"]),
    )
