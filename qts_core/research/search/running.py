"""Run a study: ask, try fold by fold, record, tell; by one process or several, each of which may end (7.3; C-33).

A trial's outcome is stored with the study first, then in the ledger, then the trial is ended. Whoever comes after a
process that ended in between finds how far it came: an outcome without its row gets the row, a trial without an outcome
becomes a failed one in the ledger and its parameters are tried again. So no trial is lost and none counts twice.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from qts_core.market.errors import TradingSystemError
from qts_core.models.base import Parameter
from qts_core.ports.studies import OUTCOME, SURPLUS, WORKER, AskedTrial, StoredTrial, Study, TrialState, Workers
from qts_core.research.ledger import TrialKind, TrialLedger
from qts_core.research.search.outcome import Progress, TrialOutcome, lost_trial
from qts_core.training.search.evaluation import Bench, FoldTrial, evidence_of
from qts_core.training.search.objective import Evidence, Judgement, Objective, judge
from qts_core.training.search.settled import settled_parameters

__all__ = ["ROLE", "Stop", "StudyRun", "outcomes_of"]

ROLE = "role"
"""Note on an enqueued trial: what it is for, when it is not for the search itself."""

STOPPED = "stopped by the person at the screen"
FAILURE_LENGTH = 300
POLL_SECONDS = 0.2
SETTLE_SECONDS = 600

Stop = Callable[[], bool]
"""Whether the person at the screen, or the clock, wants an end."""


class Stopped(Exception):
    """The study is to end between two folds of a trial."""


@dataclass(frozen=True, slots=True, eq=False)
class StudyRun:
    """One process at work on one study.

    Attributes
    ----------
    model : str
        Key in models.yaml.
    study : Study
    bench : Bench
    objective : Objective
    ledger : TrialLedger
    workers : Workers
    now : callable
        Returns aware UTC.
    stop : callable
        Asked between folds.
    progress : callable, optional
        Told after each trial.
    """

    model: str
    study: Study
    bench: Bench
    objective: Objective
    ledger: TrialLedger
    workers: Workers
    now: Callable[[], datetime]
    stop: Stop
    progress: Callable[[Progress], None] | None = None

    def work(self, wanted: int) -> None:
        """Try until `wanted` trials of the search are there and none waits, or until told to stop."""
        self.recover()
        while not self.stop():
            counted = sum(1 for trial in self.study.trials() if counts(trial))
            if counted >= wanted and not self.study.waiting:
                return
            asked = self.study.ask()
            if self._is_surplus(asked.number, wanted):
                self.study.note(asked.number, SURPLUS, value=True)
                self.study.tell(asked.number, TrialState.FAILED)
                continue
            self._end(self._tried(asked, self._role(asked.number)), wanted)

    def settle(self, wanted: int) -> None:
        """Wait for what other processes still try, and try again what they did not finish."""
        limit = time.monotonic() + SETTLE_SECONDS
        while not self.stop() and time.monotonic() < limit and self._others_at_work():
            time.sleep(POLL_SECONDS)
        self.work(wanted)

    def _others_at_work(self) -> bool:
        return any(
            trial.state is TrialState.RUNNING and not self.workers.has_ended(str(trial.notes.get(WORKER, "")))
            for trial in self.study.trials()
        )

    def recover(self) -> None:
        """End the trials of processes that are gone, and have those tried again that gave nothing."""
        for trial in self.study.trials():
            worker = str(trial.notes.get(WORKER, ""))
            if trial.state is not TrialState.RUNNING or not self.workers.has_ended(worker):
                continue
            role = str(trial.notes.get(ROLE, "search"))
            if OUTCOME in trial.notes:
                outcome = TrialOutcome.from_note(trial.notes[OUTCOME])
                if not self._is_recorded(trial.number):
                    self.ledger.record(outcome.ledger_row(self.model, self.study.name), now=self.now())
                self.study.tell(trial.number, outcome.state, outcome.value)
                continue
            is_whole = self.is_whole(trial)
            if is_whole and not self._is_recorded(trial.number):
                lost = lost_trial(trial.number, trial.parameters, role)
                self.ledger.record(lost.ledger_row(self.model, self.study.name), now=self.now())
            self.study.tell(trial.number, TrialState.FAILED)
            if is_whole:
                self.study.enqueue(trial.parameters, {ROLE: role} if role != "search" else {})

    def is_whole(self, trial: StoredTrial) -> bool:
        """Whether all parameters of `trial` were proposed before its process ended."""
        return self.bench.space.contains(trial.parameters)

    def _tried(self, asked: AskedTrial, role: str) -> TrialOutcome:
        started = time.perf_counter()
        parts: list[FoldTrial] = []
        state, failure = TrialState.FINISHED, ""
        evidence: Evidence | None = None
        judgement: Judgement | None = None
        folds = self.bench.plan.folds
        parameters = self._parameters(asked)
        try:
            for step, fold in enumerate(folds, start=1):
                if self.stop():
                    raise Stopped
                parts.append(self.bench.trial(parameters, fold))
                evidence = evidence_of(tuple(parts))
                judgement = judge(evidence, self.objective)
                # a neighbour is tried to the end: it is there to be compared
                if role == "search" and asked.report(step, judgement.value) and step < len(folds):
                    state, failure = TrialState.PRUNED, f"pruned after {step} of {len(folds)} inner folds"
                    break
        except Stopped:
            state, failure = TrialState.FAILED, STOPPED
        except TradingSystemError as error:
            state, failure = TrialState.FAILED, error.line()
        except Exception as error:  # noqa: BLE001 a library may raise anything: the trial fails, the study goes on
            state, failure = TrialState.FAILED, f"{type(error).__name__}: {error}"[:FAILURE_LENGTH]
        if state is TrialState.FINISHED and not (judgement and math.isfinite(judgement.value)):
            state, failure = TrialState.FAILED, "the objective is undefined"
        return TrialOutcome.of(
            asked.number, asked.parameters, state, failure=failure, seconds=time.perf_counter() - started, role=role,
            evidence=evidence, judgement=judgement,
        )  # fmt: skip

    def _parameters(self, asked: AskedTrial) -> dict[str, Parameter]:
        entry = self.bench.entry
        return settled_parameters(entry.kind, entry.model_type, entry.parameters, asked.parameters, self.bench.space)

    def _end(self, outcome: TrialOutcome, wanted: int) -> None:
        number = outcome.number
        if outcome.failure != STOPPED:
            self.study.note(number, OUTCOME, outcome.to_note())
        self.ledger.record(outcome.ledger_row(self.model, self.study.name), now=self.now())
        self.study.tell(number, outcome.state, outcome.value)
        if outcome.failure == STOPPED:
            notes = {ROLE: outcome.role} if outcome.role != "search" else {}
            self.study.enqueue(outcome.parameters, notes)
        if self.progress is not None:
            trials = self.study.trials()
            values = [t.value for t in trials if t.value is not None]
            done = sum(1 for t in trials if counts(t) and t.state is not TrialState.RUNNING)
            best = max(values, default=math.nan)
            self.progress(Progress(done, max(wanted, done), outcome, best, self.study.name))

    def _is_surplus(self, number: int, wanted: int) -> bool:
        """Whether two processes asked at once and this trial is the one too many; numbers decide, so both agree."""
        trials = self.study.trials()
        mine = next(t for t in trials if t.number == number)
        earlier = sum(1 for t in trials if counts(t) and t.number < number)
        return counts(mine) and earlier >= wanted

    def _role(self, number: int) -> str:
        mine = next(t for t in self.study.trials() if t.number == number)
        return str(mine.notes.get(ROLE, "search"))

    def _is_recorded(self, number: int) -> bool:
        rows = (t for t in self.ledger.trials() if t.kind is TrialKind.SEARCH and t.study == self.study.name)
        return any(row.detail.get("number") == str(number) for row in rows)


def counts(trial: StoredTrial) -> bool:
    """Whether `trial` is one of those wanted: not a neighbour, not one whose process ended, not one too many."""
    if ROLE in trial.notes or SURPLUS in trial.notes:
        return False
    return trial.state is not TrialState.FAILED or OUTCOME in trial.notes


def outcomes_of(study: Study) -> tuple[TrialOutcome, ...]:
    """Return what every trial of `study` gave that has ended, by number."""
    notes = (trial.notes.get(OUTCOME) for trial in study.trials() if trial.state is not TrialState.RUNNING)
    return tuple(TrialOutcome.from_note(note) for note in notes if note is not None)
