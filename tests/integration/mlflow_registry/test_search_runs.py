"""A search in MLflow: one run a window, one child run a trial, each once however often it is written."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.search_runs import MlflowSearchRuns
from qts_core.ports.studies import TrialState

PARENT = "mlflow.parentRunId"


@dataclass(frozen=True)
class Tried:
    """A trial as the tracker sees it."""

    number: int
    value: float | None
    failure: str = ""
    state: TrialState = TrialState.FINISHED
    seconds: float = 0.5
    parameters: dict[str, object] = field(default_factory=lambda: {"num_leaves": 5, "learning_rate": 0.1})


FIRST = (Tried(0, 1.25), Tried(1, None, "QTS-MODEL-003 too few samples", TrialState.FAILED))
MORE = (*FIRST, Tried(2, 2.5), Tried(3, 0.1, "pruned after 1 of 3 inner folds", TrialState.PRUNED))
FIGURES = {"search.trials": 2.0, "search.overfitting_probability": float("nan")}
SPACE = {"num_leaves": 7, "learning_rate": 0.05}


@pytest.fixture
def runs(connection: MlflowConnection) -> MlflowSearchRuns:
    return MlflowSearchRuns(connection, "searched")


def test_a_window_is_a_run_with_a_child_for_each_trial_and_goes_on_where_it_was(
    connection: MlflowConnection, runs: MlflowSearchRuns
) -> None:
    def log(trials: tuple[Tried, ...]) -> str:
        return runs.log(
            "study-1", "fold 1", tags={"git_commit": "abc"}, metrics=FIGURES, parameters=SPACE, trials=trials
        )

    parent = log(FIRST)
    assert log(MORE) == parent, "the same study is the same run"
    other = runs.log("study-2", "final", tags={}, metrics={}, parameters={}, trials=FIRST)
    assert other != parent
    client = connection.client
    found = client.get_run(parent)
    assert found.info.run_name == "search fold 1"
    assert found.info.status == "FINISHED"
    assert found.data.metrics == {"search.trials": 2.0}, "what is not a number is left out"
    assert found.data.params == {"num_leaves": "7", "learning_rate": "0.05"}
    assert found.data.tags["study"] == "study-1"
    experiment = client.get_experiment(found.info.experiment_id)
    assert experiment.name == "qts/searched"
    children = client.search_runs([experiment.experiment_id], f"tags.`{PARENT}` = '{parent}'")
    by_number = {run.data.tags["trial"]: run for run in children}
    assert sorted(by_number) == ["0", "1", "2", "3"]
    assert len(children) == 4
    found_by = {number: (run.info.status, run.data.tags["state"]) for number, run in by_number.items()}
    assert found_by["0"] == found_by["2"] == ("FINISHED", "finished")
    assert found_by["3"] == ("KILLED", "pruned"), "ended on purpose, which is no failure"
    assert by_number["3"].data.tags["failure"] == "pruned after 1 of 3 inner folds"
    assert by_number["0"].data.metrics == {"objective": 1.25, "seconds": 0.5}
    assert by_number["1"].info.status == "FAILED"
    assert by_number["1"].data.tags["failure"].startswith("QTS-MODEL-003")
    assert "objective" not in by_number["1"].data.metrics
    assert by_number["2"].data.params == {"num_leaves": "5", "learning_rate": "0.1"}
