"""Backtest, verdict and tear sheet of each model, on predictions for bars it never saw."""

import dagster as dg

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.code_version import code_version
from qts_core.adapters.live_reports import last_live_session, live_curve
from qts_core.adapters.report_files import ReportFiles
from qts_core.analytics.returns import DailyCurve
from qts_core.data.market_source import market_instruments
from qts_core.report.evidence import Evidence
from qts_core.report.figures import line_chart
from qts_core.report.formats import short_dollars
from qts_core.research.gates import Gate
from qts_core.research.judged_run import judged_run, save_judged_run
from qts_core.research.lake_benchmarks import lake_benchmarks
from qts_core.research.model_backtest import ModelBacktest
from qts_core.research.pipeline import backtest_model, nominate
from qts_core.research.tear_sheet import load_scenarios, save_scenarios, scenario_of, tear_sheet
from qts_core.research.training_summary import load_training
from qts_core.research.trial_surface import trial_surface
from qts_core.research.walk_forward_report import stored_walk_forward
from qts_dagster.defs.backtests.lineage import lineage_of
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.lib.automation import owners
from qts_dagster.lib.live_orders import live_orders
from qts_dagster.lib.metadata import Metadata, image, number, table
from qts_dagster.lib.months import version_from
from qts_dagster.lib.report_pictures import cost_modes, equity_picture
from qts_dagster.lib.results import AssetResult

__all__ = ["backtest_assets"]

TAGS = {"layer": "gold", "spec": "11", "cost": "cpu"}
UNITS = "Returns, drawdowns and turnover are ratios (0.14 = 14 %), costs USD, the Sharpe ratio is annualised."


def backtest_assets(models: tuple[str, ...]) -> list[dg.AssetsDefinition]:
    """Define the group `backtests`."""
    return [asset for model in models for asset in (_backtest(model), _verdict(model), _tear_sheet(model))]


def _backtest(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"backtest_{model}", group_name="backtests", owners=owners["research"], kinds={"python"}, tags=TAGS,
        deps=[f"model_{model}"], code_version="1",
        description="The decision path of the daemon over every out-of-sample bar, under optimistic and realistic "
        f"fills: what the same decisions earn with hardly any costs and with usual ones.\n\n{UNITS}",
    )  # fmt: skip
    def backtest(platform: Platform) -> AssetResult:
        lake, settings = platform.lake, platform.settings
        with platform.database() as database:
            tools = research_tools(platform, database)
            runs = [
                backtest_model(lake, settings, model, tools, calendar=platform.calendar, fill_mode=mode)
                for mode in ("optimistic", "realistic")
            ]
        scenarios = [scenario_of(run) for run in runs]
        save_scenarios(lake, runs[0].summary, scenarios)
        return dg.MaterializeResult(
            data_version=_version(*runs), metadata={"cost_modes": cost_modes(scenarios), **_metadata(runs[-1])}
        )

    return backtest


def _verdict(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"verdict_{model}", group_name="backtests", owners=owners["research"], kinds={"mlflow"}, tags=TAGS,
        deps=[f"backtest_{model}"], code_version="1",
        description="The promotion gates, net of pessimistic costs and deflated by every trial in the ledger. With "
        f"green gates the version becomes `challenger`; a person promotes it in MLflow.\n\n{UNITS}",
    )  # fmt: skip
    def verdict(context: dg.AssetExecutionContext, platform: Platform) -> AssetResult:
        with platform.database() as database:
            tools = research_tools(platform, database, run_id=context.run_id)
            run = backtest_model(platform.lake, platform.settings, model, tools, calendar=platform.calendar)
            nomination = nominate(platform.settings, run, tools)
        save_judged_run(platform.lake, platform.settings, run, run_id=context.run_id)
        # The reason gives value and threshold in words; more columns would not fit the page.
        gates = [
            {"gate": g.name.removeprefix("gate."), "result": _result(g), "reason": g.reason}
            for g in nomination.report.gates
        ]
        return dg.MaterializeResult(
            data_version=_version(run, *(f"{gate.name} {gate.reason}" for gate in nomination.report.gates)),
            metadata={
                "verdict": number(nomination.report.headline()),
                "gates": table(gates),
                "version": number(f"{nomination.model} {nomination.version}"),
                "mlflow": dg.MetadataValue.url(platform.registry_page(nomination.model, nomination.version)),
                "trials": number(nomination.trials),
                **_metadata(run),
            },
        )

    return verdict


def _tear_sheet(model: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"tear_sheet_{model}", group_name="backtests", owners=owners["research"], kinds={"html"}, tags=TAGS,
        deps=[f"verdict_{model}"], code_version="1",
        description="The page that says whether it is real: verdict, equity, drawdown, costs, trades, folds, gates, "
        f"and the last live session. One file, opens offline.\n\n{UNITS}",
    )  # fmt: skip
    def report(context: dg.AssetExecutionContext, platform: Platform) -> AssetResult:
        lake, settings = platform.lake, platform.settings
        summary = load_training(lake, model)
        judged = judged_run(lake, settings, summary, calendar=platform.calendar)
        run = judged.backtest
        with platform.database() as database:
            tools = research_tools(platform, database)
            page = tear_sheet(
                run, settings, platform.source(), trials=tools.ledger.summary(),
                record=tools.gates.latest(summary.registered, summary.version),
                sectors={i.symbol: i.sector for i in market_instruments(lake, settings.universe, summary.symbols)},
                scenarios=(*load_scenarios(lake, summary), scenario_of(run)),
                live=last_live_session(settings.live_dir), code=code_version(), created=SystemClock().now(),
                evidence=Evidence(
                    lineage=lineage_of(run, platform, judged.run_id or context.run_id),
                    live=live_curve(settings.live_dir), walk_forward=stored_walk_forward(lake, model),
                    worked=live_orders(settings), surface=trial_surface(tools.ledger.trials(), model),
                    benchmarks=lake_benchmarks(lake, settings, run.days, calendar=platform.calendar),
                ),
            )  # fmt: skip
            tools.tracker.log_text(summary.run_id, "tear_sheet.html", page.html)
        path = ReportFiles(platform.reports()).save(page.record, page.html)
        return dg.MaterializeResult(
            data_version=_version(run, page.html),
            metadata={
                "path": dg.MetadataValue.path(str(path)),
                "report_id": number(page.record.id),
                "mlflow": dg.MetadataValue.url(platform.registry_page(summary.registered, summary.version)),
                "verdict": number(page.record.headline),
                "bytes": number(len(page.html.encode())),
                "net_return": number(page.net_return),
                "net_sharpe": number(page.net_sharpe),
                "max_drawdown": number(page.max_drawdown),
                "trades": number(page.trades),
                "sessions": number(page.sessions),
                "equity": equity_picture(page.record),
            },
        )

    return report


def _result(gate: Gate) -> str:
    return "refused" if not gate.passed else "passed" if gate.applies else "not judged"


def _version(*content: ModelBacktest | str) -> dg.DataVersion:
    """Return the version of what runs earned, bar by bar, and of what was said about it."""
    parts = (part if isinstance(part, str) else str(part.result.equity.tobytes()) for part in content)
    return dg.DataVersion(version_from(parts))


def _metadata(run: ModelBacktest) -> Metadata:
    result = run.result
    net, gross = (
        DailyCurve.of(result.timeline, equity, initial=result.initial_cash)
        for equity in (result.equity, result.equity_gross)
    )
    curves = {"net": net.equity[-len(net.dates) :], "gross": gross.equity[-len(net.dates) :]}
    drawing = line_chart(
        net.dates, curves, title=f"Equity, USD, {run.fill_mode} fills", unit="USD", value_format=short_dollars
    )
    return {
        "dagster/row_count": number(len(result.timeline)),
        "fill_mode": number(run.fill_mode),
        **{name: number(value) for name, value in run.metrics().items()},
        "seconds": number(run.seconds),
        "equity": image(drawing, f"Equity in USD out of sample under {run.fill_mode} fills, net and gross of costs."),
    }
