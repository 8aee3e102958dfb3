"""What each model learns from: samples, labels and folds, checked for overlap."""

import dagster as dg

from qts_core.report.fold_figures import fold_picture
from qts_core.research.catalogues import model_catalogue
from qts_core.research.label_months import differing_labels, labels_table
from qts_core.research.preparation import PreparedTraining, prepare_training, training_entry
from qts_core.research.training_manifest import load_manifest, save_manifest
from qts_dagster.defs.features.assets import WHOLE_TABLE, group_asset
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import Metadata, image, number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.results import AssetResult

__all__ = ["training_set_assets", "training_set_checks"]


def training_set_assets(platform: Platform, models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define one training set for each model of models.yaml."""
    return [_training_set(model, _inputs(platform, model)) for model in models]


def training_set_checks(models: tuple[str, ...]) -> list[dg.AssetChecksDefinition]:
    """Define the blocking check that no training label reaches into a test fold."""
    return [_no_label_overlap(model) for model in models]


def _inputs(platform: Platform, model: str) -> list[str]:
    """Return the assets that a training set is made of: of the features, no more than the groups that it reads."""
    computed = platform.catalogue.groups
    read = set(model_catalogue(platform.settings, model, platform.roles).groups)
    features = [WHOLE_TABLE] if read == set(computed) else [group_asset(group) for group in computed if group in read]
    return [*features, labels_table(training_entry(platform.settings, model).target), "clean_bars"]


def _training_set(model: str, inputs: list[str]) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"training_set_{model}", group_name="features", owners=owners["research"], kinds={"numpy"},
        tags={"layer": "gold", "spec": "7.3", "cost": "cpu"}, deps=inputs, code_version="1",
        check_specs=[_same_labels(model)],
        description="One sample per bar that exists: features, the label with its end, and the folds it belongs to. "
        "The asset is the manifest of the set; its hash names exactly what the model saw.",
    )  # fmt: skip
    def training_set(platform: Platform) -> AssetResult:
        prepared = prepare_training(platform.lake, platform.settings, model, calendar=platform.calendar)
        save_manifest(platform.lake, prepared)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([prepared.identity])), metadata=_metadata(prepared),
            check_results=[_labels_compared(platform, prepared)],
        )  # fmt: skip

    return training_set


def _same_labels(model: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "labels_are_those_stored", asset=f"training_set_{model}",
        description="Every label of the set is, bit for bit, the one that its asset of labels holds.",
    )  # fmt: skip


def _labels_compared(platform: Platform, prepared: PreparedTraining) -> dg.AssetCheckResult:
    target = prepared.entry.target
    stored = labels_table(target)
    if lacking := sorted(set(platform.lake.months("clean_bars")) - set(platform.lake.months(stored))):
        return dg.AssetCheckResult(
            passed=False, check_name="labels_are_those_stored", severity=dg.AssetCheckSeverity.WARN,
            metadata={"months_without_labels": ", ".join(lacking), "fix": f"materialise {stored}"},
        )  # fmt: skip
    compared, different = differing_labels(platform.lake, target, prepared.samples)
    return dg.AssetCheckResult(
        passed=different == 0, check_name="labels_are_those_stored",
        metadata={"compared": compared, "different": different},
    )  # fmt: skip


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
        "fold_plan": image(fold_picture(prepared.plan, prepared.panel.timeline), "What each bar is to each fold."),
        "data_hash": number(samples.data_hash),
        "identity": number(prepared.identity),
        "seconds": number(prepared.seconds),
    }
