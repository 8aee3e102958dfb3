"""The manifest of a training set: what a model saw, by hash, and the proof that no label leaks into a test."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from qts_core.ports.lake import LakePort
from qts_core.research.preparation import PreparedTraining

__all__ = ["TrainingManifest", "load_manifest", "save_manifest"]


@dataclass(frozen=True, slots=True)
class TrainingManifest:
    """A training set by its hashes.

    Attributes
    ----------
    model, target, table : str
    identity, catalogue_hash, data_hash, plan_hash : str
    samples, features, folds : int
    overlap : int
        Training labels that reach into a test fold; must be 0.
    """

    model: str
    target: str
    table: str
    identity: str
    catalogue_hash: str
    data_hash: str
    plan_hash: str
    samples: int
    features: int
    folds: int
    overlap: int


def save_manifest(lake: LakePort, prepared: PreparedTraining) -> TrainingManifest:
    """Write the manifest of `prepared` and return it."""
    samples, plan = prepared.samples, prepared.plan
    manifest = TrainingManifest(
        model=prepared.entry.key,
        target=prepared.entry.target.name,
        table=prepared.table,
        identity=prepared.identity,
        catalogue_hash=samples.catalogue_hash,
        data_hash=samples.data_hash,
        plan_hash=plan.hash,
        samples=len(samples),
        features=len(samples.names),
        folds=len(plan.folds),
        overlap=plan.overlap(samples),
    )
    lake.write_blob(_blob(manifest.model), json.dumps(asdict(manifest), sort_keys=True).encode())
    return manifest


def load_manifest(lake: LakePort, model: str) -> TrainingManifest:
    """Return the newest manifest of a model.

    Raises
    ------
    DataNotFoundError
        If its training set was never made.
    """
    return TrainingManifest(**json.loads(lake.read_blob(_blob(model))))


def _blob(model: str) -> str:
    return f"training/{model}_set.json"
