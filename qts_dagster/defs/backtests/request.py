"""A backtest from the launchpad: a model, a cost mode, a cash, checked before anything runs."""

from dataclasses import dataclass
from decimal import Decimal

import dagster as dg
from pydantic import Field

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.code_version import code_version
from qts_core.adapters.report_files import ReportFiles
from qts_core.config.settings import Settings
from qts_core.data.market_source import market_instruments
from qts_core.exchange import FillMode
from qts_core.report.evidence import Evidence
from qts_core.research.pipeline import backtest_model
from qts_core.research.tear_sheet import scenario_of, tear_sheet
from qts_dagster.defs.backtests.lineage import lineage_of
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.lib.metadata import number
from qts_dagster.lib.report_pictures import cost_modes, equity_picture

__all__ = ["BACKTEST_MODEL", "BacktestRequest", "Checked", "checked"]

MOST_CASH = 10**12
LONGEST_NAME = 60


class BacktestRequest(dg.Config):
    """What to test; every field has a value that works."""

    model: str = Field(
        default="", description="Key in models.yaml, trained before; empty takes the one that trades live."
    )
    fill_mode: str = Field(
        default="", description=f"One of {', '.join(FillMode)}; empty takes the one that gates judge by."
    )
    cash_dollars: float = Field(default=0.0, description="Initial cash, USD; 0 takes that of backtest.yaml.")
    name: str = Field(default="", description="File name of the report; empty makes it from model and fill mode.")


@dataclass(frozen=True, slots=True)
class Checked:
    """A request whose every value makes sense, with the settings that it asks for.

    `is_judged` says whether it is the very run that gates judge.
    """

    model: str
    fill_mode: str
    name: str
    settings: Settings
    is_judged: bool


def checked(request: BacktestRequest, settings: Settings) -> Checked:
    """Return what is asked for.

    Raises
    ------
    dagster.Failure
        With one line that says which value is wrong and what would be right; the run is not repeated.
    """
    model = request.model or settings.models.live_model
    known = tuple(settings.models.models)
    if model not in known:
        raise _wrong("model", model, f"one of {', '.join(known)}")
    modes = tuple(mode.value for mode in FillMode)
    fill_mode = request.fill_mode or settings.backtest.verdict_fill_mode
    if fill_mode not in modes:
        raise _wrong("fill_mode", fill_mode, f"one of {', '.join(modes)}")
    if not 0.0 <= request.cash_dollars <= MOST_CASH:
        raise _wrong("cash_dollars", request.cash_dollars, f"USD between 0 (that of backtest.yaml) and {MOST_CASH:,}")
    name = request.name or f"{model}-{fill_mode}"
    if len(name) > LONGEST_NAME or not all(c.isalnum() or c in "-_" for c in name):
        raise _wrong("name", name[:LONGEST_NAME], f"at most {LONGEST_NAME} letters, digits, - and _")
    if name in known:
        raise _wrong("name", name, f"another one: tear_sheet_{name} writes that report")
    if request.cash_dollars:
        cash = Decimal(str(request.cash_dollars))
        chosen = settings.backtest.model_copy(update={"initial_cash_dollars": cash})
        settings = settings.model_copy(update={"backtest": chosen})
    is_judged = not request.cash_dollars and fill_mode == settings.backtest.verdict_fill_mode
    return Checked(model, fill_mode, name, settings, is_judged)


def _wrong(field: str, found: object, expected: str) -> dg.Failure:
    return dg.Failure(f"{field}: found {found!r}, expected {expected}", allow_retries=False)


@dg.op(
    name="backtest_of_model", tags={"cost": "cpu"},
    description="Test the newest training of a model on every bar that it had not seen, enter it in the ledger, and "
    "write its report.",
)  # fmt: skip
def backtest_of_model(context: dg.OpExecutionContext, config: BacktestRequest, platform: Platform) -> None:
    """Run one backtest as it was asked for, and leave its report beside those of the verdicts."""
    asked = checked(config, platform.settings)
    lake, settings = platform.lake, asked.settings
    with platform.database() as database:
        tools = research_tools(platform, database, run_id=context.run_id)
        run = backtest_model(
            lake, settings, asked.model, tools, calendar=platform.calendar, fill_mode=asked.fill_mode
        )  # fmt: skip
        summary = run.summary
        page = tear_sheet(
            run, settings, platform.source(), trials=tools.ledger.summary(),
            record=tools.gates.latest(summary.registered, summary.version) if asked.is_judged else None,
            sectors={i.symbol: i.sector for i in market_instruments(lake, settings.universe, summary.symbols)},
            scenarios=(scenario_of(run),), code=code_version(), created=SystemClock().now(),
            evidence=Evidence(lineage=lineage_of(run, platform, context.run_id)), name=asked.name,
        )  # fmt: skip
    path = ReportFiles(platform.reports()).save(page.record, page.html)
    context.add_output_metadata(
        {
            "report": dg.MetadataValue.path(str(path)),
            "report_id": number(page.record.id),
            "verdict": number(page.record.headline),
            "net_return": number(page.net_return),
            "net_sharpe": number(page.net_sharpe),
            "max_drawdown": number(page.max_drawdown),
            "mlflow": dg.MetadataValue.url(platform.registry_page(summary.registered, summary.version)),
            "equity": equity_picture(page.record),
            "cost_mode": cost_modes([scenario_of(run)]),
        }
    )


@dg.job(
    name="backtest_model",
    description="One backtest of a trained model as the launchpad asks for it: model, cost mode, cash, name.",
    tags={"layer": "models"},
    executor_def=dg.in_process_executor,
)
def BACKTEST_MODEL() -> None:
    """Run one backtest."""
    backtest_of_model()
