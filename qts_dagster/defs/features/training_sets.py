"""What each model learns from: samples, labels and folds, checked for overlap."""

import dagster as dg

from qts_core.research.preparation import PreparedTraining, prepare_training
from qts_core.research.training_manifest import load_manifest, save_manifest
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import Metadata, number, table
from qts_dagster.lib.months import version_from

__all__ = ["training_set_assets", "training_set_checks"]


def training_set_assets(models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define one training set for each model of models.yaml."""
    return [_training_set(model) for model in models]


def training_set_checks(models: tuple[str, ...]) -> list[dg.AssetChecksDefinition]:
    """Define the blocking check that no training label reaches into a test fold."""
    return [_no_label_overlap(model) for model in models]


def _training_set(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"training_set_{model}", group_name="features", owners=owners["research"], kinds={"numpy"},
        tags={"layer": "gold", "spec": "7.3", "cost": "cpu"}, deps=["features", "clean_bars"], code_version="1",
        description="One sample per bar that exists: features, the label with its end, and the folds it belongs to. "
        "The asset is the manifest of the set; its hash names exactly what the model saw.",
    )  # fmt: skip
    def training_set(platform: Platform) -> dg.MaterializeResult:  # type: ignore[type-arg]
        prepared = prepare_training(platform.lake, platform.settings, model, calendar=platform.calendar)
        save_manifest(platform.lake, prepared)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([prepared.identity])), metadata=_metadata(prepared)
        )

    return training_set


def _no_label_overlap(model: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=f"training_set_{model}", blocking=True, name="no_label_overlap",
        description="No label used in training ends inside or after the start of its test fold's embargo.",
    )  # fmt: skip
    def no_label_overlap(platform: Platform) -> dg.AssetCheckResult:
        manifest = load_manifest(platform.lake, model)
        return dg.AssetCheckResult(
            passed=manifest.overlap == 0, metadata={"overlapping": manifest.overlap, "samples": manifest.samples}
        )

    return no_label_overlap


def _metadata(prepared: PreparedTraining) -> Metadata:
    samples = prepared.samples
    return {
        "dagster/row_count": number(len(samples)),
        "features": number(len(samples.names)),
        "target": number(prepared.entry.target.name),
        "folds": table(list(prepared.plan.describe(prepared.panel.timeline))),
        "data_hash": number(samples.data_hash),
        "identity": number(prepared.identity),
        "seconds": number(prepared.seconds),
    }
