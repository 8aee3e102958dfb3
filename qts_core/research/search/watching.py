"""Who is told how a search goes: the person at the screen, Dagster, MLflow (specification 7.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from qts_core.research.search.outcome import Progress, TrialOutcome
from qts_core.research.search.preparing import Window
from qts_core.research.search.summary import StudySummary

__all__ = ["RunsWatcher", "SearchRuns", "SearchWatcher", "Watchers", "WordsWatcher"]


class SearchWatcher(Protocol):
    """Told how a search goes; every method may do nothing."""

    def begun(self, window: Window, wanted: int) -> None:
        """Take up a window."""
        ...

    def tried(self, window: Window, progress: Progress) -> None:
        """Note a trial."""
        ...

    def done(self, window: Window, summary: StudySummary, outcomes: tuple[TrialOutcome, ...]) -> None:
        """Note what a window gave."""
        ...


@dataclass(frozen=True, slots=True)
class Watchers:
    """Several watchers as one."""

    all: tuple[SearchWatcher, ...]

    def begun(self, window: Window, wanted: int) -> None:
        """Tell each of them."""
        for watcher in self.all:
            watcher.begun(window, wanted)

    def tried(self, window: Window, progress: Progress) -> None:
        """Tell each of them."""
        for watcher in self.all:
            watcher.tried(window, progress)

    def done(self, window: Window, summary: StudySummary, outcomes: tuple[TrialOutcome, ...]) -> None:
        """Tell each of them."""
        for watcher in self.all:
            watcher.done(window, summary, outcomes)


@dataclass(frozen=True, slots=True)
class WordsWatcher:
    """One line a trial."""

    say: Callable[[str], None]

    def begun(self, window: Window, wanted: int) -> None:
        """Say which study begins."""
        self.say(f"{window.label}: {wanted} trials, study {window.study}")

    def tried(self, window: Window, progress: Progress) -> None:
        """Say what the trial gave and what the best is."""
        outcome = progress.outcome
        value = "" if outcome.value is None or not math.isfinite(outcome.value) else f" {outcome.value:.3f}"
        best = "" if not math.isfinite(progress.best) else f", best {progress.best:.3f}"
        word = outcome.failure or outcome.role
        self.say(
            f"  {window.label} trial {outcome.number} ({progress.done}/{progress.wanted}){value} "
            f"in {outcome.seconds:.1f} s [{word}]{best}"
        )

    def done(self, window: Window, summary: StudySummary, outcomes: tuple[TrialOutcome, ...]) -> None:
        """Say how much was tried."""
        self.say(
            f"{window.label}: {summary.trials} trials ({summary.pruned} pruned, {summary.failed} failed) "
            f"count as {summary.effective:.1f} independent ones"
        )


class SearchRuns(Protocol):
    """Keeps searches so that people can compare their trials."""

    def log(
        self, study: str, label: str, *, tags: Mapping[str, str], metrics: Mapping[str, float],
        parameters: Mapping[str, object], trials: tuple[TrialOutcome, ...],
    ) -> str:  # fmt: skip
        """Write a window's search, and return where."""
        ...


@dataclass(frozen=True, slots=True)
class RunsWatcher:
    """Writes each window into a tracker when it is done: a trial must not wait for a server.

    A tracker that cannot be reached costs nobody a search: the study has everything.
    """

    runs: SearchRuns
    tags: Mapping[str, str]
    say: Callable[[str], None]

    def begun(self, window: Window, wanted: int) -> None:
        """Nothing."""

    def tried(self, window: Window, progress: Progress) -> None:
        """Nothing."""

    def done(self, window: Window, summary: StudySummary, outcomes: tuple[TrialOutcome, ...]) -> None:
        """Write the window and its trials."""
        metrics = {
            "search.trials": float(summary.trials),
            "search.pruned": float(summary.pruned),
            "search.failed": float(summary.failed),
            "search.effective_trials": summary.effective,
            "search.overfitting_probability": summary.overfitting,
            "search.sharpe": summary.sharpe,
            "search.deflated": summary.deflated,
            "search.seconds": summary.seconds,
        }
        try:
            self.runs.log(
                summary.study, window.label, tags=self.tags, metrics=metrics, parameters=summary.best, trials=outcomes
            )
        except Exception as error:  # noqa: BLE001 a tracker may raise anything; the study has what it would show
            self.say(f"{window.label}: not written to the tracker ({type(error).__name__}: {str(error)[:200]})")
