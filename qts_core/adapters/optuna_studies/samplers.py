"""The samplers of a search by name: Optuna's own, a grid that is covered exactly, a Gaussian process (7.3, 11.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner
from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from qts_core.market.ids import digest
from qts_core.models.base import Parameter
from qts_core.ports.studies import SURPLUS, WORKER
from qts_core.training.search.gaussian_process import Acquisition
from qts_core.training.search.proposing import propose, random_point
from qts_core.training.search.space import Space

__all__ = ["SamplerSettings", "pruner_of", "sampler_of"]


HYPERBAND_FACTOR = 2
FIXED = "fixed_params"
"""Optuna's mark of a trial that was enqueued with its parameters."""


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How trials are proposed.

    Attributes
    ----------
    method : str
        Name in models.yaml.
    seed : int
    start_trials : int
        Random trials before a surrogate proposes.
    grid_levels, population : int
    folds : int
        Inner folds, the resource of Hyperband.
    """

    method: str
    seed: int = 7
    start_trials: int = 10
    grid_levels: int = 3
    population: int = 20
    folds: int = 5


def sampler_of(settings: SamplerSettings, space: Space, worker: str) -> BaseSampler:
    """Return the sampler that `settings` name, seeded anew for each trial.

    What a trial proposes depends on the seed, its number and the trials before it alone: a study that was interrupted
    goes on as it would have, and no two processes draw the same numbers.
    """
    return EachTrialSeeded(settings.seed, worker, _maker(settings, space))


def pruner_of(settings: SamplerSettings) -> BasePruner:
    """Return Hyperband where it is asked for: its resource is the number of inner folds that a trial has seen."""
    if settings.method != "hyperband":
        return NopPruner()
    return HyperbandPruner(min_resource=1, max_resource=settings.folds, reduction_factor=HYPERBAND_FACTOR)


def _maker(settings: SamplerSettings, space: Space) -> Callable[[int], BaseSampler]:
    method = settings.method
    if method in ("gp_ei", "gp_ucb"):
        acquisition: Acquisition = "ei" if method == "gp_ei" else "ucb"
        return lambda seed: PointSampler(GaussianProcess(space, acquisition, settings.start_trials), seed)
    if method == "grid":
        grid = space.grid(settings.grid_levels)
        order = np.random.default_rng(settings.seed).permutation(len(grid))
        return lambda seed: PointSampler(GridPoints(tuple(grid[i] for i in order)), seed)
    if method == "tpe":
        return lambda seed: TPESampler(n_startup_trials=settings.start_trials, multivariate=True, seed=seed)
    if method == "genetic":
        return lambda seed: NSGAIISampler(population_size=settings.population, seed=seed)
    return lambda seed: RandomSampler(seed=seed)


class EachTrialSeeded(BaseSampler):
    """A sampler that is made anew for each trial from the study's seed and the trial's number."""

    def __init__(self, seed: int, worker: str, make: Callable[[int], BaseSampler]) -> None:
        self._seed = seed
        self._worker = worker
        self._make = make
        self._inner = make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Sign `trial` as this process's, and seed the sampler for it."""
        study._storage.set_trial_user_attr(trial._trial_id, WORKER, self._worker)
        self._inner = self._make(int(digest(f"{self._seed} {trial.number}")[:8], 16))
        self._inner.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As the sampler."""
        return self._inner.infer_relative_search_space(study, trial)

    # Optuna types proposed values as Any
    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As the sampler."""
        return self._inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As the sampler."""
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """As the sampler."""
        self._inner.after_trial(study, trial, state, values)


Proposer = Callable[[Study, FrozenTrial, np.random.Generator], Mapping[str, Parameter]]


class PointSampler(BaseSampler):
    """A sampler that proposes whole points of a space of ours."""

    def __init__(self, proposer: Proposer, seed: int) -> None:
        self._proposer = proposer
        self._rng = np.random.default_rng(seed)
        self._point: Mapping[str, Parameter] = {}

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Choose the point of `trial`, unless it has one."""
        self._point = {} if FIXED in trial.system_attrs else self._proposer(study, trial, self._rng)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing: every dimension is asked for by itself."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the point's value of one dimension."""
        return self._point[param_name]


class GridPoints:
    """Proposes the points of a grid by the number of new trials before: each exactly once, whoever asks."""

    def __init__(self, points: Sequence[Mapping[str, Parameter]]) -> None:
        self._points = points

    def __call__(self, study: Study, trial: FrozenTrial, rng: np.random.Generator) -> Mapping[str, Parameter]:
        """Return the next point; after the last one it begins again."""
        before = (
            t
            for t in all_trials(study)
            if t.number < trial.number and FIXED not in t.system_attrs and SURPLUS not in t.user_attrs
        )
        return self._points[sum(1 for _ in before) % len(self._points)]


class GaussianProcess:
    """Proposes where a Gaussian process expects most, after a random start."""

    def __init__(self, space: Space, acquisition: Acquisition, start_trials: int) -> None:
        self._space = space
        self._acquisition: Acquisition = acquisition
        self._start_trials = start_trials

    def __call__(self, study: Study, trial: FrozenTrial, rng: np.random.Generator) -> Mapping[str, Parameter]:
        """Return the next point."""
        trials = [t for t in all_trials(study) if t.number < trial.number]
        done = [t for t in trials if t.state is TrialState.COMPLETE and np.isfinite(cast(float, t.value))]
        if len(done) < self._start_trials:
            return random_point(self._space, rng)
        running = [t.params for t in trials if t.state is TrialState.RUNNING and self._space.contains(t.params)]
        values = np.array([t.value for t in done], dtype=np.float64)
        return propose(
            self._space, [t.params for t in done], values, rng, acquisition=self._acquisition, pending=running
        )


def all_trials(study: Study) -> list[FrozenTrial]:
    """Return every trial of `study` as of now."""
    return study.get_trials(deepcopy=False)
