"""Windows of a walk-forward side by side, each in a process that opens the lake itself (specification 11.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from qts_core.cli.processes import deaf_children, spawned
from qts_core.market.errors import TrainingError
from qts_core.research.walk_forward import Bench, Window
from qts_core.research.walk_forward.stepping import Step, Stepped

__all__ = ["WindowJobs"]


@dataclass(frozen=True, slots=True)
class WindowJobs:
    """Does windows `jobs` at a time, and gives them in order; the result is that of one process.

    Attributes
    ----------
    make : callable
        Makes the bench in each process; it is pickled, so it is a function of a module, or a partial of one.
    jobs : int
    """

    make: Callable[[], Bench]
    jobs: int

    def __call__(self, step: Step, windows: Sequence[Window]) -> Iterator[Stepped]:
        """Give what each of `windows` gave.

        Raises
        ------
        TrainingError
            QTS-EXEC-067 if a process was ended from outside.
        """
        jobs = max(1, min(self.jobs, len(windows)))
        try:
            with spawned(jobs, partial(_begin, self.make)) as pool:
                with deaf_children():
                    waiting = [pool.submit(_done, step, window) for window in windows]
                for future in waiting:
                    yield future.result()
        except BrokenProcessPool as error:
            raise TrainingError(
                "QTS-EXEC-067", "a process of the walk-forward was ended from outside", where="qts walk-forward",
                found=f"{jobs} processes", expected="room for the bars, and a model's samples, in each of them",
                fix="run it again with fewer --jobs",
            ) from error  # fmt: skip


class _Process:
    """What a process keeps from window to window."""

    bench: Bench | None = None


def _begin(make: Callable[[], Bench]) -> None:
    _Process.bench = make()


def _done(step: Step, window: Window) -> Stepped:
    assert _Process.bench is not None, "the process has begun"
    return step.on(_Process.bench, window)
