"""`qts train`: features, walk-forward training, verdict backtest and gates of one model (specification 7.3)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from qts_core.research.model_backtest import ModelBacktest
    from qts_core.research.pipeline import Nomination, TrainedModel

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Train a model, judge it, and nominate it when every gate passes."
)


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="Key in models.yaml; the live model by default.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train a model on the lake's clean bars, backtest it net of costs, and ask the gates.

    \b
    Examples:
      qts train
      qts train lightgbm_direction --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake, research_tools
    from qts_core.cli.fresh_features import ensure_features
    from qts_core.market.calendar import xnys
    from qts_core.research.pipeline import backtest_model, nominate, train_model
    from qts_core.research.preparation import prepare_training

    settings = load_settings().settings
    key, lake, calendar = model or settings.models.live_model, open_lake(settings), xnys()
    ensure_features(settings, lake)
    prepared = prepare_training(lake, settings, key, calendar=calendar)
    note(f"training: {len(prepared.samples):,} samples, {len(prepared.samples.names)} features")
    with research_tools(settings) as tools:
        trained = train_model(lake, prepared, tools, progress=lambda what, n, total: note(f"  {what} ({n}/{total})"))
        if not prepared.entry.target.spec.is_return:
            _untraded(trained, json=json)
            return
        verdict = backtest_model(lake, settings, key, tools, calendar=calendar)
        nomination = nominate(settings, verdict, tools)
    if json:
        print_json(_as_json(trained, verdict, nomination))
        return
    print_table(("figure", "value"), sorted({**trained.summary.metrics, **verdict.metrics()}.items()))
    typer.echo("")
    print_table(
        ("gate", "passed", "reason"),
        [(g.name.removeprefix("gate."), g.passed, g.reason) for g in nomination.report.gates],
    )
    alias = "now the challenger" if nomination.is_challenger else "not nominated"
    typer.echo(f"\n{nomination.model} version {nomination.version}: {nomination.report.headline()}; {alias}")


def _untraded(trained: TrainedModel, *, json: bool) -> None:
    """Show a model whose target does not speak of the return; it has no backtest and no gates."""
    summary = trained.summary
    finite = {name: value for name, value in summary.metrics.items() if value == value}
    if json:
        print_json({"model": summary.registered, "version": summary.version, "metrics": finite, "backtest": None})
        return
    print_table(("figure", "value"), sorted(finite.items()))
    typer.echo(f"\n{summary.registered} version {summary.version}: not backtested, {summary.target} cannot be traded")


def _as_json(trained: TrainedModel, verdict: ModelBacktest, nomination: Nomination) -> dict[str, object]:
    finite = {name: value for name, value in trained.summary.metrics.items() if value == value}
    return {
        "model": nomination.model,
        "version": nomination.version,
        "bundle_sha256": trained.summary.bundle_sha256,
        "metrics": finite,
        "backtest": {"fill_mode": verdict.fill_mode, **verdict.metrics()},
        "passed": nomination.report.passed,
        "trials": nomination.trials,
        "gates": [
            {**asdict(gate), "value": _number(gate.value), "threshold": _number(gate.threshold)}
            for gate in nomination.report.gates
        ],
    }


def _number(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
