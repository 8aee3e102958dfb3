"""The semantic version of a training that is about to begin, from what the registry holds (specification 7.3)."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping

from qts_core.market.errors import TradingSystemError
from qts_core.market.timeline import BAR_MINUTES
from qts_core.models.bundle import ModelBundle
from qts_core.models.libraries import library_versions
from qts_core.models.manifest import Manifest
from qts_core.models.semantic import Outline, Step, next_version
from qts_core.ports.registry import ModelRegistry, RegisteredVersion
from qts_core.research.preparation import PreparedTraining
from qts_core.research.tools import ResearchTools
from qts_core.research.version_reference import SEMANTIC_TAG, registered_name, semantic_of

__all__ = ["COMMIT_TAG", "ENVIRONMENT_TAG", "environment", "manifest_of", "step_of", "version_tags"]

COMMIT_TAG = "git_commit"
ENVIRONMENT_TAG = "environment"


def step_of(prepared: PreparedTraining, tools: ResearchTools) -> Step:
    """Return the version that the training of `prepared` will have, with the reason."""
    entry, samples = prepared.entry, prepared.samples
    last = _newest(tools.registry, registered_name(entry.key))
    now = Outline.made(
        catalogue_hash=samples.catalogue_hash, target=entry.target.name, horizon_bars=entry.target.horizon_bars,
        bar_minutes=BAR_MINUTES, task=entry.model_type.value, kind=entry.kind, configuration=entry.as_dict(),
        symbols=samples.symbols, libraries=library_versions(entry.kind), training_set=samples.training_set,
        code=tools.tags.get(COMMIT_TAG, ""),
    )  # fmt: skip
    if last is None:
        return next_version(None, None, now)
    manifest = manifest_of(tools.registry, last)
    before = None if manifest is None else Outline.of(manifest, code=last.tags.get(COMMIT_TAG, ""))
    return next_version(semantic_of(last), before, now)


def manifest_of(registry: ModelRegistry, version: RegisteredVersion) -> Manifest | None:
    """Return what the bundle of a version says of itself; None if it cannot be had any more."""
    try:
        return ModelBundle(registry.download(version.model, version.version)).manifest
    except TradingSystemError:
        return None


def environment(kind: str) -> dict[str, str]:
    """Return what besides data and code may decide about bits: Python, system, processor, libraries."""
    return {
        "python": platform.python_version(),
        "system": f"{sys.platform} {platform.machine()}",
        **library_versions(kind),
    }


def version_tags(step: Step, kind: str) -> Mapping[str, str]:
    """Return the tags that tell a version from others."""
    return {
        SEMANTIC_TAG: str(step.version),
        "semantic_reason": step.reason,
        ENVIRONMENT_TAG: json.dumps(environment(kind), sort_keys=True),
    }


def _newest(registry: ModelRegistry, model: str) -> RegisteredVersion | None:
    """Return the newest version that has a semantic one."""
    return next((version for version in registry.versions(model) if semantic_of(version) is not None), None)
