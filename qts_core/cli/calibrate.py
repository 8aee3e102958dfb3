"""`qts calibrate`: how often the whole pipeline, gates included, passes markets with and without a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import ExitCode

if TYPE_CHECKING:
    from qts_core.research.calibration import Calibration

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, help="Rehearse the whole pipeline on markets whose truth is known."
)


@app.command()
def calibrate(
    signal: Annotated[float, typer.Option(min=0.0, max=10.0, help="Strength of the planted signal; 0 = noise.")] = 0.0,
    markets: Annotated[int, typer.Option(min=1, max=100_000, help="How many markets.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same markets and verdicts.")] = 0,
    symbols: Annotated[int, typer.Option(min=20, max=676, help="Symbols of each market.")] = 24,
    months: Annotated[int, typer.Option(min=15, max=240, help="Months of each market.")] = 24,
    trials: Annotated[
        int, typer.Option(min=1, max=100, help="Things tried on each market; the best goes before the gates.")
    ] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Markets at the same time.")] = 2,
    is_new: Annotated[bool, typer.Option("--new", help="Forget the markets that an earlier run left done.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run bars, features, training, backtest and gates on generated markets, and count how many pass.

    On noise at most the gates' nominal share may pass; on a planted signal the share that passes is the power. The
    markets are thrown away, and none of it enters your ledger; outcomes are kept, so that the same command goes on
    after an interruption, or with more markets.

    \b
    Examples:
      qts calibrate --signal 0 --markets 40
      qts calibrate --signal 1 --markets 20 --seed 3 --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.rehearsals import Interrupted, run_calibration
    from qts_core.research.calibration import CalibrationSettings

    settings = load_settings().settings
    rehearsal = CalibrationSettings(signal=signal, seed=seed, symbols=symbols, months=months, trials=trials)
    try:
        done = run_calibration(settings, rehearsal, markets, jobs=jobs, progress=note, is_new=is_new)
    except Interrupted as stopped:
        note(str(stopped))
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if json:
        print_json(done.as_dict())
    else:
        _show(done)


def _show(done: Calibration) -> None:
    print_table(
        ("market", "seed", "passed", "net Sharpe", "trades", "seconds", "refused by"),
        [
            (o.number, str(o.seed), o.passed, round(o.net_sharpe, 2), o.trades, round(o.seconds, 1),
             ", ".join(o.refused_by))
            for o in done.outcomes
        ],
    )  # fmt: skip
    typer.echo(f"\n{done.verdict()}")
