"""Scores of members on rows that they did not learn from, within one fold's training rows (checklist 9.1-13 to 9.1-15).

Whatever is fitted on members' scores - weights, a meta-learner, the size of a horizon - is fitted on these. Each inner
model keeps the purge and embargo of the outer plan towards the rows it scores, and no label that reaches the outer test
is used for anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.training.ensembles.entry import EnsembleEntry, MemberEntry
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import fit_fold, score_rows
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.samples import TrainingSet

__all__ = ["OutOfFold", "ScoreFold", "member_view", "out_of_fold", "scored_splits", "unseen_faults"]

ScoreFold = Callable[[TrainingEntry, TrainingSet, FoldPlan, Fold, NDArray[np.int64]], Floats]
"""Fits a member on a fold and scores the samples at places, float64 [n]."""


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Scores of members on rows they did not learn from.

    Attributes
    ----------
    places : int64 [n]
        Samples that may train the fold, ascending, whose outcome is known.
    scores : float64 [n, M]
        In the members' own horizons; NaN = no opinion.
    """

    places: NDArray[np.int64]
    scores: Floats


def member_view(samples: TrainingSet, member: MemberEntry) -> TrainingSet:
    """Return the samples as `member` sees them: its target's labels with their ends, its features.

    Raises
    ------
    TrainingError
        QTS-MODEL-051 if the labels of its target are not there.
    """
    view = samples.for_target(member.entry.target.name, member.entry.key)
    kept = [i for i, name in enumerate(samples.names) if name not in member.left_out]
    if len(kept) == len(samples.names):
        return view
    return replace(
        view,
        features=np.ascontiguousarray(samples.features[:, kept]),
        names=tuple(samples.names[i] for i in kept),
        feature_hashes=tuple(samples.feature_hashes[i] for i in kept),
    )


def scored_splits(chosen: EnsembleEntry, plan: FoldPlan, fold: Fold) -> tuple[FoldPlan, tuple[Fold, ...]]:
    """Return the splits within the training rows of `fold`: what each learns from, and the rows it then scores.

    Blending has one, whose last rows are scored. What is weighed by recent performance is scored by models of the past
    alone; the rest by purged k-fold.
    """
    settings = chosen.settings
    if settings.method == "blending":
        tail = plan.tail(replace(fold, validation=()), settings.blend_share)
        guarded = plan.inner(fold, groups=2)
        return guarded, (Fold(0, tail.train, tail.validation),)
    by_time = settings.method == "adaptive" or settings.keep_best is not None
    inner = plan.inner(fold, groups=settings.inner_folds, method="walk_forward" if by_time else "purged_k_fold")
    return inner, inner.folds


def out_of_fold(
    chosen: EnsembleEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold, *, score_fold: ScoreFold | None = None
) -> OutOfFold:
    """Return the members' scores on rows of `fold` that they did not learn from.

    Parameters
    ----------
    chosen : EnsembleEntry
    samples : TrainingSet
    plan, fold : FoldPlan, Fold
        The outer ones.
    score_fold : callable, optional
        Fits a member and scores; the platform's own by default.

    Raises
    ------
    TrainingError
        QTS-MODEL-052 if purge and embargo leave nothing to score.
    """
    scorer = _score_fold if score_fold is None else score_fold
    inner, splits = scored_splits(chosen, plan, fold)
    scores = np.full((len(samples), len(chosen.members)), np.nan)
    is_scored = np.zeros(len(samples), dtype=bool)
    views = [member_view(samples, member) for member in chosen.members]
    for split in splits:
        places = inner.test_samples(split, samples)
        is_scored[places] = True
        for column, (member, view) in enumerate(zip(chosen.members, views, strict=True)):
            scores[places, column] = scorer(member.entry, view, inner, split, places)
    learned = plan.train_samples(fold, samples)
    places = learned[is_scored[learned] & np.isfinite(samples.returns[learned])]
    if not len(places):
        raise TrainingError(
            "QTS-MODEL-052", "no rows are left on which members could be weighed", found=f"{len(splits)} inner folds",
            expected="rows whose labels end before the test", fix="train on more bars, or ask for fewer inner folds",
        )  # fmt: skip
    return OutOfFold(places, scores[places])


def _score_fold(
    entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold, places: NDArray[np.int64]
) -> Floats:
    fitted = fit_fold(entry, samples, plan, fold, f"inner fold {fold.index + 1}")
    return score_rows(fitted, samples.features[places])


def unseen_faults(
    chosen: EnsembleEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold, *, score_fold: ScoreFold | None = None
) -> Sequence[str]:
    """Return which members' scores know the outcomes of the rows they score; empty when all are out of fold.

    Notes
    -----
    The labels of one split's scored rows are altered, of every target, and everything is scored anew: the scores of
    these rows must stay the same, bit for bit. A model that learned from any of them moves.
    """
    _, splits = scored_splits(chosen, plan, fold)
    honest = out_of_fold(chosen, samples, plan, fold, score_fold=score_fold)
    faults = []
    for split in splits:
        rows = np.zeros(len(samples.timeline), dtype=bool)
        for part in split.test:
            rows[part.start : part.stop] = True
        other = samples.with_other_outcomes(rows[samples.row])
        found = out_of_fold(chosen, other, plan, fold, score_fold=score_fold)
        here = rows[samples.row[honest.places]]
        for column, member in enumerate(chosen.members):
            if not np.array_equal(honest.scores[here, column], found.scores[here, column], equal_nan=True):
                faults.append(f"{member.entry.key}: scores of inner fold {split.index + 1} know their own outcomes")
    return faults
