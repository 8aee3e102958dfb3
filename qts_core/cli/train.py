"""`qts train`: features, walk-forward training, verdict backtest, gates, and the champion beside it (spec. 7.3)."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.dates import moment_option
from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import InvalidConfigError

if TYPE_CHECKING:
    from qts_core.research.comparison import Comparison
    from qts_core.research.model_backtest import ModelBacktest
    from qts_core.research.pipeline import Nomination, TrainedModel
    from qts_core.research.tools import ResearchTools

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False,
    help="Train a model, judge it, nominate it when every gate passes, and hold it against the champion.",
)  # fmt: skip


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="Key in models.yaml; the live model by default.")] = "",
    as_of: Annotated[
        datetime | None, moment_option("--as-of", help="Train on what was known at that moment; now by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train a model on the lake's clean bars, backtest it net of costs, ask the gates, compare it with the champion.

    With --as-of nothing that was known later enters: no bar, no correction, no split. The version carries the moment as
    the tag `as_of`.

    \b
    Examples:
      qts train
      qts train lightgbm_direction --json
      qts train --as-of 2024-06-28
    """
    from qts_core.adapters.clock import SystemClock
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake, research_tools
    from qts_core.cli.fresh_features import ensure_features
    from qts_core.market.calendar import xnys
    from qts_core.research.comparison import report_against_champion
    from qts_core.research.pipeline import backtest_model, nominate, train_model
    from qts_core.research.preparation import model_settings, prepare_training

    if as_of is not None and as_of > SystemClock().now():
        raise InvalidConfigError(
            "QTS-CLI-001", "--as-of lies in the future", found=as_of.isoformat(), expected="a moment that has passed"
        )
    settings = load_settings().settings
    key, lake, calendar = model or settings.models.live_model, open_lake(settings), xnys()
    model_settings(settings, key)  # an unknown name is refused before features are computed
    ensure_features(settings, lake)
    prepared = prepare_training(lake, settings, key, calendar=calendar, as_of=as_of)
    note(f"training: {len(prepared.samples):,} samples, {len(prepared.samples.names)} features")
    with research_tools(settings) as opened:
        tools = _dated(opened, as_of)
        trained = train_model(lake, prepared, tools, progress=lambda what, n, total: note(f"  {what} ({n}/{total})"))
        verdict = nomination = None
        if prepared.entry.target.spec.is_return:
            verdict = backtest_model(lake, settings, key, tools, calendar=calendar)
            nomination = nominate(settings, verdict, tools)
        against = report_against_champion(lake, settings, tools, trained.summary, calendar=calendar)
    if json:
        print_json(_as_json(trained, verdict, nomination, against))
    else:
        _tell(trained, verdict, nomination, against)


def _dated(tools: ResearchTools, as_of: datetime | None) -> ResearchTools:
    """Return the tools that also put the moment on runs and versions."""
    return tools if as_of is None else replace(tools, tags={**tools.tags, "as_of": as_of.isoformat()})


def _tell(
    trained: TrainedModel, verdict: ModelBacktest | None, nomination: Nomination | None, against: Comparison | str
) -> None:
    summary = trained.summary
    figures = {**_finite(trained), **(verdict.metrics() if verdict is not None else {})}
    print_table(("figure", "value"), sorted(figures.items()))
    typer.echo("")
    name = f"{summary.registered} version {summary.version}"
    if nomination is None:
        typer.echo(f"{name}: not backtested, {summary.target} cannot be traded")
    else:
        print_table(
            ("gate", "passed", "reason"),
            [(g.name.removeprefix("gate."), g.passed, g.reason) for g in nomination.report.gates],
        )
        alias = "now the challenger" if nomination.is_challenger else "not nominated"
        typer.echo(f"\n{name}: {nomination.report.headline()}; {alias}")
    if isinstance(against, str):
        typer.echo(f"not compared with the champion: {against}")
    else:
        typer.echo(f"against {against.first.name}: {against.verdict}")
        note(f"fold by fold: qts models compare champion {summary.version}, or against_champion.md of its MLflow run")


def _as_json(
    trained: TrainedModel, verdict: ModelBacktest | None, nomination: Nomination | None, against: Comparison | str
) -> dict[str, object]:
    """Return all of it as plain values; a model whose target cannot be traded has no backtest and no gates."""
    summary = trained.summary
    told: dict[str, object] = {
        "model": summary.registered,
        "version": summary.version,
        "bundle_sha256": summary.bundle_sha256,
        "metrics": _finite(trained),
        "backtest": None if verdict is None else {"fill_mode": verdict.fill_mode, **verdict.metrics()},
        "against_champion": against if isinstance(against, str) else against.to_json(),
    }
    if nomination is not None:
        told["passed"] = nomination.report.passed
        told["trials"] = nomination.trials
        told["gates"] = [
            {**asdict(gate), "value": _number(gate.value), "threshold": _number(gate.threshold)}
            for gate in nomination.report.gates
        ]
    return told


def _finite(trained: TrainedModel) -> dict[str, float]:
    return {name: value for name, value in trained.summary.metrics.items() if value == value}


def _number(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
