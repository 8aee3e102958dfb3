"""Which model trades: a folder, or the registered champion with a green gate record (specification 7.3; F68 to F70).

The registry is asked by a short process, so this one never imports mlflow; a store on this machine is read directly.
When the registry is down or refuses, the last verified bundle under ``live/models`` trades on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from live_daemon.paths import LivePaths, read_json, write_json
from qts_core.adapters.db import open_database
from qts_core.adapters.gate_key import gate_key
from qts_core.adapters.mlflow_registry.alias_watch import current_version
from qts_core.adapters.mlflow_registry.local_store import stored_bundle
from qts_core.config.settings import Settings
from qts_core.market.errors import ModelError, ModelLoadError, ModelNotFoundError
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.research.approval import GateSeal, approve

__all__ = ["PREFIX", "ModelSource", "ReadyModel"]

FETCH_SECONDS: Final = 120.0
PREFIX: Final = "models:/"
CHAMPION: Final = "champion"


Fetched = tuple[ModelBundle, str, str]
"""A bundle, the sha256 with which it was registered, and its version."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadyModel:
    """A verified model; `version` is empty for a folder."""

    model: LoadedModel
    path: Path
    version: str
    origin: str

    @property
    def told(self) -> str:
        """Where it comes from and who predicts, for the operator."""
        return f"{self.origin}; predictions: {self.model.evaluator}"


class ModelSource:
    """Finds the model to trade and notices when the alias moves.

    Parameters
    ----------
    wanted : str
        A folder, ``models:/NAME@ALIAS``, or empty for the configured live model's champion.
    """

    def __init__(self, wanted: str, settings: Settings, paths: LivePaths) -> None:
        self._settings = settings
        self._paths = paths
        self._folder: Path | None = None
        self.name, self.alias = f"qts_{settings.models.live_model}", CHAMPION
        if wanted.startswith(PREFIX):
            self.name, _, alias = wanted.removeprefix(PREFIX).partition("@")
            self.alias = alias or CHAMPION
        elif wanted:
            self._folder = Path(wanted)
        self.refusal = ""

    @property
    def is_watched(self) -> bool:
        """Whether the model may change under way."""
        return self._folder is None

    def load(self) -> ReadyModel:
        """Return the model to start with.

        Raises
        ------
        ModelError
            If there is no model that may trade.
        """
        if self._folder is not None:
            return self._keep(ModelBundle.load(self._folder), "", f"folder {self._folder}")
        try:
            wanted = self.wanted_version()
        except ModelError as error:
            self.refusal, wanted = error.line(), None
        pointer = read_json(self._pointer)
        if pointer is not None and (wanted is None or pointer.get("version") == wanted):
            return self._from_pointer(pointer)
        if wanted is not None:
            try:
                return self.fetch()
            except ModelError as error:
                self.refusal = error.line()
                if pointer is None:
                    raise
                return self._from_pointer(pointer)
        raise ModelNotFoundError(
            "QTS-MODEL-001", "no model carries the alias, and none was verified before",
            where=f"{PREFIX}{self.name}@{self.alias}", found=self.refusal or "no such alias",
            expected="a promoted version",
            fix="run `qts models promote`, move the alias in the MLflow UI, or pass --model PATH",
        )  # fmt: skip

    def wanted_version(self) -> str | None:
        """Return the version that carries the alias now; cheap enough to poll."""
        return current_version(self._settings.mlflow.tracking_uri, self.name, self.alias)

    def judged(self, version: str) -> str:
        """Return the hash of the newest gate record of a version; empty when it was never judged."""
        with open_database(self._settings.database.url) as database:
            record = database.gates.latest(self.name, version)
        return "" if record is None else record.record_hash

    def fetch(self) -> ReadyModel:
        """Fetch the aliased version, check it against its gate record, and keep it.

        Raises
        ------
        ModelError
            If it cannot be had, is damaged, or the gates do not allow it.
        """
        bundle, sha256, version = self._local() or self._asked()
        with open_database(self._settings.database.url) as database:
            record = database.gates.latest(self.name, version)
        approval = approve(record, sha256, GateSeal(gate_key(self._settings)))
        if not approval.is_allowed:
            raise ModelLoadError(
                "QTS-MODEL-005", "the promoted version may not trade", where=f"{self.name} version {version}",
                found=approval.reason, expected="a green gate record", fix="train again, or promote with a reason",
            )  # fmt: skip
        ready = self._same(self._keep(bundle, version, approval.reason), sha256)
        content = {"version": version, "bundle_sha256": sha256, "path": str(ready.path), "reason": approval.reason}
        write_json(self._pointer, content)
        return ready

    def fetch_for_shadow(self) -> ReadyModel:
        """Fetch the aliased version, verified like any other; no gate is asked, since a shadow never trades.

        Raises
        ------
        ModelError
            If it cannot be had or is damaged.
        """
        bundle, sha256, version = self._local() or self._asked()
        return self._same(self._keep(bundle, version, "shadow"), sha256)

    @staticmethod
    def _same(ready: ReadyModel, sha256: str) -> ReadyModel:
        if ready.model.bundle_sha256 != sha256:
            raise ModelLoadError("QTS-MODEL-002", "the bundle changed on its way", where=str(ready.path))
        return ready

    @property
    def _pointer(self) -> Path:
        return self._paths.models / f"{self.name}@{self.alias}.json"

    def _local(self) -> Fetched | None:
        """Return the aliased version from a store on this machine, None when that takes MLflow."""
        version = self.wanted_version()
        if version is None:
            return None
        found = stored_bundle(self._settings.mlflow.tracking_uri, self.name, version)
        return (ModelBundle.load(found.path), found.sha256, version) if found is not None else None

    def _asked(self) -> Fetched:
        """Return the aliased version as the short process delivers it."""
        answer = self._ask()
        return ModelBundle.load(Path(str(answer["path"]))), str(answer["bundle_sha256"]), str(answer["version"])

    def _ask(self) -> dict[str, object]:
        command = [
            sys.executable, "-m", "qts_core.adapters.mlflow_registry.fetch", "--uri",
            self._settings.mlflow.tracking_uri, "--name", self.name, "--alias", self.alias,
            "--dest", str(self._paths.models),
        ]  # fmt: skip
        try:
            done = subprocess.run(  # noqa: S603 - our own module
                command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ModelError("QTS-MODEL-006", "the registry does not answer", where=self.name) from error
        lines = done.stdout.strip().splitlines()
        if done.returncode != 0 or not lines:
            said = done.stderr.strip().splitlines()
            raise ModelError(
                "QTS-MODEL-006", "the model cannot be fetched", where=self.name,
                found=said[-1] if said else done.returncode, expected="a bundle",
                fix="look at the version in the MLflow UI",
            )  # fmt: skip
        answer: dict[str, object] = json.loads(lines[-1])
        return answer

    def _from_pointer(self, pointer: dict[str, object]) -> ReadyModel:
        bundle = ModelBundle.load(Path(str(pointer["path"])))
        if bundle.sha256 != pointer["bundle_sha256"]:
            raise ModelLoadError("QTS-MODEL-002", "the kept bundle is not the verified one", where=str(pointer["path"]))
        return ReadyModel(bundle.open(), Path(str(pointer["path"])), str(pointer["version"]), "verified before")

    def _keep(self, bundle: ModelBundle, version: str, origin: str) -> ReadyModel:
        model = bundle.open()
        path = self._paths.models / f"{bundle.manifest.name}-{bundle.sha256[:16]}"
        if not path.is_dir():
            bundle.save(path)
        return ReadyModel(model, path.resolve(), version, origin)
