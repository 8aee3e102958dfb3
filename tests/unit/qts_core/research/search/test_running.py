"""A study from ask to ledger: failed and pruned trials count, neighbours do not, noise is not significant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from qts_core.adapters.db import open_database
from qts_core.adapters.db.studies import open_studies
from qts_core.adapters.optuna_studies.samplers import SamplerSettings
from qts_core.adapters.optuna_studies.study import OptunaStudy, open_study
from qts_core.adapters.workers import LockedWorkers
from qts_core.market.errors import TrainingError
from qts_core.ports.studies import TrialState
from qts_core.research.ledger import TrialLedger
from qts_core.research.search.outcome import TrialOutcome
from qts_core.research.search.running import STOPPED, StudyRun, outcomes_of
from qts_core.research.search.summary import summarise_study
from qts_core.training.search.objective import OBJECTIVES, Objective
from tests.support.search_bench import SPACE as TREES
from tests.support.search_bench import bench
from tests.support.toy_study import ToyBench, run_of

Maker = Callable[..., tuple[StudyRun, OptunaStudy, TrialLedger]]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Maker]:
    url = f"sqlite:///{tmp_path / 'qts.db'}"
    with open_database(url) as database, open_studies(url) as store, LockedWorkers(tmp_path / "workers") as workers:
        ledger = TrialLedger(database.trials)

        def made(toy: ToyBench, method: str = "random", stop: Callable[[], bool] = lambda: False) -> object:
            settings = SamplerSettings(method, start_trials=4, folds=len(toy.plan.folds))
            study = open_study("study", store.journal("study"), toy.space, settings, worker=workers.mine)
            return run_of(study, ledger, workers, toy, stop), study, ledger

        yield cast(Maker, made)


def test_every_trial_is_a_row_with_its_returns(make: Maker) -> None:
    run, study, ledger = make(ToyBench())
    run.work(5)
    rows = ledger.trials()
    assert [row.detail["number"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert all(row.returns is not None and len(row.returns) == row.sessions == 40 for row in rows)
    assert [outcome.number for outcome in outcomes_of(study)] == [0, 1, 2, 3, 4]


def test_a_trial_that_fails_is_recorded_with_its_reason_and_the_study_goes_on(make: Maker) -> None:
    def before(tried: int) -> None:
        if tried == 2:
            raise TrainingError("QTS-MODEL-003", "too few samples", found=1)
        if tried == 3:
            raise ZeroDivisionError("of a library")

    run, _, ledger = make(ToyBench(before=before, folds=1))
    run.work(3)
    reasons = [row.failure for row in ledger.trials()]
    assert reasons[:2] == ["", ""]
    assert "QTS-MODEL-003" in reasons[2]


def test_pruned_trials_are_rows_with_the_returns_they_saw(make: Maker) -> None:
    run, study, ledger = make(ToyBench(folds=8), "hyperband")
    run.work(25)
    pruned = [outcome for outcome in outcomes_of(study) if outcome.state is TrialState.PRUNED]
    assert len(pruned) > 3
    rows = {row.detail["number"]: row for row in ledger.trials()}
    assert len(rows) == 25
    for outcome in pruned:
        row = rows[str(outcome.number)]
        assert row.failure.startswith("pruned after")
        assert 0 < row.sessions < 160


def test_a_stop_between_folds_leaves_a_study_that_goes_on(make: Maker) -> None:
    asked = {"stop": False}

    def before(tried: int) -> None:
        asked["stop"] = tried == 4

    run, study, ledger = make(ToyBench(before=before), "random", lambda: asked["stop"])
    run.work(6)
    assert [row.failure for row in ledger.trials()][-1] == STOPPED
    assert study.waiting == 1
    again, _, _ = make(ToyBench())
    again.work(6)
    done = [trial for trial in study.trials() if trial.state is TrialState.FINISHED]
    assert len(done) == 6
    assert len({row.identity for row in ledger.trials()}) == 6


def test_an_outcome_survives_its_note() -> None:
    study = bench(folds=2, sessions=60)
    assert study.plan.folds
    outcome = TrialOutcome(3, {"x": 1.5}, TrialState.FAILED, "why", None, (20_000,), (0.01,), 2.0)
    assert TrialOutcome.from_note(outcome.to_note()) == outcome


def test_on_a_market_of_noise_the_best_trial_is_not_significant(make: Maker, tmp_path: Path) -> None:
    noise = bench(signal=0.0, folds=3)
    url = f"sqlite:///{tmp_path / 'noise.db'}"
    run, _, ledger = make(ToyBench())
    with open_studies(url) as store:
        settings = SamplerSettings("tpe", start_trials=5, folds=3)
        study = open_study("noise", store.journal("noise"), TREES, settings, worker=run.workers.mine)
        objective = Objective("sharpe", OBJECTIVES["sharpe"], 0.9, 0.0)
        StudyRun("toy", study, noise, objective, ledger, run.workers, run.now, run.stop).work(14)
        summary = summarise_study("noise", outcomes_of(study), TREES)
    assert summary.finished == 14
    assert 1.0 <= summary.effective <= 14.0
    assert summary.deflated < 0.95
