"""Each member of an ensemble is a trial, with returns by which the ledger knows how alike members are."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from qts_core.alphas.ml import MlAlphaSettings
from qts_core.exchange import fill_settings
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.research.ensemble_trials import member_trials
from qts_core.research.ledger import Trial, TrialKind, summarise
from qts_core.research.preparation import PreparedTraining
from qts_core.training.ensembles.entry import MemberEntry
from qts_core.training.entry import TrainingEntry
from qts_core.training.search.trading import TradingTape
from qts_core.training.trainer import TrainingResult, train_walk_forward
from tests.support.search_bench import panel_of
from tests.unit.qts_core.training.ensembles.ensembles_for_tests import EVERY, MEMBERS, RETURN, ensemble, samples_of
from tests.unit.qts_core.training.ensembles.ensembles_for_tests import plan_of as plan_of_samples

SAMPLES = samples_of(sessions=60)
PLAN = plan_of_samples(SAMPLES)


def prepared_for(entry: TrainingEntry) -> PreparedTraining:
    """Return what a trial of `entry` is made of, on a random walk."""
    moves = 0.002 * np.random.default_rng(3).standard_normal((len(SAMPLES.timeline), len(SAMPLES.symbols)))
    panel = panel_of(100.0 * np.exp(np.cumsum(moves, axis=0)), SAMPLES.timeline)
    tape = TradingTape.of(panel, MlAlphaSettings(), PortfolioSettings(max_positions=6), fill_settings("pessimistic"))
    return cast(PreparedTraining, SimpleNamespace(entry=entry, plan=PLAN, identity="t" * 64, tape=tape))


def trained(entry: TrainingEntry) -> TrainingResult:
    return train_walk_forward(entry, SAMPLES, PLAN)


@pytest.fixture(scope="module")
def result() -> TrainingResult:
    return trained(ensemble(**EVERY["mean"]))


def test_what_members_said_out_of_sample_averages_to_what_the_ensemble_said(result: TrainingResult) -> None:
    assert tuple(result.members) == ("alpha", "beta", "gamma")
    said = np.mean([result.members[key] for key in result.members], axis=0)
    np.testing.assert_allclose(said, result.predictions, rtol=1e-12, equal_nan=True)
    assert np.isfinite(result.predictions).any()


def test_a_model_without_members_adds_no_trial() -> None:
    alone = trained(RETURN)
    assert alone.members == {}
    assert member_trials(prepared_for(RETURN), alone) == ()


def test_each_member_is_a_trial_with_the_net_returns_of_the_judged_sessions(result: TrainingResult) -> None:
    rows = member_trials(prepared_for(result.entry), result)
    assert [row.detail["member"] for row in rows] == ["alpha", "beta", "gamma"]
    days = np.unique(SAMPLES.timeline.session[PLAN.test_rows.start : PLAN.test_rows.stop])
    for row in rows:
        assert (row.kind, row.model, row.parent, row.alternatives) == (TrialKind.ENSEMBLE, "all_of_them", "t" * 64, 1)
        assert row.returns is not None
        np.testing.assert_array_equal(row.returns.days, days)
        assert row.sessions == len(days)
    assert len({row.identity for row in rows}) == 3
    assert Trial.from_json(rows[0].to_json()) == rows[0]
    weights = [float(row.detail["1.weight"]) for row in rows]
    assert sum(weights) == pytest.approx(1.0)


def test_members_that_say_the_same_count_as_one_independent_trial() -> None:
    twins = (MEMBERS[0], MemberEntry(replace(RETURN, key="twin")))
    entry = ensemble(members=twins, **EVERY["mean"])
    counted = summarise(member_trials(prepared_for(entry), trained(entry)))
    assert counted.count == 2
    assert counted.independent == pytest.approx(1.0, abs=0.01)
