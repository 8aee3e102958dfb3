"""Blocking check of the models: what the registry delivers is what was trained."""

import dagster as dg

from qts_core.models.bundle import ModelBundle
from qts_core.research.training_summary import load_training
from qts_dagster.defs.resources import Platform, research_tools

__all__ = ["model_checks"]


def model_checks(models: tuple[str, ...]) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the group `models`."""
    return [_bundle_is_reproducible(model) for model in models]


def _bundle_is_reproducible(model: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=f"model_{model}", blocking=True, name="golden_predictions",
        description="The registered bundle has the checksums of its manifest and repeats its golden predictions.",
    )  # fmt: skip
    def golden_predictions(platform: Platform) -> dg.AssetCheckResult:
        summary = load_training(platform.lake, model)
        with platform.database() as database:
            files = research_tools(platform, database).registry.download(summary.registered, summary.version)
        bundle = ModelBundle(files)
        bundle.open()
        return dg.AssetCheckResult(
            passed=bundle.sha256 == summary.bundle_sha256, metadata={"bundle_sha256": bundle.sha256}
        )

    return golden_predictions
