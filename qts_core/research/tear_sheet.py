"""The tear sheet of a model: its verdict backtest with gates, folds, scenarios and the last live session (11.3)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.survivorship import Survivorship
from qts_core.config.settings import Settings
from qts_core.data.market_source import MarketSource
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.ports.lake import LakePort
from qts_core.ports.research_store import GateRecord
from qts_core.report import render_report
from qts_core.report.evidence import Evidence
from qts_core.report.formats import percent
from qts_core.report.from_backtest import report_input
from qts_core.report.inputs import Fold, Gate, Identity, Link, LiveSession, Scenario, Trials
from qts_core.report.record import ReportRecord, record_of
from qts_core.research.capacity_of_run import run_capacity
from qts_core.research.gates.luck import hurdle
from qts_core.research.ledger import TrialSummary
from qts_core.research.model_backtest import ModelBacktest
from qts_core.research.training_summary import TrainingSummary

__all__ = ["TearSheet", "dotted", "load_scenarios", "save_scenarios", "scenario_of", "tear_sheet"]

SCENARIO_NAMES = {
    "optimistic": "optimistic: half a basis point and fees",
    "realistic": "realistic: usual spread and slippage",
    "pessimistic": "pessimistic: 2.5 times the realistic costs",
    "alpaca-paper": "alpaca-paper: what the paper account charges",
}


@dataclass(frozen=True, slots=True)
class TearSheet:
    """A finished page and the few figures that a summary quotes."""

    html: str
    record: ReportRecord
    net_return: float
    net_sharpe: float
    max_drawdown: float
    trades: int
    sessions: int


def scenario_of(backtest: ModelBacktest) -> Scenario:
    """Return one row of the cost table."""
    result = backtest.result
    curve = DailyCurve.of(result.timeline, result.equity, initial=result.initial_cash)
    return Scenario(
        name=SCENARIO_NAMES.get(backtest.fill_mode, backtest.fill_mode),
        total_return=float(result.equity[-1]) / result.initial_cash - 1.0,
        sharpe=backtest.sharpe.annualised(SESSIONS_PER_YEAR),
        max_drawdown=max_drawdown(curve.equity),
        costs=float(result.cost_total.sum()),
    )


def save_scenarios(lake: LakePort, summary: TrainingSummary, scenarios: Sequence[Scenario]) -> None:
    """Keep the cost table of a training beside it."""
    rows = [{k: v if k == "name" or math.isfinite(v) else None for k, v in asdict(s).items()} for s in scenarios]
    content = {"training": summary.identity, "scenarios": rows}
    lake.write_blob(_blob(summary.model), json.dumps(content, allow_nan=False).encode())


def load_scenarios(lake: LakePort, summary: TrainingSummary) -> tuple[Scenario, ...]:
    """Return the cost table of this training, empty when there is none."""
    if not lake.has_blob(_blob(summary.model)):
        return ()
    content = json.loads(lake.read_blob(_blob(summary.model)))
    if content["training"] != summary.identity:
        return ()
    return tuple(
        Scenario(row["name"], *(_number(row[key]) for key in ("total_return", "sharpe", "max_drawdown", "costs")))
        for row in content["scenarios"]
    )


def tear_sheet(
    verdict: ModelBacktest,
    settings: Settings,
    source: MarketSource,
    *,
    trials: TrialSummary,
    record: GateRecord | None,
    sectors: Mapping[str, str],
    scenarios: Sequence[Scenario] = (),
    live: LiveSession | None = None,
    code: str = "",
    links: Mapping[str, str] | None = None,
    created: datetime | None = None,
    evidence: Evidence | None = None,
    name: str = "",
) -> TearSheet:
    """Render the page of one model.

    Parameters
    ----------
    verdict : ModelBacktest
        Under the fill mode that gates judge by.
    source : MarketSource
        Where the bars come from; the page says in big words when they are invented.
    trials : TrialSummary
        Of the ledger.
    record : GateRecord, optional
        The gates' verdict on this version.
    sectors : mapping of str to str
        Sector by symbol.
    evidence : Evidence, optional
        Lineage, live equity and what else there is; what the backtest tells is added.
    name : str
        File name of the page without its ending; the model's key by default.
    """
    summary, result, panel = verdict.summary, verdict.result, verdict.panel
    beside = replace(evidence or Evidence(), capacity=run_capacity(verdict))
    page = report_input(
        result,
        identity=_identity(verdict, settings, source, code=code, links=links or {}, created=created),
        trials=_trials(trials, verdict.sharpe.n),
        gates=_gates(record),
        folds=[_fold(f.name, f.train, f.test, f.train_samples, f.test_samples, f.in_sample, f.out_of_sample)
               for f in summary.folds],
        sectors=sectors,
        live=live,
        scenarios=scenarios,
        notes=(*_notes(verdict, source, settings), *_signs(verdict)),
        uncertainty=verdict.uncertainty,
        silence=verdict.silence,
        closes=None if panel is None else panel["close"],
        evidence=beside,
    )  # fmt: skip
    row = scenario_of(verdict)
    kept = record_of(
        page,
        name or summary.model,
        configuration=dotted(settings.model_dump(mode="json")),
        features=tuple(summary.importance),
    )
    return TearSheet(
        render_report(page),
        kept,
        row.total_return,
        row.sharpe,
        row.max_drawdown,
        len(result.trades),
        len(verdict.returns),
    )


def _trials(trials: TrialSummary, sessions: int) -> Trials:
    """Return what the page deflates by: what the gate does."""
    variance = None if trials.sharpe_variance is None else hurdle(trials, sessions)[1]
    return Trials(trials.count, variance, trials.independent)


def dotted(content: Mapping[str, object], above: str = "") -> dict[str, str]:
    """Return nested settings as text by dotted name; secrets are masked already."""
    found: dict[str, str] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            found |= dotted(value, f"{above}{name}.")
        else:
            found[f"{above}{name}"] = json.dumps(value, default=str) if isinstance(value, list) else str(value)
    return found


def _identity(
    verdict: ModelBacktest, settings: Settings, source: MarketSource, *, code: str, links: Mapping[str, str],
    created: datetime | None,
) -> Identity:  # fmt: skip
    summary = verdict.summary
    return Identity(
        title=f"{summary.registered} version {summary.version}",
        strategy=f"{settings.trading.strategy}: {summary.target} of {summary.model}",
        market=source.origin,
        is_synthetic=source.is_synthetic,
        universe=_universe(verdict.survivorship),
        configuration_hash=settings.configuration_hash,
        data_hash=summary.data_hash,
        catalogue_hash=summary.catalogue_hash,
        model_version=summary.model_id,
        code_commit=code,
        cost_model=SCENARIO_NAMES.get(verdict.fill_mode, verdict.fill_mode),
        seed=settings.models.models[summary.model].training.seed,
        created=created,
        links=tuple(Link(label, href) for label, href in links.items()),
    )


def _gates(record: GateRecord | None) -> tuple[Gate, ...]:
    if record is None:
        return ()
    return tuple(
        Gate(
            name=gate["name"].removeprefix("gate."),
            is_passed=gate["passed"],
            value=_number(gate["value"]),
            threshold=_number(gate["threshold"]),
            comparison=gate["comparison"],
            reason=gate["reason"],
            applies=gate.get("applies", True),
        )
        for gate in json.loads(record.report)["gates"]
    )


def _fold(
    name: str, train: tuple[str, str], test: tuple[str, str], train_samples: int, test_samples: int,
    inside: Mapping[str, float], outside: Mapping[str, float],
) -> Fold:  # fmt: skip
    days = [date.fromisoformat(text) for text in (*train, *test)]
    measures = {key: (inside[key], outside[key]) for key in inside if key in outside and key != "samples"}
    return Fold(name, days[0], days[1], days[2], days[3], train_samples, test_samples, measures)


def _universe(alive: Survivorship) -> str:
    return f"{len(alive.ever)} symbols, {alive.survivors} of them with bars at the end ({percent(alive.share, 0)})"


ADJUSTED = {
    "splits": (
        "The source has adjusted its prices for splits: a level before a split knows of it, and share counts and costs "
        "by the share are not those of the day."
    ),
    "all": (
        "The source has adjusted its prices for splits and dividends: a level before such a date knows of it, share "
        "counts and costs by the share are not those of the day, and dividends are in the price."
    ),
}
"""What a reader must know of adjusted prices."""


def _notes(verdict: ModelBacktest, source: MarketSource, settings: Settings) -> tuple[str, ...]:
    notes = [_judged(verdict.fill_mode, settings.backtest.verdict_fill_mode)]
    if source.is_synthetic:
        notes.append(
            f"The market is generated, with a predictive signal of strength {source.signal_strength:g} planted in it."
        )
    if source.adjustment != "raw":
        notes.append(ADJUSTED[source.adjustment])
    notes.append(f"Survivorship: {verdict.survivorship.sentence(is_synthetic=source.is_synthetic)}")
    return tuple(notes)


def _judged(mode: str, judging: str) -> str:
    if mode == judging:
        return f"Judged under {mode} fills; every figure is net of costs."
    return f"Run under {mode} fills, net of their costs. Gates judge {judging} fills: this page is no verdict."


def _signs(verdict: ModelBacktest) -> tuple[str, ...]:
    return tuple(f"Sign of overfitting: {flag.sentence}." for flag in verdict.flags() if flag.is_raised)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _blob(model: str) -> str:
    return f"backtests/{model}_scenarios.json"
