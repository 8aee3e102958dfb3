"""A study of Optuna behind our port: ask, report, tell, and find again (specification 7.3)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from qts_core.adapters.optuna_studies.journal import JournalBackend
from qts_core.adapters.optuna_studies.samplers import SamplerSettings, pruner_of, sampler_of
from qts_core.ports.studies import StoredTrial, StudyJournal, TrialState, Value
from qts_core.training.search.space import Choice, Dimension, Space, is_active

__all__ = ["OptunaStudy", "open_study"]

STATES = {
    OptunaState.RUNNING: TrialState.RUNNING,
    OptunaState.COMPLETE: TrialState.FINISHED,
    OptunaState.PRUNED: TrialState.PRUNED,
    OptunaState.FAIL: TrialState.FAILED,
}
OPTUNA_STATES = {ours: theirs for theirs, ours in STATES.items()}


def open_study(
    name: str, journal: StudyJournal, space: Space, settings: SamplerSettings, *, worker: str
) -> OptunaStudy:
    """Open the study `name`, or begin it.

    Parameters
    ----------
    journal : StudyJournal
        Of this study; several processes may open it at once.
    worker : str
        Who asks; every trial is signed with it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with quiet():
        study = optuna.create_study(
            storage=JournalStorage(JournalBackend(journal)), study_name=name, direction="maximize",
            sampler=sampler_of(settings, space, worker), pruner=pruner_of(settings), load_if_exists=True,
        )  # fmt: skip
    return OptunaStudy(study, space)


class OptunaTrial:
    """A trial that this process was given; implements `ports.studies.AskedTrial`."""

    def __init__(self, trial: optuna.Trial, parameters: Mapping[str, Value]) -> None:
        self._trial = trial
        self.parameters = parameters

    @property
    def number(self) -> int:
        """Its number."""
        return self._trial.number

    def report(self, step: int, value: float) -> bool:
        """Store the value after `step` inner folds, and return whether the trial should end here."""
        if math.isfinite(value):
            self._trial.report(value, step)
            return self._trial.should_prune()
        return False


class OptunaStudy:
    """One study; implements `ports.studies.Study`."""

    def __init__(self, study: optuna.Study, space: Space) -> None:
        self._study = study
        self._space = space
        self._asked: dict[int, optuna.Trial] = {}

    @property
    def name(self) -> str:
        """Its name."""
        return self._study.study_name

    def trials(self) -> tuple[StoredTrial, ...]:
        """Return every trial that was asked for, by number."""
        with quiet():
            found = self._study.get_trials(deepcopy=False)
        return tuple(_stored(trial) for trial in found if trial.state is not OptunaState.WAITING)

    @property
    def waiting(self) -> int:
        """Trials that were enqueued and not asked for yet."""
        with quiet():
            return len(self._study.get_trials(deepcopy=False, states=(OptunaState.WAITING,)))

    def ask(self) -> OptunaTrial:
        """Return the next trial: one that waits, or a new proposal."""
        with quiet():
            trial = self._study.ask()
            point: dict[str, Value] = {}
            for dimension in self._space:
                if is_active(dimension, point):
                    point[dimension.name] = suggested(trial, dimension)
        self._asked[trial.number] = trial
        return OptunaTrial(trial, point)

    def note(self, number: int, name: str, value: object) -> None:
        """Store a JSON value with a trial that this process was given."""
        self._asked[number].set_user_attr(name, value)

    def tell(self, number: int, state: TrialState, value: float | None = None) -> None:
        """End a trial; nothing happens where it has ended."""
        finite = value if value is not None and math.isfinite(value) else None
        ended = OPTUNA_STATES[state]
        if ended is OptunaState.COMPLETE and finite is None:
            ended = OptunaState.FAIL
        with quiet():
            # Optuna takes the last reported value as that of a pruned trial
            told = finite if ended is OptunaState.COMPLETE else None
            self._study.tell(self._asked.pop(number, number), told, state=ended, skip_if_finished=True)

    def enqueue(self, parameters: Mapping[str, Value], notes: Mapping[str, object], *, only_new: bool = False) -> None:
        """Have these parameters asked for next; those of another trial not again, where `only_new`."""
        with quiet():
            self._study.enqueue_trial(dict(parameters), user_attrs=dict(notes), skip_if_exists=only_new)


def suggested(trial: optuna.Trial, dimension: Dimension) -> Value:
    """Return the value of `dimension` that the sampler proposes."""
    name = dimension.name
    if isinstance(dimension, Choice):
        chosen = trial.suggest_categorical(name, dimension.options)
        assert chosen is not None, "None is no option of a space"
        return chosen
    if dimension.is_integer:
        return trial.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.is_log)
    return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.is_log)


def _stored(trial: FrozenTrial) -> StoredTrial:
    value = trial.value if trial.state is OptunaState.COMPLETE else None
    return StoredTrial(trial.number, dict(trial.params), STATES[trial.state], dict(trial.user_attrs), value)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's notes on its experimental parts from the person at the screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UserWarning)
        warnings.simplefilter("ignore", category=FutureWarning)
        yield
