"""Writes a training into MLflow: a run with a child per fold, dataset, signature and card (specification 7.3)."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qts_core.adapters.mlflow_registry.connection import MlflowConnection, quiet
from qts_core.models.folder import write_folder
from qts_core.models.manifest import Manifest
from qts_core.ports.registry import FoldRecord, TrackedRun, TrainingRecord

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput
    from mlflow.models import ModelSignature

__all__ = ["BUNDLE_TAG", "MlflowTracker", "registered_name"]

BUNDLE_TAG = "bundle_sha256"
PARENT_TAG = "mlflow.parentRunId"
NOTE_TAG = "mlflow.note.content"
DIGEST_LENGTH = 36
"""MLflow's limit for a dataset digest."""
OUTPUTS = {
    "score": "double", "dispersion": "double", "abstains": "boolean", "reason": "string", "low": "double",
    "high": "double", "probability": "double", "disagreement": "double",
}  # fmt: skip
"""Columns of what a served model says, with their types; see `pyfunc_model`."""
BY_FOLD = "by_fold"
"""Metrics before a slash are a group of charts in MLflow's pages."""
LARGEST_BATCH = 1000
"""MLflow's limit for metrics in one request."""
PYFUNC = Path(__file__).with_name("pyfunc_model.py")


def registered_name(model: str) -> str:
    """Return the registered name of a key in models.yaml: ``qts_<key>``."""
    return f"qts_{model}"


class MlflowTracker:
    """The training tracker on MLflow.

    Parameters
    ----------
    connection : MlflowConnection
    """

    def __init__(self, connection: MlflowConnection) -> None:
        self._connection = connection

    def log_training(self, record: TrainingRecord) -> TrackedRun:
        """Log a run under the experiment ``qts/<model>`` and register the model as a new version."""
        client = self._connection.client
        experiment = self._connection.experiment(f"qts/{record.model}")
        run = client.create_run(
            experiment,
            run_name=record.run_name,
            tags={**record.tags, **_source(record.tags), NOTE_TAG: record.card, BUNDLE_TAG: record.bundle_sha256},
        ).info.run_id
        try:
            self._log(run, record.parameters, record.metrics)
            client.log_inputs(run, [_dataset(record)])
            for fold in record.folds:
                self._child(experiment, run, fold)
            self._by_fold(run, record.folds)
            client.log_text(run, record.card, "model_card.md")
            model_id = self._model(run, record)
            version = self._register(run, model_id, record)
        except BaseException:
            client.set_terminated(run, "FAILED")
            raise
        client.set_terminated(run, "FINISHED")
        return TrackedRun(run, experiment, registered_name(record.model), version)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Add metrics to a finished run."""
        self._log(run_id, {}, metrics)

    def log_text(self, run_id: str, name: str, text: str) -> None:
        """Add a text artefact to a finished run."""
        self._connection.client.log_text(run_id, text, name)

    def _log(self, run: str, parameters: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        at = int(time.time() * 1000)
        self._connection.client.log_batch(
            run,
            metrics=[Metric(k, float(v), at, 0) for k, v in metrics.items()],
            params=[Param(k, v) for k, v in parameters.items()],
        )

    def _child(self, experiment: str, parent: str, fold: FoldRecord) -> None:
        client = self._connection.client
        run = client.create_run(experiment, run_name=fold.name, tags={PARENT_TAG: parent}).info.run_id
        self._log(run, fold.parameters, fold.metrics)
        client.set_terminated(run, "FINISHED")

    def _by_fold(self, run: str, folds: Sequence[FoldRecord]) -> None:
        """Log the scores of each fold with the parent too, a step for each, so that its page draws them as lines."""
        from mlflow.entities import Metric

        at = int(time.time() * 1000)
        drawn = [
            Metric(f"{BY_FOLD}/{name}", float(value), at, step)
            for step, fold in enumerate(folds, start=1)
            for name, value in fold.metrics.items()
            if name.startswith(("train.", "test."))
        ]
        for first in range(0, len(drawn), LARGEST_BATCH):
            self._connection.client.log_batch(run, metrics=drawn[first : first + LARGEST_BATCH])

    def _model(self, run: str, record: TrainingRecord) -> str:
        import mlflow

        manifest = Manifest.from_bytes(record.files["manifest.json"])
        requirements = [f"{name}=={version}" for name, version in sorted(manifest.libraries.items())]
        with quiet(), tempfile.TemporaryDirectory() as folder, mlflow.start_run(run_id=run):
            bundle = Path(folder) / "bundle"
            write_folder(bundle, record.files)
            logged = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(PYFUNC),
                artifacts={"bundle": str(bundle)},
                signature=_signature(record),
                input_example=_example(record),
                # without this MLflow spends twenty seconds guessing
                pip_requirements=["qts", *requirements],
            )
        return str(logged.model_id)

    def _register(self, run: str, model_id: str, record: TrainingRecord) -> str:
        from mlflow.exceptions import MlflowException

        client, name = self._connection.client, registered_name(record.model)
        try:
            client.get_registered_model(name)
        except MlflowException:
            client.create_registered_model(name, description=f"Versions of the model `{record.model}` of models.yaml.")
        made = client.create_model_version(
            name,
            source=f"models:/{model_id}",
            run_id=run,
            model_id=model_id,
            tags={**record.tags, BUNDLE_TAG: record.bundle_sha256},
            description=record.card,
        )
        return str(made.version)


def _source(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that MLflow's lists show as source and version of a run."""
    run = tags.get("dagster_run_id", "")
    name = f"Dagster run {run[:8]}" if run else "qts train"
    commit = tags.get("git_commit", "")
    return {
        "mlflow.source.name": name,
        "mlflow.source.type": "JOB" if run else "LOCAL",
        **({"mlflow.source.git.commit": commit} if commit else {}),
    }


def _dataset(record: TrainingRecord) -> DatasetInput:
    """Describe the training set without copying it: MLflow's own loaders would make a frame of it first."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    data = record.dataset
    columns = [{"type": "double", "name": name, "required": True} for name in data.columns]
    schema = {"mlflow_colspec": columns, "targets": data.target}
    entity = Dataset(
        name=data.name,
        digest=data.digest[:DIGEST_LENGTH],
        source_type="local",
        source=json.dumps({"uri": data.source}),
        schema=json.dumps(schema),
        profile=json.dumps({"num_rows": data.rows, "num_elements": data.rows * len(data.columns)}),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", "training")])


def _signature(record: TrainingRecord) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    # A symbol is only asked for where symbols are calibrated in groups.
    symbol = ColSpec(DataType.string, "symbol", required=False)
    inputs = Schema([*(ColSpec(DataType.double, name) for name in record.dataset.columns), symbol])
    outputs = Schema([ColSpec(DataType[kind], name) for name, kind in OUTPUTS.items()])
    return ModelSignature(inputs=inputs, outputs=outputs)


def _example(record: TrainingRecord) -> object:
    import pandas as pd

    return pd.DataFrame(record.example, columns=list(record.dataset.columns))
