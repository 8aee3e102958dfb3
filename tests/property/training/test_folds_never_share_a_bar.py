"""Whatever the bars, horizons, label ends and embargoes: what learns and what judges share no bar, in any scheme."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qts_core.config.training import TrainingSettings
from qts_core.market.errors import TrainingError
from qts_core.training.folds import FoldPlan, plan_folds
from qts_core.training.folds.purge import PurgeRule
from qts_core.training.samples import TrainingSet
from tests.property.training.fold_referee import allowed, places_of, samples_with_ends, shared

WALKS = ("walk_forward", "walk_forward_anchored")
GROUPED = ("purged_k_fold", "combinatorial_purged")


@dataclass(frozen=True)
class Case:
    """What a plan and its samples are made from; small, so that a failing one can be read."""

    training: dict[str, object]
    horizon_bars: int
    sessions: int
    seed: int
    is_dense: bool

    def made(self) -> tuple[TrainingSet, FoldPlan]:
        """The samples and the plan; a case whose bars are too few is passed over."""
        samples = samples_with_ends(
            sessions=self.sessions, horizon_bars=self.horizon_bars, seed=self.seed, is_dense=self.is_dense
        )
        chosen = TrainingSettings.model_validate(self.training)
        try:
            return samples, plan_folds(chosen, samples.timeline, horizon_bars=self.horizon_bars)
        except TrainingError as refusal:
            assume(refusal.code not in {"QTS-MODEL-003", "QTS-MODEL-021"})
            raise


@st.composite
def cases(draw: st.DrawFn, methods: tuple[str, ...] = WALKS + GROUPED) -> Case:
    """A plan of any scheme on samples whose labels end anywhere up to the horizon."""
    method, test = draw(st.sampled_from(methods)), draw(st.integers(1, 4))
    chosen: dict[str, object] = {
        "validation_method": method, "embargo_bars": draw(st.integers(0, 30)), "gap_bars": draw(st.integers(0, 40)),
        "holdout_sessions": draw(st.integers(0, 2)),
    }  # fmt: skip
    if method in WALKS:
        chosen |= {"train_sessions": draw(st.integers(3, 9)), "test_sessions": test}
        chosen["step_sessions"] = test + draw(st.integers(0, 2))
    else:
        chosen["groups"] = draw(st.integers(2 if method == "purged_k_fold" else 3, 5))
    return Case(
        chosen, draw(st.integers(1, 30)), draw(st.integers(18, 24)), draw(st.integers(0, 99)), draw(st.booleans())
    )


@given(case=cases())
@settings(max_examples=60, deadline=None)
def test_no_sample_that_learns_shares_a_bar_with_one_that_judges(case: Case) -> None:
    samples, plan = case.made()
    assert shared(plan, samples) == 0
    assert plan.overlap(samples) == 0


@given(case=cases())
@settings(max_examples=25, deadline=None)
def test_nothing_is_purged_that_need_not_be(case: Case) -> None:
    samples, plan = case.made()
    assume(len(samples) == 2 * plan.rows)
    for fold in plan.folds[:4]:
        train, judged = places_of(samples, fold.train), places_of(samples, (*fold.test, plan.holdout))
        np.testing.assert_array_equal(plan.train_samples(fold, samples), allowed(plan, samples, train, judged))


@given(case=cases(), share=st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=25, deadline=None)
def test_a_validation_tail_shares_no_bar_with_training_or_test(case: Case, share: float) -> None:
    samples, plan = case.made()
    for fold in plan.folds[:3]:
        tailed = plan.tail(fold, share)
        learns, tuned = set(plan.train_samples(tailed, samples)), set(plan.validation_samples(tailed, samples))
        assert learns | tuned <= set(plan.train_samples(fold, samples))
        assert not learns & tuned
        one = replace(plan, folds=(replace(tailed, index=0),))
        assert shared(one, samples) == one.overlap(samples) == 0


@given(case=cases(), groups=st.integers(2, 4), method=st.sampled_from(["purged_k_fold", "walk_forward"]))
@settings(max_examples=25, deadline=None)
def test_a_plan_within_a_fold_never_touches_what_the_fold_is_judged_on(case: Case, groups: int, method: str) -> None:
    samples, plan = case.made()
    for fold in plan.folds[:3]:
        inner = plan.inner(fold, groups=groups, method=method)  # type: ignore[arg-type]
        assert shared(inner, samples) == inner.overlap(samples) == 0
        assert set(inner.final_samples(samples)) == set(plan.train_samples(fold, samples))
        nested = inner.inner(inner.folds[-1], groups=2)
        assert shared(nested, samples) == nested.overlap(samples) == 0
        outer = places_of(samples, fold.test)
        for within in (*inner.folds, *nested.folds):
            learned = nested if within in nested.folds else inner
            used = np.concatenate([learned.train_samples(within, samples), learned.test_samples(within, samples)])
            assert not ((samples.row[used][:, None] <= samples.end_row[outer]) & (
                samples.row[outer] <= samples.end_row[used][:, None])).any()  # fmt: skip


@given(case=cases(GROUPED))
@settings(max_examples=30, deadline=None)
def test_every_row_is_judged_phi_times_and_each_path_covers_all_rows_once(case: Case) -> None:
    _, plan = case.made()
    groups = len({r for fold in plan.folds for r in fold.test})
    judged_at_a_time = len(plan.folds[0].test)
    phi = judged_at_a_time * comb(groups, judged_at_a_time) // groups
    times = np.zeros(plan.rows, dtype=int)
    for fold in plan.folds:
        for r in fold.test:
            times[r.start : r.stop] += 1
    assert (times[: plan.holdout.start] == phi).all()
    assert (times[plan.holdout.start :] == 0).all()
    assert len(plan.folds) == comb(groups, judged_at_a_time)
    assert len(plan.paths) == phi
    served = set()
    for path in plan.paths:
        rows = np.concatenate([np.arange(p.rows.start, p.rows.stop) for p in path.parts])
        np.testing.assert_array_equal(rows, np.arange(plan.holdout.start))
        served |= {(p.fold, p.rows) for p in path.parts}
        assert all(part.rows in plan.folds[part.fold].test for part in path.parts)
    assert served == {(fold.index, r) for fold in plan.folds for r in fold.test}


@pytest.mark.parametrize("method", GROUPED)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_purge_that_is_one_bar_too_short_is_caught(method: str, side: str, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = samples_with_ends(sessions=20, horizon_bars=10, seed=3)
    chosen = TrainingSettings(validation_method=method, groups=4, embargo_bars=0, gap_bars=0)  # type: ignore[arg-type]
    plan = plan_folds(chosen, samples.timeline, horizon_bars=10)

    def careless(self: PurgeRule, given: TrainingSet, places: NDArray[np.int64], judged: tuple[object, ...]) -> object:
        row, end = given.row[places], given.end_row[places]
        kept = np.ones(len(places), dtype=bool)
        for r in judged:
            first, last = r.start, int(given.end_row[given.between(r.start, r.stop)].max())  # type: ignore[attr-defined]
            kept &= (end < first + (side == "before")) | (row > last - (side == "after"))
        return kept

    assert plan.overlap(samples) == shared(plan, samples) == 0
    monkeypatch.setattr(PurgeRule, "keep", careless)
    assert plan.overlap(samples) == shared(plan, samples) > 0
