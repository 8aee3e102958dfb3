"""`qts models search` on a small market: what it prints, keeps and counts; how it is stopped, resumed and shared."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from qts_core.adapters.db import open_database
from qts_core.adapters.lake import Lake
from qts_core.adapters.mlflow_registry.search_runs import MlflowSearchRuns, TrialRun
from qts_core.cli.errors import run_command
from qts_core.cli.models import app
from qts_core.research.ledger import Trial, TrialKind, TrialLedger
from qts_core.research.search.outcome import Progress
from qts_core.research.search.preparing import Window
from qts_core.research.search.result import load_search
from qts_core.research.search.watching import WordsWatcher
from tests.support.search_home import MODEL, make_search_home, write_models

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("search") / "home"
    make_search_home(made)
    return made


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[TrialRun, ...]]]:
    """What would have been written to MLflow; making its tables takes nine seconds."""
    seen: list[tuple[str, tuple[TrialRun, ...]]] = []

    def log(self: MlflowSearchRuns, study: str, label: str, *, trials: tuple[TrialRun, ...], **_: object) -> str:
        seen.append((label, trials))
        return "run"

    monkeypatch.setattr(MlflowSearchRuns, "log", log)
    return seen


@pytest.fixture
def qts(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("QTS_HOME", str(home))
    monkeypatch.setenv("QTS_CONFIG_DIR", str(home / "config"))

    def run(*words: str, **search: object) -> tuple[int, str, str]:
        write_models(home / "config", **search)
        monkeypatch.setattr("sys.argv", ["qts models", "search", *words])
        capsys.readouterr()
        code = run_command(app, "qts models")
        out, err = capsys.readouterr()
        return int(code), out, err

    return run


def rows_of(home: Path, study: str) -> list[Trial]:
    with open_database(f"sqlite:///{home / 'qts.db'}") as database:
        return [t for t in TrialLedger(database.trials).trials() if t.kind is TrialKind.SEARCH and t.study == study]


@pytest.mark.parametrize("method", ["tpe", "gp_ei", "gp_ucb", "random", "grid", "hyperband", "genetic"])
def test_every_method_proposes_and_every_trial_is_in_the_ledger(
    qts: Run, home: Path, logged: list[tuple[str, tuple[TrialRun, ...]]], method: str
) -> None:
    code, out, err = qts(MODEL, "--method", method, "--json", seed=20, trials=2)
    found = json.loads(out)
    (window,) = found["windows"]
    assert (code, found["method"], window["label"]) == (0, method, "fold 1")
    model = yaml.safe_load(found["proposal"])["models"][MODEL]
    assert model["hyperparameters"] == window["hyperparameters"]
    assert load_search(Lake(home / "lake"), MODEL).method == method
    rows = rows_of(home, window["summary"]["study"])
    assert len(rows) == window["summary"]["trials"] >= 2
    assert [row.detail["number"] for row in rows] == [str(number) for number in range(len(rows))]
    assert all(row.returns is not None or row.failure for row in rows)
    assert err.count(" trial ") == len(rows), "one line of progress each"
    assert [(label, len(trials)) for label, trials in logged] == [("fold 1", len(rows))]


@pytest.mark.usefixtures("logged")
def test_a_window_for_each_fold_and_one_for_the_model_that_goes_live(qts: Run) -> None:
    code, out, _ = qts(MODEL, "--method", "random", per_fold=True, neighbours=0, trials=2)
    assert code == 0
    lines = {line.split("  ")[0] for line in out.splitlines()}
    assert {"fold 1", "fold 2", "final"} <= lines
    assert "rows that no search looked at" in out
    assert out.count("window_hyperparameters") == 1


@pytest.mark.usefixtures("logged")
def test_one_search_says_up_to_when_it_looked(qts: Run) -> None:
    _, out, _ = qts(MODEL, "--method", "random", neighbours=0, trials=2)
    # 47 sessions from 2024-01-02; one is held out and two folds of 8 are tested before it, so that the first fold
    # trains on the 7th to the 30th: January had 21, and the 9th of February's was the 13th
    assert "# by bars up to 2024-02-13, the training rows of the first fold" in out, out


def test_ctrl_c_ends_after_the_running_fold_and_resume_goes_on_to_the_same_end(
    qts: Run, home: Path, monkeypatch: pytest.MonkeyPatch, logged: list[tuple[str, tuple[TrialRun, ...]]]
) -> None:
    whole = json.loads(qts(MODEL, "--method", "tpe", "--json", seed=1)[1])["windows"][0]
    told = WordsWatcher.tried

    def pressed(self: WordsWatcher, window: Window, progress: Progress) -> None:
        told(self, window, progress)
        if progress.outcome.number == 0:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(WordsWatcher, "tried", pressed)
        code, _, err = qts(MODEL, "--method", "tpe", seed=2)
    assert code == 130
    assert "stopping after the running fold" in err
    assert f"`qts models search {MODEL} --resume` goes on" in err
    refused = qts(MODEL, "--method", "tpe", seed=2)
    assert refused[0] == 2
    assert "QTS-MODEL-048" in refused[2]
    code, out, _ = qts(MODEL, "--method", "tpe", "--resume", "--json", seed=2)
    window = json.loads(out)["windows"][0]
    assert code == 0
    assert window["summary"]["trials"] == whole["summary"]["trials"]
    rows = rows_of(home, window["summary"]["study"])
    assert [row.detail["number"] for row in rows] == [str(number) for number in range(len(rows))]
    assert not any(row.failure for row in rows), "nothing was running when it was stopped"
    assert logged[-1][0] == "fold 1"


@pytest.mark.usefixtures("logged")
def test_two_processes_share_one_study_and_the_number_of_trials_is_exact(qts: Run, home: Path) -> None:
    code, out, err = qts(MODEL, "--method", "random", "--jobs", "2", "--json", seed=3, trials=6, neighbours=0)
    study = json.loads(out)["windows"][0]["summary"]["study"]
    rows = rows_of(home, study)
    assert code == 0
    assert sorted(int(row.detail["number"]) for row in rows) == list(range(6))
    assert "QTS-MODEL-049" not in err


@pytest.mark.usefixtures("logged")
def test_what_cannot_be_searched_is_refused_in_one_line(qts: Run) -> None:
    assert qts("nobody")[0] == 2
    code, _, err = qts(MODEL, "--method", "guess")
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert "QTS-CLI-001" in err
    code, _, err = qts(MODEL, objective="nowhere:figure")
    assert code == 2
    assert "QTS-MODEL-045" in err
