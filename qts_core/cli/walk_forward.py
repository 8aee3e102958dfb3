"""`qts walk-forward`: tune a strategy on the past, test it on what came next, step on (specification 11.4)."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from qts_core.adapters.optuna_studies.samplers import SamplerSettings
    from qts_core.adapters.optuna_studies.study import OptunaStudy
    from qts_core.config.settings import Settings
    from qts_core.market.panel import Panel
    from qts_core.research.walk_forward import Bench, WalkForwardResult, WalkForwardSettings, WindowResult
    from qts_core.training.search.space import Space

__all__ = ["MemoryJournal", "app", "fresh_study"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False,
    help="Tune a strategy's parameters on the past, test them on what came next, step on, judge the whole.",
)  # fmt: skip


class MemoryJournal:
    """The journal of a study that lasts as long as the command: what was tried is in the ledger."""

    def __init__(self) -> None:
        self._entries: list[str] = []

    def read(self, first: int) -> Sequence[str]:
        """Return the entries from number `first` on."""
        return self._entries[first:]

    def append(self, entries: Sequence[str]) -> None:
        """Append entries."""
        self._entries.extend(entries)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line: enough for another process to make the same bench."""

    strategy: str
    engine: str
    costs: str
    symbols: tuple[str, ...]


@app.command()
def walk_forward(
    strategy: Annotated[
        str,
        typer.Argument(
            help="crossover, reversal, file.py:Class, module:Class; ml:MODEL of models.yaml, "
            "trained in every window; or scores:MODEL, its stored predictions."
        ),
    ],
    train: Annotated[int, typer.Option(help="Window in which parameters are sought.")] = 12,
    tune: Annotated[int, typer.Option(help="Window after it in which finalists are compared; 0 = none.")] = 0,
    test: Annotated[int, typer.Option(help="Window after that in which the choice is tested.")] = 3,
    step: Annotated[int, typer.Option(help="Way to the next window.")] = 3,
    unit: Annotated[str, typer.Option(help="months or sessions.")] = "months",
    anchored: Annotated[bool, typer.Option("--anchored", help="Training begins with the first bar, always.")] = False,
    purge: Annotated[int, typer.Option(help="Bars left free before a test; at least the horizon.")] = 5,
    objective: Annotated[
        str, typer.Option(help="sharpe, sortino, return_over_drawdown, ic, or module:function.")
    ] = "sharpe",
    method: Annotated[str, typer.Option(help="grid, random, tpe, gp_ei, gp_ucb or genetic.")] = "grid",
    trials: Annotated[int, typer.Option(help="Trials of each window; a grid has its own number.")] = 50,
    levels: Annotated[int, typer.Option(help="Values of each range in a grid.")] = 5,
    engine: Annotated[str, typer.Option(help="auto, vectorised or event.")] = "auto",
    costs: Annotated[str, typer.Option(help="Fill mode; that of the verdict by default.")] = "",
    symbols: Annotated[str, typer.Option(help="Comma-separated; all of the lake by default.")] = "",
    max_drawdown: Annotated[float, typer.Option(help="Of parameters that may be chosen, ratio.")] = 0.5,
    fewest_trades: Annotated[int, typer.Option(help="Of parameters that may be chosen.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the search.")] = 7,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Windows at the same time, each in a process.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Optimise a strategy walk-forward on the lake's clean bars, net of costs; every trial is in the ledger.

    The stitched out-of-sample result is judged by the gates of models and left in the lake for reports.

    \b
    Examples:
      qts walk-forward crossover
      qts walk-forward my_strategy.py:Breakout --method gp_ei --trials 40 --anchored
      qts walk-forward ml:lightgbm_return --train 60 --test 20 --step 20 --unit sessions --method random --jobs 2
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.research.walk_forward.settings import WalkForwardSettings
    from qts_core.training.folds.walk_forward import Windows

    asked = WalkForwardSettings(
        windows=Windows(train, tune, test, step), unit=unit, is_anchored=anchored,  # type: ignore[arg-type]
        purge_bars=purge, objective=objective, method=method, trials=trials, grid_levels=levels,
        max_drawdown=max_drawdown, fewest_trades=fewest_trades, seed=seed,
    )  # fmt: skip
    settings = load_settings().settings
    chosen = tuple(part.strip().upper() for part in symbols.split(",") if part.strip())
    wanted = Asked(strategy, engine, costs or settings.backtest.verdict_fill_mode, chosen)
    with _running(settings, wanted, asked, jobs) as result:
        if json:
            print_json(json_text.loads(result.to_json()))
        else:
            _tell(result)


def fresh_study(sampler: SamplerSettings, name: str, space: Space) -> OptunaStudy:
    """Return a study that no one keeps."""
    from qts_core.adapters.optuna_studies.study import open_study

    return open_study(name, MemoryJournal(), space, sampler, worker="walk-forward")


@contextmanager
def _running(settings: Settings, wanted: Asked, asked: WalkForwardSettings, jobs: int) -> Iterator[WalkForwardResult]:
    from datetime import UTC, datetime

    from qts_core.adapters.db import open_database
    from qts_core.adapters.optuna_studies.samplers import SamplerSettings
    from qts_core.cli.compose import open_lake
    from qts_core.cli.window_jobs import WindowJobs
    from qts_core.research.ledger import TrialLedger
    from qts_core.research.walk_forward import WalkForward, run_walk_forward, save_walk_forward

    bench, panel = _prepared(settings, wanted)
    sampler = SamplerSettings(asked.method, asked.seed, min(10, asked.trials), asked.grid_levels)
    _announce(bench, asked, wanted.costs)
    with open_database(settings.database.url) as database:
        result = run_walk_forward(
            WalkForward(
                bench, asked, panel, partial(fresh_study, sampler), TrialLedger(database.trials),
                settings.backtest.gates, wanted.costs,
                lambda: datetime.now(UTC),  # noqa: TID251 - a composition root may ask the wall clock
                _progress, WindowJobs(partial(_bench, wanted), jobs) if jobs > 1 else None,
            )
        )  # fmt: skip
        save_walk_forward(open_lake(settings), result)
        yield result


def _prepared(settings: Settings, wanted: Asked) -> tuple[Bench, Panel]:
    from qts_core.cli.compose import open_lake
    from qts_core.cli.fresh_features import ensure_features
    from qts_core.market.calendar import xnys
    from qts_core.research.walk_forward.preparing import ML, prepare

    lake = open_lake(settings)
    if wanted.strategy.startswith(ML):
        from qts_core.research.preparation import model_settings

        model_settings(settings, wanted.strategy.removeprefix(ML))  # an unknown name is refused before features
        ensure_features(settings, lake)
    return prepare(lake, settings, wanted.strategy, engine=wanted.engine, fill_mode=wanted.costs,
                   symbols=wanted.symbols, calendar=xnys())  # fmt: skip


def _bench(wanted: Asked) -> Bench:
    """Make the bench in a process of its own, from the same files."""
    from qts_core.adapters.settings_files import load_settings

    return _prepared(load_settings().settings, wanted)[0]


def _announce(bench: Bench, asked: WalkForwardSettings, costs: str) -> None:
    line = bench.timeline
    note(f"{bench.name}: {', '.join(bench.space.names)}; {bench.engine} backtest, {costs} costs, {line.describe()}")


def _progress(window: WindowResult, count: int) -> None:
    chosen = ", ".join(f"{k}={_short(v)}" for k, v in window.parameters.items())
    inside, outside = window.inside["objective"], window.outside["objective"]
    note(f"  {window.number} of {count}: {window.test[0]} to {window.test[1]}: {chosen}; {inside:.2f} -> {outside:.2f}")


def _tell(result: WalkForwardResult) -> None:
    names = list(result.windows[0].parameters)
    print_table(
        ("window", "train", "test", *names, "trials", "in sample", "out of sample", "return", "trades"),
        [
            (
                w.number, f"{w.train[0]} - {w.train[1]}", f"{w.test[0]} - {w.test[1]}",
                *(_short(w.parameters.get(name, "")) for name in names), w.trials, round(w.inside["objective"], 3),
                round(w.outside["objective"], 3), round(w.outside["total_return"], 4), int(w.outside["trades"]),
            )
            for w in result.windows
        ],
    )  # fmt: skip
    typer.echo("")
    print_table(("out of sample, stitched", "value"), [(k, float(v)) for k, v in result.figures.items() if v == v])
    typer.echo("")
    print_table(("parameter", "spread", "changes"), [(s.name, s.spread, s.changes) for s in result.stability])
    typer.echo("")
    print_table(("warning", "verdict", "found"), [(w.name[5:], w.verdict, w.sentence) for w in result.warnings])
    typer.echo("")
    print_table(("gate", "verdict", "reason"), [(g.name[5:], g.verdict, g.reason) for g in result.verdict.gates])
    typer.echo(f"\n{result.name}: {result.verdict.headline()}")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
