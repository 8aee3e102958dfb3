"""Versions, aliases and tags of registered models in MLflow (checklist C-16; aliases, not stages)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qts_core.adapters.mlflow_registry.connection import MlflowConnection, quiet
from qts_core.adapters.mlflow_registry.tracker import BUNDLE_TAG
from qts_core.market.errors import ModelNotFoundError
from qts_core.models.folder import read_folder
from qts_core.ports.registry import RegisteredVersion

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

__all__ = ["MlflowRegistry"]

PREFIX = "qts_"
LARGEST_TAG = 4900
"""MLflow refuses tag values beyond 5,000 characters."""


class MlflowRegistry:
    """The model registry on MLflow.

    Parameters
    ----------
    connection : MlflowConnection
    """

    def __init__(self, connection: MlflowConnection) -> None:
        self._connection = connection

    def models(self) -> tuple[str, ...]:
        """Return the registered names that begin with ``qts_``, sorted."""
        found = self._connection.client.search_registered_models(filter_string=f"name LIKE '{PREFIX}%'")
        return tuple(sorted(model.name for model in found))

    def versions(self, model: str) -> tuple[RegisteredVersion, ...]:
        """Return the versions of a model, newest first."""
        aliases = self._aliases(model)
        found = self._connection.client.search_model_versions(f"name = '{model}'")
        ordered = sorted(found, key=lambda v: int(v.version), reverse=True)
        return tuple(_version(v, aliases) for v in ordered)

    def version(self, model: str, version: str) -> RegisteredVersion:
        """Return one version; ModelNotFoundError when there is none."""
        from mlflow.exceptions import MlflowException

        try:
            return _version(self._connection.client.get_model_version(model, version), self._aliases(model))
        except (MlflowException, ValueError) as error:
            raise ModelNotFoundError(
                "QTS-MODEL-001", "no such version", where=model, found=version, expected="a registered version",
                fix="see `qts models list`",
            ) from error  # fmt: skip

    def by_alias(self, model: str, alias: str) -> RegisteredVersion | None:
        """Return the version that carries `alias`, or None."""
        version = self._aliases(model).get(alias)
        return None if version is None else self.version(model, version)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Move `alias` to `version`."""
        self._connection.client.set_registered_model_alias(model, alias, version)

    def remove_alias(self, model: str, alias: str) -> None:
        """Take `alias` away if a version carries it."""
        if alias in self._aliases(model):
            self._connection.client.delete_registered_model_alias(model, alias)

    def set_tags(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a version."""
        for key, value in tags.items():
            self._connection.client.set_model_version_tag(model, version, key, value[:LARGEST_TAG])

    def download(self, model: str, version: str) -> dict[str, bytes]:
        """Return the files of a version's bundle."""
        import mlflow
        from mlflow.exceptions import MlflowException

        registered = self.version(model, version)
        uri = f"models:/{model}/{registered.version}"
        try:
            with quiet(), tempfile.TemporaryDirectory() as folder:
                place = mlflow.artifacts.download_artifacts(
                    artifact_uri=uri, dst_path=folder, tracking_uri=self._connection.tracking_uri
                )
                return read_folder(Path(place) / "artifacts" / "bundle")
        except (MlflowException, OSError) as error:
            raise ModelNotFoundError(
                "QTS-MODEL-001", "the bundle of a registered version cannot be had", where=uri, found=error,
                expected="its files in the artefact store", fix="restore them, or train the model again",
            ) from error  # fmt: skip

    def _aliases(self, model: str) -> dict[str, str]:
        from mlflow.exceptions import MlflowException

        try:
            found = self._connection.client.get_registered_model(model)
        except MlflowException:
            return {}
        return {alias: str(version) for alias, version in found.aliases.items()}


def _version(found: ModelVersion, aliases: Mapping[str, str]) -> RegisteredVersion:
    number = str(found.version)
    return RegisteredVersion(
        model=found.name,
        version=number,
        bundle_sha256=found.tags.get(BUNDLE_TAG, ""),
        run_id=found.run_id or "",
        created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, tz=UTC),
        aliases=tuple(sorted(alias for alias, version in aliases.items() if version == number)),
        tags=dict(found.tags),
        description=found.description or "",
    )
