"""Composition of a search: lake, studies, ledger, helpers in processes of their own, and a clean end (7.3)."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from qts_core.adapters.code_version import code_version
from qts_core.adapters.db import open_database
from qts_core.adapters.db.studies import StudyStore, open_studies
from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.search_runs import MlflowSearchRuns
from qts_core.adapters.workers import LockedWorkers
from qts_core.cli.compose import open_lake
from qts_core.cli.fresh_features import ensure_features
from qts_core.cli.output import note
from qts_core.config.search import SearchSettings
from qts_core.config.settings import Settings
from qts_core.market.calendar import xnys
from qts_core.market.errors import InvalidConfigError, TrainingError
from qts_core.ports.studies import Study
from qts_core.research.ledger import TrialLedger
from qts_core.research.preparation import model_settings, prepare_training
from qts_core.research.search.preparing import SearchPlan, Window, plan_search
from qts_core.research.search.result import SearchResult, save_search
from qts_core.research.search.search import Searching, search_windows, work_windows
from qts_core.research.search.watching import RunsWatcher, SearchWatcher, Watchers, WordsWatcher

__all__ = ["chosen_search", "run_search", "search_of"]

HELPER_SECONDS = 600
"""Longest wait for a helper's last fold after the end of a search."""


def run_search(
    settings: Settings, key: str, *, trials: int | None = None, method: str | None = None, may_resume: bool = False,
    jobs: int = 1, is_helper: bool = False,
) -> SearchResult | None:  # fmt: skip
    """Search the model `key` with the search section of models.yaml, and leave the result in the lake.

    Returns
    -------
    SearchResult or None
        None for a helper, and where the search was stopped.
    """
    chosen = chosen_search(settings, key, trials=trials, method=method)
    if not is_helper:
        ensure_features(settings, open_lake(settings))
    with stopping(chosen.timeout_minutes) as stop:
        watcher = WordsWatcher(note)
        extra = [] if is_helper else [mlflow_watcher(settings, key)]
        with search_of(settings, key, chosen, stop=stop, watcher=Watchers((watcher, *extra))) as (searching, identity):
            if is_helper:
                work_windows(searching)
                return None
            if not may_resume:
                refuse_second(searching)
            with helpers(key, jobs - 1, trials=trials, method=method) as wait:
                result = search_windows(searching, identity)
                wait(stop())
        if result is not None:
            save_search(open_lake(settings), result)
    return result


def chosen_search(
    settings: Settings, key: str, *, trials: int | None = None, method: str | None = None
) -> SearchSettings:
    """Return the search section of a model, with what the command line says instead.

    Raises
    ------
    InvalidConfigError
        If there is no such model or method.
    """
    section = model_settings(settings, key).search or SearchSettings()
    given = {name: value for name, value in (("trials", trials), ("method", method)) if value is not None}
    try:
        return SearchSettings.model_validate({**section.model_dump(), **given})
    except ValueError as error:
        raise InvalidConfigError(
            "QTS-CLI-001", "the search cannot be run so", where="--method", found=str(method),
            expected="tpe, gp_ei, gp_ucb, random, grid, hyperband or genetic",
        ) from error  # fmt: skip


@contextmanager
def search_of(
    settings: Settings, key: str, chosen: SearchSettings, *, stop: Callable[[], bool], watcher: SearchWatcher
) -> Iterator[tuple[Searching, str]]:
    """Open everything that a search of `key` needs; gives the search and the identity of the training."""
    # What an earlier search found must not move the ground that this one stands on.
    models = settings.models
    bare = models.models[key].model_copy(update={"hyperparameters_from": None, "window_hyperparameters": ()})
    plain = settings.model_copy(update={"models": models.model_copy(update={"models": {**models.models, key: bare}})})
    prepared = prepare_training(open_lake(plain), plain, key, calendar=xnys())
    plan = plan_search(plain, prepared, chosen)
    folder = settings.lake_dir.parent / "searches"
    with (
        open_database(settings.database.url) as database,
        open_studies(settings.database.url) as store,
        LockedWorkers(folder) as workers,
    ):
        yield Searching(
            plan=plan, open_study=lambda window: opened(store, plan, window, workers.mine),
            ledger=TrialLedger(database.trials), workers=workers,
            now=lambda: datetime.now(UTC),  # noqa: TID251 - a composition root may ask the wall clock
            stop=stop, watcher=watcher,
        ), prepared.identity  # fmt: skip


def opened(store: StudyStore, plan: SearchPlan, window: Window, worker: str) -> Study:
    """Open the study of a window."""
    from qts_core.adapters.optuna_studies.samplers import SamplerSettings
    from qts_core.adapters.optuna_studies.study import open_study

    chosen = plan.settings
    sampler = SamplerSettings(
        chosen.method, chosen.seed, chosen.start_trials, chosen.grid_levels, chosen.population, chosen.inner_folds
    )
    return open_study(window.study, store.journal(window.study), plan.space, sampler, worker=worker)


def refuse_second(searching: Searching) -> None:
    """Raise TrainingError where the study was begun before and nobody said to go on with it."""
    window = searching.plan.windows[0]
    count = len(searching.open_study(window).trials())
    if count:
        raise TrainingError(
            "QTS-MODEL-048", "a study of the same choices is there already", where=window.study,
            found=f"{count} trials", expected="a new study", fix="go on with --resume, or change search.seed",
        )  # fmt: skip


@contextmanager
def stopping(timeout_minutes: float | None) -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and the time limit ask for an end instead of breaking off."""
    asked: list[int] = []
    limit = None if timeout_minutes is None else time.monotonic() + 60.0 * timeout_minutes

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        note("stopping after the running fold; once more breaks off")

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield lambda: bool(asked) or (limit is not None and time.monotonic() > limit)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def helpers(key: str, count: int, *, trials: int | None, method: str | None) -> Iterator[Callable[[bool], None]]:
    """Start processes that share the studies; gives what waits for them, and leaves none behind."""
    options = [*(["--trials", str(trials)] if trials else []), *(["--method", method] if method else [])]
    command = [sys.executable, "-m", "qts_core.cli.main", "models", "search", key, "--resume", "--helper", *options]
    started = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]  # noqa: S603 our own command

    def wait(is_stopped: bool) -> None:
        for process in started:
            if is_stopped:
                process.send_signal(signal.SIGINT)
            if process.wait(HELPER_SECONDS) not in (0, None) and not is_stopped:
                note(f"QTS-MODEL-049 a helper ended with exit code {process.returncode}; its trials were tried again")

    try:
        yield wait
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()


def mlflow_watcher(settings: Settings, key: str) -> SearchWatcher:
    """Return what logs a search to MLflow: a run for each window, a child run for each trial."""
    connection = MlflowConnection(settings.mlflow.tracking_uri, artifact_root=settings.mlflow.artifact_root)
    return RunsWatcher(MlflowSearchRuns(connection, key), {"git_commit": code_version()}, note)
