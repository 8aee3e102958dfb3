"""Markets of a calibration side by side, each in a process and a folder of its own that are gone afterwards."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.market.calendar import xnys
from qts_core.market.errors import TrainingError
from qts_core.research.calibration import Calibration, CalibrationSettings, MarketOutcome, calibrate_market

__all__ = ["run_calibration"]


def run_calibration(
    settings: Settings,
    rehearsal: CalibrationSettings,
    markets: int,
    *,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda _: None,
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

    Raises
    ------
    TrainingError
        QTS-MODEL-073 if a process was killed.
    """
    outcomes: dict[int, MarketOutcome] = {}
    # Kernels and boosting share the cores among the processes instead of fighting for them.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, markets), mp_context=context) as pool:
        waiting = [pool.submit(_rehearse, rehearsal, number) for number in range(markets)]
        try:
            for future in as_completed(waiting):
                done = future.result()
                outcomes[done.number] = done
                progress(f"  {len(outcomes)} of {markets}: {_sentence(done)}")
        except BrokenProcessPool as error:
            raise TrainingError(
                "QTS-MODEL-073", "a process of the calibration was ended from outside", where="qts calibrate",
                found=f"{len(outcomes)} of {markets} markets done", expected="about 2 GB of memory for each of --jobs",
                fix="run it again with fewer --jobs or --symbols",
            ) from error  # fmt: skip
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    nominal = 1.0 - settings.backtest.gates.min_deflated_sharpe_probability
    return Calibration(rehearsal, nominal, tuple(outcomes[number] for number in sorted(outcomes)))


def _rehearse(rehearsal: CalibrationSettings, number: int) -> MarketOutcome:
    settings = load_settings().settings
    with tempfile.TemporaryDirectory(prefix="qts-calibration-") as folder:
        return calibrate_market(Lake(folder), settings, rehearsal, number, calendar=xnys())


def _sentence(done: MarketOutcome) -> str:
    verdict = "passed" if done.passed else f"refused by {', '.join(done.refused_by)}"
    return f"market {done.number} {verdict}; net Sharpe ratio {done.net_sharpe:.2f}, {done.seconds:.0f} s"
