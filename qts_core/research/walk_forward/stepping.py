"""One step of a walk-forward: learn, search, choose, test; a whole that another process can do (specification 11.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats
from qts_core.research.ledger import Trial
from qts_core.research.walk_forward.bench import Bench, LearningBench
from qts_core.research.walk_forward.objectives import objective_of
from qts_core.research.walk_forward.result import WindowResult
from qts_core.research.walk_forward.searching import OpenStudy, Searcher, Tried, figures_of
from qts_core.research.walk_forward.settings import WalkForwardSettings
from qts_core.research.walk_forward.windows import Window

__all__ = ["Record", "Step", "Stepped", "Stepper", "stitched"]

Record = Callable[[Trial], None]
"""Takes a trial for the ledger."""


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """What one window gave.

    Attributes
    ----------
    tried : tuple of Tried
        On the training rows, each set of parameters once.
    test : Tried
        What was chosen, on the test rows.
    learned : float64 [T, N] or None
        What a model said of the window's rows, NaN elsewhere; None where nothing is learned.
    trials : tuple of Trial
        Rows for the ledger that nobody has written yet.
    """

    window: Window
    tried: tuple[Tried, ...]
    test: Tried
    result: WindowResult
    learned: Floats | None = None
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """How every window is done; with a bench and an `open_study` that can be pickled, in any process.

    Attributes
    ----------
    run_name : str
        Of the whole walk-forward; names studies and ledger rows.
    """

    settings: WalkForwardSettings
    open_study: OpenStudy
    run_name: str

    def on(self, bench: Bench, window: Window, record: Record | None = None) -> Stepped:
        """Do `window`.

        Parameters
        ----------
        record : callable, optional
            Gets each trial at once; without it they come back with the rest.

        Raises
        ------
        TrainingError
            QTS-EXEC-068 if the window has no parameters that may be chosen.
        """
        kept: list[Trial] = []
        learned = bench.learn(window) if isinstance(bench, LearningBench) else None
        here = bench.knowing(learned) if isinstance(bench, LearningBench) and learned is not None else bench
        objective = objective_of(self.settings.objective, self.settings.max_drawdown)
        searcher = Searcher(here, self.settings, objective, self.open_study, record or kept.append, self.run_name)
        tried = searcher.search(window)
        chosen, _ = searcher.choose(window, tried)
        test = searcher.judged(chosen, window.test)
        return Stepped(window, tried, test, _result(searcher, window, tried, chosen, test), learned, tuple(kept))


Stepper = Callable[[Step, Sequence[Window]], Iterator[Stepped]]
"""Does windows, each in a process of its own perhaps, and gives them in order."""


def stitched(steps: Sequence[Stepped]) -> Floats | None:
    """Return what models said where they had not learned, float64 [T, N]; None where nothing is learned.

    Of the first window all that it said, of the others what they said of their tests.
    """
    whole: Floats | None = None
    for step in steps:
        if step.learned is None:
            return None
        rows = slice(step.window.test.start, step.window.test.stop)
        if whole is None:
            whole, rows = np.full(step.learned.shape, np.nan), slice(step.window.train.start, rows.stop)
        whole[rows] = step.learned[rows]
    return whole


def _result(searcher: Searcher, window: Window, tried: Sequence[Tried], chosen: Tried, test: Tried) -> WindowResult:
    dates = window.dates(searcher.bench.timeline)
    near = searcher.neighbourhood(tried, chosen)
    return WindowResult(
        number=window.number + 1,
        train=dates["train"],
        tune=dates.get("tune"),
        test=dates["test"],
        parameters=dict(chosen.parameters),
        trials=len(tried),
        inside=_of(chosen),
        outside=_of(test),
        neighbours={"chosen": near.chosen, "median": near.median, "worst": near.worst, "n": float(near.neighbours)},
    )


def _of(tried: Tried) -> dict[str, float]:
    assert tried.outcome is not None, "a trial that may be chosen has an outcome"
    return {"objective": tried.figure, **figures_of(tried.outcome.net, tried.outcome.ic)}
