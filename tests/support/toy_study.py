"""A study whose trials cost nothing, run by a process of its own: it may be killed, and others may help it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np

from qts_core.adapters.db import open_database
from qts_core.adapters.db.studies import open_studies
from qts_core.adapters.optuna_studies.samplers import SamplerSettings
from qts_core.adapters.optuna_studies.study import OptunaStudy, open_study
from qts_core.adapters.workers import LockedWorkers
from qts_core.models.base import ModelType, Parameter
from qts_core.research.ledger import TrialLedger
from qts_core.research.search.running import StudyRun
from qts_core.targets import parse_target
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import Fold
from qts_core.training.search.evaluation import Bench, FoldTrial
from qts_core.training.search.objective import OBJECTIVES, FoldEvidence, Objective
from qts_core.training.search.space import Number, Space
from qts_core.training.search.trading import NetReturns

__all__ = ["SPACE", "STUDY", "ToyBench", "help_with", "main", "run_of"]

STUDY = "toy-study"
SPACE = Space((Number("num_leaves", 2, 7, is_integer=True), Number("learning_rate", 0.01, 1.0, is_log=True)))
SESSIONS = 20


@dataclass(frozen=True)
class ToyPlan:
    """Nothing but a number of folds."""

    folds: tuple[int, ...]


class ToyBench:
    """Gives more to a rate near 0.1; does what it is told before each fold.

    Parameters
    ----------
    before : callable
        Told the number of folds tried so far.
    """

    def __init__(self, *, folds: int = 2, before: Callable[[int], None] = lambda _: None, space: Space = SPACE) -> None:
        self.space = space
        self.plan = ToyPlan(tuple(range(folds)))
        self.entry = TrainingEntry("toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"))
        self.tried = 0
        self._before = before

    def trial(self, parameters: dict[str, Parameter], fold: Fold) -> FoldTrial:
        """Return returns whose mean says how good the rate is, the same whenever they are asked for."""
        self._before(self.tried)
        self.tried += 1
        index = int(cast(int, fold))
        rate = float(cast(float, parameters["learning_rate"]))
        rng = np.random.default_rng([index, int(rate * 1e6)])
        values = 0.001 * rng.standard_normal(SESSIONS) - 0.001 * abs(np.log10(rate) + 1.0)
        days = np.arange(SESSIONS, dtype=np.int32) + 20_000 + index * SESSIONS
        net = NetReturns(days, values, np.ones(SESSIONS), 5)
        return FoldTrial(FoldEvidence(net, net, 0.0, 0.0), 0.0)


def run_of(
    study: OptunaStudy, ledger: TrialLedger, workers: LockedWorkers, bench: ToyBench,
    stop: Callable[[], bool] = lambda: False,
) -> StudyRun:  # fmt: skip
    """Return a process at work on `study`."""
    return StudyRun(
        "toy", study, cast(Bench, bench), Objective("sharpe", OBJECTIVES["sharpe"], 1.0, 0.0), ledger, workers,
        lambda: datetime.now(UTC), stop,
    )  # fmt: skip


def help_with(url: str, folder: Path, method: str, wanted: int, bench: ToyBench, *, levels: int = 3) -> None:
    """Work on the study in the database at `url` until it has `wanted` trials."""
    settings = SamplerSettings(method, start_trials=4, grid_levels=levels, population=6, folds=len(bench.plan.folds))
    with open_database(url) as database, open_studies(url) as store, LockedWorkers(folder) as workers:
        study = open_study(STUDY, store.journal(STUDY), bench.space, settings, worker=workers.mine)
        run = run_of(study, TrialLedger(database.trials), workers, bench)
        run.work(wanted)
        run.settle(wanted)


def meet(folder: Path, together: int) -> None:
    """Wait until as many processes are here, so that none does everything before the others have begun."""
    folder.mkdir(exist_ok=True)
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < together:
        time.sleep(0.01)


def main() -> None:
    """Help with a study.

    Arguments: URL, folder, method, wanted trials, seconds a fold, after how many folds to die, how many begin together.
    """
    url, folder, method, wanted, seconds, dies_after, together = sys.argv[1:]

    def before(tried: int) -> None:
        if tried == 0:
            meet(Path(folder).with_name("begun"), int(together))
        time.sleep(float(seconds))
        if tried == int(dies_after):
            os.kill(os.getpid(), 9)

    help_with(url, Path(folder), method, int(wanted), ToyBench(before=before))


if __name__ == "__main__":
    main()
