"""The newest version of each model against its champion, and all models beside each other."""

import dagster as dg

from qts_core.adapters.code_version import code_version
from qts_core.report.comparison_page import comparison_page
from qts_core.report.comparison_words import headline
from qts_core.report.figures import bar_chart
from qts_core.research.comparison import compare_models, markdown, report_against_champion
from qts_core.research.training_summary import load_training
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.lib.automation import owners
from qts_dagster.lib.metadata import image, number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.results import AssetResult

__all__ = ["comparison_assets", "models_compared"]


def comparison_assets(models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define the comparisons of the group `backtests`."""
    return [_comparison(model) for model in models]


def models_compared(models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define the comparison of all models, where there are several."""
    return [_all_models(models)] if len(models) > 1 else []


def _all_models(models: tuple[str, ...]) -> dg.AssetsDefinition:
    @dg.asset(
        name="model_comparison", group_name="backtests", owners=owners["research"], kinds={"html"},
        tags={"layer": "gold", "spec": "7.3", "cost": "all-models"}, deps=[f"verdict_{model}" for model in models],
        code_version="1",
        description="Every judged model beside the others on the same sessions: net of costs, with intervals, deflated "
        "by all trials of the ledger, and how likely the best is the best by luck. One page, opens offline.",
    )  # fmt: skip
    def model_comparison(platform: Platform) -> AssetResult:
        with platform.database() as database:
            tools = research_tools(platform, database)
            found = compare_models(platform.lake, platform.settings, tools, calendar=platform.calendar)
        page = comparison_page(found, source=platform.source().origin, code=code_version())
        path = platform.reports() / "model_comparison.html"
        path.write_text(page, encoding="utf-8")
        sharpes = [model.sharpe.value for model in found.models]
        drawing = bar_chart([m.key for m in found.models], sharpes, title="Net Sharpe ratio a year", is_signed=True)
        rows = [
            {
                "model": m.key, "version": m.version, "sharpe": m.sharpe.value, "low": m.sharpe.interval.low,
                "high": m.sharpe.interval.high, "deflated": m.deflated, "net_return": m.net_return,
                "max_drawdown": m.max_drawdown, "refused": ", ".join(m.refused),
            }
            for m in found.models
        ]  # fmt: skip
        return dg.MaterializeResult(
            data_version=dg.DataVersion(version_from([page])),
            metadata={
                "dagster/row_count": number(len(rows)),
                "verdict": number(headline(found)),
                "models": table(rows),
                "sharpe": image(drawing, f"Net Sharpe ratio a year of each model, n = {len(rows)} models."),
                "path": dg.MetadataValue.path(str(path)),
                "mlflow": dg.MetadataValue.url(platform.runs_page),
            },
        )

    return model_comparison


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
