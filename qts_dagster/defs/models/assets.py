"""One trained model for each entry of models.yaml: adding a model is an entry, its assets appear by themselves."""

from math import isfinite

import dagster as dg

from qts_core.report.figures import bar_chart
from qts_core.report.formats import percent
from qts_core.research.pipeline import TrainedModel, train_model
from qts_core.research.preparation import prepare_training
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.lib.automation import owners
from qts_dagster.lib.ensembles import ensemble_metadata
from qts_dagster.lib.metadata import Metadata, image, number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.results import AssetResult

__all__ = ["model_assets"]

SHOWN = 20


def model_assets(platform: Platform, models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define the group `models`."""
    return [_model(model, platform.settings.models.models[model].type) for model in models]


def _model(model: str, kind: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"model_{model}", group_name="models", owners=owners["research"], kinds={kind, "mlflow"},
        tags={"layer": "gold", "spec": "7.2", "cost": "cpu"}, deps=[f"training_set_{model}"], code_version="1",
        description="Walk-forward training: a model for each fold, purged and embargoed, its predictions on bars it "
        "never saw, and the model for live trading, registered in MLflow with its card and lineage.",
    )  # fmt: skip
    def trained(context: dg.AssetExecutionContext, platform: Platform) -> AssetResult:
        prepared = prepare_training(platform.lake, platform.settings, model, calendar=platform.calendar)
        with platform.database() as database:
            tools = research_tools(platform, database, run_id=context.run_id)
            done = train_model(
                platform.lake, prepared, tools,
                progress=lambda what, step, total: context.log.info(f"{what} ({step} of {total})"),
            )  # fmt: skip
        page = platform.registry_page(done.summary.registered, done.summary.version)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([done.summary.bundle_sha256])),
            metadata={
                "mlflow": dg.MetadataValue.url(page),
                **_metadata(done),
                **_sureness(done),
                **ensemble_metadata(done, prepared.samples),
            },
        )

    return trained


def _metadata(done: TrainedModel) -> Metadata:
    summary = done.summary
    best = list(summary.importance.items())[:SHOWN]
    folds = [
        {
            "fold": f.name,
            "test": f"{f.test[0]} to {f.test[1]}",
            "rank_ic_in": f.in_sample.get("rank_ic"),
            "rank_ic_out": f.out_of_sample.get("rank_ic"),
            "samples": f.test_samples,
        }
        for f in summary.folds
    ]
    drawing = bar_chart(
        [name for name, _ in best], [share for _, share in best], title="Share of the gain", value_format=percent
    )
    return {
        "dagster/row_count": number(done.predictions),
        "version": number(f"{summary.registered} {summary.version}"),
        "bundle_sha256": number(summary.bundle_sha256),
        "mlflow_run": number(summary.run_id),
        "samples": number(summary.samples),
        "seconds": number(summary.seconds),
        **{f"test_{name}": number(float(value)) for name, value in sorted(summary.metrics.items())},
        "folds": table(folds),
        "importance": image(drawing, "Share of the gain in the live model, the twenty best features."),
    }


def _sureness(done: TrainedModel) -> Metadata:
    """Return how sure the model was out of sample: coverage against its promise, width, abstention, calibration."""
    certainty = done.result.certainty
    if certainty is None:
        return {}
    figures = {f"sure_{name}": number(value) for name, value in certainty.figures().items() if isfinite(value)}
    names = sorted({name for fold in done.result.folds for name in fold.certainty})
    folds = [
        {"fold": f"fold {f.index + 1}", **{name: f.certainty.get(name) for name in names}} for f in done.result.folds
    ]
    return {"sure_promised": number(certainty.level), **figures, "sureness_by_fold": table(folds)}
