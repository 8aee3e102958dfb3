"""The registered version that a training goes on from: `training.continue_from` of models.yaml (specification 7.2)."""

from __future__ import annotations

from dataclasses import replace

from qts_core.config.models import ModelSettings
from qts_core.market.errors import TrainingError
from qts_core.models.bundle import ModelBundle
from qts_core.models.manifest import Manifest
from qts_core.ports.registry import ModelRegistry
from qts_core.research.version_reference import registered_name
from qts_core.training.entry import TrainingEntry
from qts_core.training.samples import TrainingSet

__all__ = ["with_start"]


def with_start(
    entry: TrainingEntry, chosen: ModelSettings, samples: TrainingSet, registry: ModelRegistry
) -> TrainingEntry:
    """Return the entry with the model that it goes on from; itself when it begins anew.

    Raises
    ------
    TrainingError
        If that version learned another target, from other features, or behind a scaler (QTS-MODEL-033).
    ModelNotFoundError
        If there is no such version.
    ModelLoadError
        If its bundle is damaged.
    """
    version = chosen.training.continue_from
    if version is None:
        return entry
    loaded = ModelBundle(registry.download(registered_name(entry.key), str(version))).open()
    found, expected = _difference(entry, samples, loaded.manifest)
    if loaded.preprocessor is not None or entry.preprocessing is not None:
        found, expected = "a scaler, which was fitted on other samples", "features.normalize: false, then and now"
    if found:
        raise TrainingError(
            "QTS-MODEL-033", "training cannot go on from that version", found=found, expected=expected,
            where=f"models.yaml {entry.key} training.continue_from {version}",
            fix="name a version of the same target and features, or train anew",
        )  # fmt: skip
    return replace(entry, start=loaded.model)


def _difference(entry: TrainingEntry, samples: TrainingSet, then: Manifest) -> tuple[str, str]:
    """Return in words what is not the same, and what it should be; empty when all is."""
    if (then.kind, then.target) != (entry.kind, entry.target.name):
        return f"{then.kind} of {then.target}", f"{entry.kind} of {entry.target.name}"
    now = dict(zip(samples.names, samples.feature_hashes, strict=True))
    changed = [feature.name for feature in then.features if now.get(feature.name) != feature.hash]
    if changed:
        return f"{', '.join(changed[:3])} of {len(changed)} features gone or defined otherwise", "the same features"
    return "", ""
