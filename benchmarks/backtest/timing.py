"""Times of runs, in wall and in processor seconds: the second hardly depends on what else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Timed", "best_of"]


@dataclass(frozen=True, slots=True)
class Timed:
    """Best of some runs, and what they came to.

    Attributes
    ----------
    seconds, cpu : float
        Wall time, and processor time of all threads.
    final_equity : float
        USD.
    fills : int
    """

    seconds: float
    cpu: float
    final_equity: float = float("nan")
    fills: int = 0


def best_of(run: Callable[[], tuple[float, int]], times: int = 5) -> Timed:
    """Return the best times of a run that returns its final equity and number of fills."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        equity, fills = run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Timed(min(walls), min(cpus), equity, fills)
