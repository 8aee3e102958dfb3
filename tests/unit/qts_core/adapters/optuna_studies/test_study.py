"""Samplers by name: grids are covered, Hyperband ends the worse, and the same seed gives the same trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from qts_core.adapters.optuna_studies.samplers import SamplerSettings
from qts_core.adapters.optuna_studies.study import OptunaStudy, open_study
from qts_core.models.base import Parameter
from qts_core.ports.studies import TrialState
from qts_core.training.search.space import Choice, Number, Point, Space

SPACE = Space(
    (
        Choice("way", ("a", "b")),
        Number("x", 0.0, 1.0),
        Number("n", 1, 9, is_integer=True),
        Number("only_a", 0.1, 10.0, is_log=True, when=(("way", ("a",)),)),
    )
)
METHODS = ("tpe", "gp_ei", "gp_ucb", "random", "grid", "hyperband", "genetic")


class Memory:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def read(self, first: int) -> Sequence[str]:
        return self.entries[first:]

    def append(self, entries: Sequence[str]) -> None:
        self.entries += entries


def study_of(method: str, journal: Memory, *, seed: int = 7, folds: int = 4) -> OptunaStudy:
    settings = SamplerSettings(method, seed, start_trials=4, grid_levels=3, population=6, folds=folds)
    return open_study("study", journal, SPACE, settings, worker="test")


def worth(point: Point) -> float:
    x = point["x"]
    assert isinstance(x, float)
    return (1.0 if point["way"] == "b" else 0.0) - (x - 0.7) ** 2


def run(study: OptunaStudy, trials: int, value: Callable[[Point], float] = worth) -> list[dict[str, Parameter]]:
    found = []
    for _ in range(trials):
        asked = study.ask()
        found.append(dict(asked.parameters))
        study.tell(asked.number, TrialState.FINISHED, value(asked.parameters))
    return found


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_trials_and_an_interruption_changes_nothing(method: str) -> None:
    whole = run(study_of(method, Memory()), 12)
    assert all(SPACE.contains(point) for point in whole)
    journal = Memory()
    parts = [*run(study_of(method, journal), 7), *run(study_of(method, journal), 5)]
    assert parts == whole
    if method != "grid":
        assert run(study_of(method, Memory(), seed=8), 12) != whole


def test_a_grid_is_covered_exactly() -> None:
    grid = SPACE.grid(3)
    tried = run(study_of("grid", Memory()), len(grid))
    assert sorted(map(repr, map(sorted, (p.items() for p in tried)))) == sorted(
        map(repr, map(sorted, (p.items() for p in grid)))
    )


@pytest.mark.parametrize("method", ["tpe", "gp_ei", "gp_ucb", "genetic"])
def test_who_learns_from_trials_tries_the_better_way_more_often(method: str) -> None:
    tried = run(study_of(method, Memory()), 30)
    late = [point["way"] for point in tried[15:]]
    assert late.count("b") > late.count("a")


def test_hyperband_ends_worse_trials_early_and_keeps_the_best() -> None:
    study, rng = study_of("hyperband", Memory(), folds=8), np.random.default_rng(1)
    steps, values = [], []
    for _ in range(40):
        asked, value = study.ask(), float(rng.standard_normal())
        for step in range(1, 9):
            if asked.report(step, value) and step < 8:
                study.tell(asked.number, TrialState.PRUNED)
                break
        else:
            study.tell(asked.number, TrialState.FINISHED, value)
        steps.append(step)
        values.append(value)
    assert sum(1 for step in steps if step < 8) > 10
    assert steps[int(np.argmax(values))] == 8
    pruned = [v for v, s in zip(values, steps, strict=True) if s < 8]
    kept = [v for v, s in zip(values, steps, strict=True) if s == 8]
    assert np.mean(pruned) < np.mean(kept)


def test_an_undefined_value_is_a_failure_and_the_study_goes_on() -> None:
    study = study_of("tpe", Memory())
    asked = study.ask()
    study.tell(asked.number, TrialState.FINISHED, float("nan"))
    assert study.trials()[0].state is TrialState.FAILED
    run(study, 6)


def test_what_is_enqueued_is_asked_for_next() -> None:
    study = study_of("gp_ei", Memory())
    study.enqueue({"way": "b", "x": 0.25, "n": 3}, {"role": "neighbour of 0"})
    assert study.waiting == 1
    asked = study.ask()
    assert dict(asked.parameters) == {"way": "b", "x": 0.25, "n": 3}
    assert study.trials()[asked.number].notes["role"] == "neighbour of 0"
