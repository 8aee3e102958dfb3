"""The newest version of each model against its champion, on the same folds."""

import dagster as dg

from qts_core.research.comparison import markdown, report_against_champion
from qts_core.research.training_summary import load_training
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import number
from qts_dagster.lib.months import version_from
from qts_dagster.lib.results import AssetResult

__all__ = ["comparison_assets"]


def comparison_assets(models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define the comparisons of the group `backtests`."""
    return [_comparison(model) for model in models]


def _comparison(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"comparison_{model}", group_name="backtests", owners=owners["research"], kinds={"mlflow", "markdown"},
        tags={"layer": "gold", "spec": "7.3", "cost": "cpu"}, deps=[f"verdict_{model}"], code_version="1",
        description="The newest version against the champion: rank correlation by fold on the very same bars, with "
        "intervals; what differs in choices and features; the gates of both. Kept with the MLflow run and version.",
    )  # fmt: skip
    def comparison(context: dg.AssetExecutionContext, platform: Platform) -> AssetResult:
        training = load_training(platform.lake, model)
        with platform.database() as database:
            tools = research_tools(platform, database, run_id=context.run_id)
            found = report_against_champion(
                platform.lake, platform.settings, tools, training, calendar=platform.calendar
            )  # fmt: skip
        if isinstance(found, str):
            return dg.MaterializeResult(
                data_version=dg.DataVersion(version_from([found, training.bundle_sha256])),
                metadata={"verdict": number(f"not compared: {found}")},
            )
        page = markdown(found)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([page])),
            metadata={
                "verdict": number(found.verdict),
                "difference": number(found.overall.difference.value),
                "correlation": number(found.correlation),
                "report": dg.MetadataValue.md(page),
                "mlflow": dg.MetadataValue.url(platform.registry_page(training.registered, training.version)),
            },
        )

    return comparison
