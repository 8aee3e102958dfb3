"""A short process that fetches a registered bundle, so that the daemon never imports mlflow (architecture, section 7).

``python -m qts_core.adapters.mlflow_registry.fetch --uri U --name N --alias champion --dest DIR`` verifies the bundle,
writes it to ``DIR/<model>-<first 16 digits of its sha256>`` and prints one JSON line. A failure is one line on standard
error and the exit code of its error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.registry import MlflowRegistry
from qts_core.market.errors import ExitCode, ModelLoadError, ModelNotFoundError, TradingSystemError
from qts_core.models.bundle import ModelBundle
from qts_core.ports.registry import CHAMPION, RegisteredVersion

__all__ = ["fetch", "main"]


def fetch(uri: str, name: str, dest: Path, *, alias: str = CHAMPION, version: str | None = None) -> dict[str, object]:
    """Download, verify and store a version's bundle.

    Returns
    -------
    dict
        ``model``, ``version``, ``bundle_sha256``, ``path``, ``aliases`` and ``tags``.

    Raises
    ------
    ModelNotFoundError
        If no version carries `alias`, or there is no such `version`.
    ModelLoadError
        If the bundle is damaged or is not the one that was registered.
    """
    registry = MlflowRegistry(MlflowConnection(uri))
    wanted = registry.version(name, version) if version is not None else _by_alias(registry, name, alias)
    bundle = ModelBundle(registry.download(name, wanted.version))
    bundle.open()
    if bundle.sha256 != wanted.bundle_sha256:
        raise ModelLoadError(
            "QTS-MODEL-002", "the registry delivers another bundle than was registered",
            where=f"{name} version {wanted.version}", found=bundle.sha256[:16], expected=wanted.bundle_sha256[:16],
            fix="register the model again",
        )  # fmt: skip
    path = dest / f"{bundle.manifest.name}-{bundle.sha256[:16]}"
    bundle.save(path)
    return {
        "model": name,
        "version": wanted.version,
        "bundle_sha256": bundle.sha256,
        "path": str(path),
        "aliases": list(wanted.aliases),
        "tags": dict(wanted.tags),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m qts_core.adapters.mlflow_registry.fetch", description=__doc__)
    parser.add_argument("--uri", required=True, help="MLflow tracking URI")
    parser.add_argument("--name", required=True, help="registered name, such as qts_lightgbm_return")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--alias", default=CHAMPION)
    chosen.add_argument("--version")
    parser.add_argument("--dest", required=True, type=Path, help="folder to write the bundle into")
    given = parser.parse_args(arguments)
    try:
        result = fetch(given.uri, given.name, given.dest, alias=given.alias, version=given.version)
    except TradingSystemError as error:
        sys.stderr.write(error.line() + "\n")
        return int(error.exit_code)
    sys.stdout.write(json.dumps(result, sort_keys=True) + "\n")
    return int(ExitCode.OK)


def _by_alias(registry: MlflowRegistry, name: str, alias: str) -> RegisteredVersion:
    found = registry.by_alias(name, alias)
    if found is None:
        raise ModelNotFoundError(
            "QTS-MODEL-001", "no version carries the alias", where=name, found=alias, expected="a registered version",
            fix=f"promote one with `qts models promote`, or set the alias {alias} in the MLflow UI",
        )  # fmt: skip
    return found


if __name__ == "__main__":
    sys.exit(main())
