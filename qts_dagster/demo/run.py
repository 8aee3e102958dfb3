"""The demo from start to end: market, features, training, judgement, promotion, a traded session, the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
from rich.console import Console

from qts_core.adapters.bar_files import import_bars
from qts_core.cli.parity import live_parity
from qts_core.data.admission import examine_bars, write_candidate
from qts_core.data.market_source import MarketSource, default_source, record_source
from qts_core.market.calendar import xnys
from qts_core.research.label_months import labels_table
from qts_core.research.preparation import training_entry
from qts_core.research.training_summary import load_training
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.features.assets import WHOLE_TABLE, group_assets
from qts_dagster.defs.resources import Platform, research_tools
from qts_dagster.demo.closing import print_closing
from qts_dagster.demo.materialise import AssetRun, materialise, open_instance
from qts_dagster.demo.session import choose_model, trade_session
from qts_dagster.demo.stages import Stage, Stages
from qts_dagster.lib.partitions import partition_key

__all__ = ["DemoPlan", "run_demo"]


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to run: a synthetic market, or `bars` from a file."""

    years: int = 2
    bars: Path | None = None
    timezone: str | None = None
    signal_strength: float = 1.0
    symbols: int = 50


def run_demo(plan: DemoPlan) -> None:
    """Run everything, telling a person what happens; raises what the first failing stage raises."""
    console = Console()
    platform = Platform()
    stages = Stages(console)
    console.print(f"QTS demo in {platform.settings.home}")
    source = _market(plan, platform, stages)
    definitions = build_definitions(platform)
    model = platform.settings.models.live_model
    with open_instance(platform.settings.home) as instance:
        desk = Desk(definitions, instance, stages)
        desk.make(["corporate_actions"])
        label = labels_table(training_entry(platform.settings, model).target)
        desk.make(
            ["raw_bars", "clean_bars", WHOLE_TABLE, label], along=list(group_assets(platform.catalogue)),
            months=[partition_key(month) for month in source.months],
        )  # fmt: skip
        desk.make(["adjusted_bars", "quality_report"])
        run = desk.make([f"{part}_{model}" for part in ("training_set", "model", "backtest", "verdict")])
        verdict = run.metadata[f"verdict_{model}"]
        session = xnys().between(source.first, source.last)[-1].date
        live, is_promoted = _live(platform, model, session, stages)
        closing = desk.make(["daemon_sessions", "model_health", f"tear_sheet_{model}"])
    print_closing(
        console, stages, source, verdict=verdict, page=closing.metadata[f"tear_sheet_{model}"], live=live,
        is_promoted=is_promoted, home=platform.settings.home,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """Materialises assets and tells how each went."""

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    stages: Stages

    def make(self, assets: list[str], *, months: Sequence[str] = (), along: Sequence[str] = ()) -> AssetRun:
        """Materialise `assets` in one run and add a stage for each; those `along` come out of the same steps."""
        with self.stages.console.status(", ".join(assets) + " …"):
            run = materialise(self.definitions, self.instance, [*assets, *along], months=months)
        for name in assets:
            rows = run.rows.get(name)
            self.stages.add(Stage(name, run.seconds.get(name, 0.0), rows or None, "rows" if rows else ""))
        return run


def _market(plan: DemoPlan, platform: Platform, stages: Stages) -> MarketSource:
    if plan.bars is None:
        with stages.stage("synthetic market") as stage:
            source = default_source(years=plan.years, symbols=plan.symbols, signal_strength=plan.signal_strength)
            record_source(platform.lake, source)
            stage.rows, stage.unit = len(source.symbols), "symbols"
        return source
    with stages.stage("import bars") as stage:
        found = import_bars(plan.bars, timezone=plan.timezone)
        candidate = examine_bars(
            platform.lake, found.frame, calendar=xnys(), now=None, origin=plan.bars.name,
            bar_minutes=found.bar_minutes, adjustment="auto",
        )  # fmt: skip
        known = platform.settings.universe.instruments(candidate.symbols)
        done = write_candidate(platform.lake, candidate, lineage={"file_sha256": found.sha256}, instruments=known)
        stage.rows, stage.unit = done.rows, "bars"
    for warning in (*found.warnings, *candidate.notes):
        stages.console.print(f"  note: {warning}")
    return candidate.market


def _live(platform: Platform, model: str, session: date, stages: Stages) -> tuple[dict[str, object], bool]:
    with platform.database() as database:
        tools = research_tools(platform, database)
        summary = load_training(platform.lake, model)
        with stages.stage("promotion") as stage:
            candidate = choose_model(summary, tools, platform.settings.home / "unpromoted")
            stage.note = "champion" if candidate.is_promoted else "refused by the gates; paper only"
    with stages.stage("live session") as stage:
        report = dict(trade_session(candidate, session))
        stage.rows, stage.unit = int(str(report["decisions"])), "decisions"
    with stages.stage("parity with the backtest") as stage:
        _, parity = live_parity(platform.settings, session)
        report["parity"] = {"compared": parity.compared, "differences": parity.differences}
        stage.rows, stage.unit = parity.compared, "decisions"
    return report, candidate.is_promoted
