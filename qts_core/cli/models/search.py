"""`qts models search`: search a model's hyperparameters; proposes, never changes a file (specification 7.3, 11.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from qts_core.research.search.result import SearchResult

__all__ = ["search"]


def search(
    model: Annotated[str, typer.Argument(help="Key in models.yaml; the live model by default.")] = "",
    trials: Annotated[int, typer.Option("--trials", min=0, help="Trials; models.yaml's by default.")] = 0,
    method: Annotated[str, typer.Option("--method", help="Method; models.yaml's by default.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study of the same choices.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Processes that share the study.")] = 1,
    helper: Annotated[bool, typer.Option("--helper", hidden=True, help="Only help with trials.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Search the hyperparameters of a model on inner folds of its training rows, net of costs.

    Every trial enters the ledger. Ctrl-C ends after the running fold; --resume goes on. What is found is printed as a
    proposal for models.yaml and kept for `hyperparameters_from: study`.

    \b
    Examples:
      qts models search
      qts models search lightgbm_return --trials 100 --jobs 2
      qts models search lightgbm_return --resume --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.models.searching import run_search
    from qts_core.market.errors import ExitCode
    from qts_core.research.search.result import proposal_text

    settings = load_settings().settings
    key = model or settings.models.live_model
    result = run_search(
        settings, key, trials=trials or None, method=method or None, may_resume=resume, jobs=jobs, is_helper=helper
    )
    if helper:
        return
    if result is None:
        note(f"stopped; `qts models search {key} --resume` goes on")
        raise typer.Exit(ExitCode.INTERRUPTED)
    if json:
        print_json({**_as_json(result), "proposal": proposal_text(result)})
        return
    _show(result)
    typer.echo(f"\n{proposal_text(result)}" if result.is_found else "\nno trial keeps the drawdown limit: no proposal")


def _as_json(result: SearchResult) -> dict[str, object]:
    import json as json_text

    content: dict[str, object] = json_text.loads(result.to_json())
    return content


def _show(result: SearchResult) -> None:
    print_table(
        ("window", "trials", "effective", "PBO", "inner Sharpe", "deflated", "test Sharpe", "test drawdown", "study"),
        [
            (
                window.label,
                window.summary["trials"],
                _brief(window.summary["effective"]),
                _brief(window.summary["overfitting"]),
                _brief(window.summary["sharpe"]),
                _brief(window.summary["deflated"]),
                _brief(window.tested.get("sharpe")),
                _brief(window.tested.get("drawdown")),
                window.summary["study"],
            )
            for window in result.windows
        ],
    )
    if result.overall:
        figures = ", ".join(f"{name} {value:.3g}" for name, value in result.overall.items() if value is not None)
        typer.echo(f"\nall tests together, rows that no search looked at: {figures}")
    last = result.windows[-1]
    ranking = last.summary["ranking"]
    if isinstance(ranking, list | tuple) and ranking:
        columns = ("trial", "score", "value", "gap", "spread", "spike", "cost", "neighbours", "sortino", "seconds")
        typer.echo(f"\nthe best of {last.label}; score = value + gap + spread + spike + cost")
        print_table(columns, [tuple(_brief(line[name]) for name in columns) for line in ranking])
    for window in result.windows:
        warned = window.summary["warnings"]
        for sentence in warned if isinstance(warned, list | tuple) else ():
            note(f"{window.label}: {sentence}")


def _brief(value: object) -> object:
    """Return a figure with three digits: more would be read as knowledge."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
