"""Markets of a calibration side by side, each in a process and a lake of its own that are gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool

from qts_core.adapters.settings_files import load_settings
from qts_core.cli.processes import deaf_children, spawned
from qts_core.cli.rehearsal_journal import RehearsalJournal
from qts_core.config.settings import Settings
from qts_core.market.calendar import xnys
from qts_core.market.errors import TrainingError
from qts_core.research.calibration import (
    Calibration,
    CalibrationSettings,
    MarketOutcome,
    MemoryLake,
    calibrate_market,
)

__all__ = ["Interrupted", "run_calibration"]

Progress = Callable[[str], None]


class Interrupted(Exception):
    """The user ended a calibration; says how many markets are kept."""


def run_calibration(
    settings: Settings,
    rehearsal: CalibrationSettings,
    markets: int,
    *,
    jobs: int = 1,
    progress: Progress = lambda _: None,
    is_new: bool = False,
) -> Calibration:
    """Rehearse `markets` markets, `jobs` at a time; the outcome does not depend on `jobs`.

    Parameters
    ----------
    settings : Settings
        Those that the processes load again from files and environment.
    rehearsal : CalibrationSettings
    markets, jobs : int
    progress : callable, optional
        Told of each market that is done.
    is_new : bool, default False
        Whether to forget the markets that an earlier run left done.

    Raises
    ------
    TrainingError
        QTS-MODEL-073 if a process was killed.
    Interrupted
        If the user pressed Ctrl-C; what is done is kept.
    """
    journal = RehearsalJournal.of(settings, rehearsal)
    if is_new:
        journal.forget()
    outcomes = journal.outcomes(markets)
    if outcomes:
        progress(f"  {len(outcomes)} of {markets} markets were done before")
    open_ones = [number for number in range(markets) if number not in outcomes]

    def take(done: MarketOutcome) -> None:
        journal.add(done)
        outcomes[done.number] = done
        progress(f"  {len(outcomes)} of {markets}: {_sentence(done)}")

    try:
        _run(rehearsal, open_ones, jobs, take)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped: {len(outcomes)} of {markets} markets are done and kept; "
                          "the same command goes on from there") from None  # fmt: skip
    except BrokenProcessPool as error:
        raise TrainingError(
            "QTS-MODEL-073", "a process of the calibration was ended from outside", where="qts calibrate",
            found=f"{len(outcomes)} of {markets} markets done", expected="about 2 GB of memory for each of --jobs",
            fix="run it again, with fewer --jobs or --symbols; what is done is kept",
        ) from error  # fmt: skip
    nominal = 1.0 - settings.backtest.gates.min_deflated_sharpe_probability
    return Calibration(rehearsal, nominal, tuple(outcomes[number] for number in sorted(outcomes)))


def _run(
    rehearsal: CalibrationSettings, numbers: Sequence[int], jobs: int, take: Callable[[MarketOutcome], None]
) -> None:
    """Rehearse the markets with these numbers; `take` gets each as soon as it is done."""
    if not numbers:
        return
    with spawned(min(jobs, len(numbers))) as pool:
        with deaf_children():
            waiting = [pool.submit(_rehearse, rehearsal, number) for number in numbers]
        for future in as_completed(waiting):
            take(future.result())


def _rehearse(rehearsal: CalibrationSettings, number: int) -> MarketOutcome:
    return calibrate_market(MemoryLake(), load_settings().settings, rehearsal, number, calendar=xnys())


def _sentence(done: MarketOutcome) -> str:
    verdict = "passed" if done.passed else f"refused by {', '.join(done.refused_by)}"
    return f"market {done.number} {verdict}; net Sharpe ratio {done.net_sharpe:.2f}, {done.seconds:.0f} s"
