"""Opens MLflow quietly on an explicit store; nothing else in QTS imports mlflow (specification 7.3)."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qts_core.market.errors import ModelError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["MlflowConnection", "quiet"]

SQLITE_PREFIX = "sqlite:///"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's advice to its own developers (type hints, deprecations within it) off the user's screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class MlflowConnection:
    """A tracking store and model registry at one address.

    Parameters
    ----------
    tracking_uri : str
        ``sqlite:///<file>`` (the folder is made), another database, or ``http(s)://`` of an MLflow server.
    artifact_root : Path, optional
        Where new experiments keep their files; a server decides that itself.
    """

    def __init__(self, tracking_uri: str, *, artifact_root: Path | None = None) -> None:
        self.tracking_uri = tracking_uri
        self.artifact_root = artifact_root

    @cached_property
    def client(self) -> MlflowClient:
        """The client; the first use of a new SQLite store takes about nine seconds of migrations."""
        # before the import: MLflow reports usage to its makers unless told not to
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        with quiet():
            import mlflow
            import mlflow.pyfunc
            from mlflow.tracking import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        if self.tracking_uri.startswith(SQLITE_PREFIX):
            Path(self.tracking_uri.removeprefix(SQLITE_PREFIX)).parent.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(self.tracking_uri)
        mlflow.set_registry_uri(self.tracking_uri)
        return MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)

    def prepare(self) -> None:
        """Create the store if it is new, so that later calls are quick.

        Raises
        ------
        ModelError
            If it cannot be reached.
        """
        from mlflow.exceptions import MlflowException

        try:
            self.client.search_experiments(max_results=1)
        except (MlflowException, OSError) as error:
            raise ModelError(
                "QTS-MODEL-006", "the MLflow store cannot be used", where=self.tracking_uri, found=str(error),
                expected="a database or an MLflow server", fix="check MLFLOW_TRACKING_URI",
            ) from error  # fmt: skip

    def experiment(self, name: str) -> str:
        """Return the id of the experiment `name`, made if it is not there, revived if it was deleted."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            location = None
            if self.artifact_root is not None and not self.tracking_uri.startswith("http"):
                location = (self.artifact_root / name.replace("/", "-")).resolve().as_uri()
            return str(self.client.create_experiment(name, artifact_location=location))
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)
