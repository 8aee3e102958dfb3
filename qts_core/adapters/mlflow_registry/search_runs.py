"""A search in MLflow: a run for each window, a child run for each trial, metrics and parameters only (7.3)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Protocol

from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.ports.studies import TrialState

__all__ = ["MlflowSearchRuns", "TrialRun"]

PARENT_TAG = "mlflow.parentRunId"
STUDY_TAG = "study"
TRIAL_TAG = "trial"
LONGEST = 500
STATUS: Mapping[TrialState, str] = {
    TrialState.FINISHED: "FINISHED",
    TrialState.PRUNED: "KILLED",
    TrialState.FAILED: "FAILED",
    TrialState.RUNNING: "RUNNING",
}
"""Of MLflow's runs: what was pruned was ended on purpose, and is no failure."""


class TrialRun(Protocol):
    """What a child run shows of a trial."""

    @property
    def number(self) -> int:
        """Its number."""
        ...

    @property
    def parameters(self) -> Mapping[str, object]:
        """What was tried."""
        ...

    @property
    def value(self) -> float | None:
        """What it gave."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def failure(self) -> str:
        """Why it was pruned or gave nothing."""
        ...

    @property
    def state(self) -> TrialState:
        """How far it came."""
        ...


class MlflowSearchRuns:
    """The runs of one model's searches.

    Parameters
    ----------
    connection : MlflowConnection
    model : str
        Key in models.yaml; the experiment is ``qts/<model>``.
    """

    def __init__(self, connection: MlflowConnection, model: str) -> None:
        self._connection = connection
        self._experiment = f"qts/{model}"

    def log(
        self, study: str, label: str, *, tags: Mapping[str, str], metrics: Mapping[str, float],
        parameters: Mapping[str, object], trials: tuple[TrialRun, ...],
    ) -> str:  # fmt: skip
        """Write a window's search; one that was written before gets what is new.

        Returns
        -------
        str
            Id of the parent run.
        """
        client = self._connection.client
        experiment = self._connection.experiment(self._experiment)
        parent = self._parent(experiment, study, label, tags)
        there = self._children(experiment, parent)
        for trial in trials:
            if str(trial.number) not in there:
                self._child(experiment, parent, study, trial)
        self._batch(parent, metrics, parameters)
        client.set_terminated(parent, "FINISHED")
        return parent

    def _parent(self, experiment: str, study: str, label: str, tags: Mapping[str, str]) -> str:
        client = self._connection.client
        found = client.search_runs(
            [experiment], f"tags.{STUDY_TAG} = '{study}' and tags.kind = 'search'", max_results=1
        )
        if found:
            return str(found[0].info.run_id)
        made = client.create_run(
            experiment, run_name=f"search {label}", tags={**tags, STUDY_TAG: study, "kind": "search"}
        )
        return str(made.info.run_id)

    def _children(self, experiment: str, parent: str) -> set[str]:
        client, found, token = self._connection.client, set(), None
        while True:
            page = client.search_runs([experiment], f"tags.`{PARENT_TAG}` = '{parent}'", page_token=token)
            found |= {run.data.tags.get(TRIAL_TAG, "") for run in page}
            token = page.token
            if not token:
                return found

    def _child(self, experiment: str, parent: str, study: str, trial: TrialRun) -> None:
        client = self._connection.client
        tags = {
            PARENT_TAG: parent, TRIAL_TAG: str(trial.number), STUDY_TAG: study, "state": trial.state.value,
            "failure": trial.failure[:LONGEST],
        }  # fmt: skip
        run = client.create_run(experiment, run_name=f"trial {trial.number}", tags=tags).info.run_id
        value = {} if trial.value is None else {"objective": trial.value}
        self._batch(run, {**value, "seconds": trial.seconds}, trial.parameters)
        client.set_terminated(run, STATUS[trial.state])

    def _batch(self, run: str, metrics: Mapping[str, float], parameters: Mapping[str, object]) -> None:
        from mlflow.entities import Metric, Param

        at = int(time.time() * 1000)
        self._connection.client.log_batch(
            run,
            metrics=[Metric(k, float(v), at, 0) for k, v in metrics.items() if math.isfinite(v)],
            params=[Param(k, str(v)[:LONGEST]) for k, v in parameters.items()],
        )
