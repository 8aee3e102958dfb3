"""Windows in several processes give what one process gives, row for row of the ledger."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import pytest

from qts_core.cli.window_jobs import WindowJobs
from qts_core.market.errors import TrainingError
from qts_core.research.ledger import TrialLedger
from qts_core.research.walk_forward import Bench, WalkForwardSettings, run_walk_forward
from qts_core.training.folds.walk_forward import Windows
from tests.support.walk_forward import Steady, asked, market, retrained, retrained_walk, steady_bench, timeline
from tests.unit.qts_core.research.memory import MemoryTrials

FEW = WalkForwardSettings(windows=Windows(300, 0, 300, 300), unit="sessions", method="tpe", trials=6)
LEARNED = WalkForwardSettings(
    windows=Windows(36, 0, 12, 12), unit="sessions", method="random", trials=3, fewest_trades=1
)


def test_the_result_and_the_ledger_do_not_depend_on_the_number_of_processes() -> None:
    ledgers = [TrialLedger(MemoryTrials()) for _ in range(2)]
    one, two = (asked(Steady, market(timeline(), seed=2), FEW, ledger=ledger) for ledger in ledgers)
    alone = run_walk_forward(one)
    shared = run_walk_forward(replace(two, stepper=WindowJobs(steady_bench, 2)))
    assert alone.to_json() == shared.to_json()
    assert [row.to_json() for row in ledgers[0].trials()] == [row.to_json() for row in ledgers[1].trials()]
    assert len(alone.windows) == 3


def test_a_model_is_trained_in_the_process_of_its_window() -> None:
    one = retrained_walk(LEARNED, signal=1.0)
    two = replace(retrained_walk(LEARNED, signal=1.0), stepper=WindowJobs(partial(retrained, signal=1.0), 1))
    assert run_walk_forward(one).to_json() == run_walk_forward(two).to_json()


def killed() -> Bench:
    os._exit(9)


def test_a_process_that_is_ended_from_outside_is_told_in_one_line() -> None:
    given = asked(Steady, market(timeline(), seed=2), FEW)
    with pytest.raises(TrainingError, match="QTS-EXEC-067"):
        run_walk_forward(replace(given, stepper=WindowJobs(killed, 1)))
