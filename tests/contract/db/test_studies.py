"""Parameter searches share the database: no entry, no trial and no row is lost or doubled, whoever ends when."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from qts_core.adapters.db import open_database
from qts_core.adapters.db.studies import open_studies
from qts_core.adapters.optuna_studies.samplers import SamplerSettings
from qts_core.adapters.optuna_studies.study import open_study
from qts_core.ports.studies import OUTCOME, StoredTrial, TrialState
from qts_core.research.ledger import Trial, TrialLedger
from qts_core.research.search.outcome import NOT_FINISHED
from tests.support.toy_study import SPACE, STUDY, ToyBench, help_with

KILLED = -9


def helper(
    url: str, folder: Path, method: str, wanted: int, *, dies_after: int = -1, together: int = 1
) -> subprocess.Popen[bytes]:
    arguments = [url, str(folder), method, str(wanted), "0.01", str(dies_after), str(together)]
    return subprocess.Popen([sys.executable, "-m", "tests.support.toy_study", *arguments])


def trials_at(url: str) -> tuple[StoredTrial, ...]:
    with open_studies(url) as store:
        study = open_study(STUDY, store.journal(STUDY), SPACE, SamplerSettings("random"), worker="reader")
        return study.trials()


def rows_of(url: str) -> tuple[Trial, ...]:
    with open_database(url) as database:
        ledger = TrialLedger(database.trials)
        assert ledger.verify().is_intact
        return ledger.trials()


def test_entries_come_back_in_order_and_studies_keep_apart(url: str) -> None:
    with open_studies(url) as store:
        one, other = store.journal("one"), store.journal("other")
        one.append(["a", "b"])
        other.append(["x"])
        one.append(["c"])
        assert list(one.read(0)) == ["a", "b", "c"]
        assert list(one.read(2)) == ["c"]
        assert list(other.read(0)) == ["x"]
        assert store.names() == ("one", "other")


def test_two_processes_share_a_study_and_make_exactly_the_wanted_trials(url: str, tmp_path: Path) -> None:
    processes = [helper(url, tmp_path / "workers", "tpe", 12, together=2) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    trials = trials_at(url)
    done = [t for t in trials if t.state is TrialState.FINISHED]
    assert len(done) == 12
    assert len({str(t.notes["worker"]) for t in done}) == 2, "one of the two did everything"
    rows = rows_of(url)
    assert Counter(row.detail["number"] for row in rows) == Counter(str(t.number) for t in done)
    assert all(row.returns is not None and row.study == STUDY for row in rows)


def test_two_processes_cover_a_grid_exactly(url: str, tmp_path: Path) -> None:
    grid = SPACE.grid(3)
    process = helper(url, tmp_path / "workers", "grid", len(grid))
    help_with(url, tmp_path / "workers", "grid", len(grid), ToyBench())
    assert process.wait(120) == 0
    tried = [tuple(sorted(t.parameters.items())) for t in trials_at(url) if OUTCOME in t.notes]
    assert sorted(tried) == sorted(tuple(sorted(point.items())) for point in grid)


@pytest.mark.parametrize("dies_after", [0, 3, 6])
def test_a_killed_process_loses_nothing_and_doubles_nothing(url: str, tmp_path: Path, dies_after: int) -> None:
    killed = helper(url, tmp_path / "workers", "random", 6, dies_after=dies_after)
    assert killed.wait(120) == KILLED
    help_with(url, tmp_path / "workers", "random", 6, ToyBench())
    trials, rows = trials_at(url), rows_of(url)
    done = [t for t in trials if t.state is TrialState.FINISHED]
    assert len(done) == 6
    assert not [t for t in trials if t.state is TrialState.RUNNING]
    assert max(Counter(row.detail["number"] for row in rows).values()) == 1
    lost = [row for row in rows if row.failure == NOT_FINISHED]
    assert len(lost) == 1, "the trial that ran when the process died was tried too"
    assert len({row.identity for row in rows}) == 6, "tried again it is the same trial"
    assert {row.identity for row in lost} <= {row.identity for row in rows if not row.failure}
