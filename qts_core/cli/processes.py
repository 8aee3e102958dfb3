"""Python processes for work that is cut into parts: they share the cores, and Ctrl-C is the parent's."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

__all__ = ["deaf_children", "spawned"]


@contextmanager
def spawned(jobs: int, begin: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Give `jobs` fresh processes; when the block is left by an error, whatever still runs is ended.

    Parameters
    ----------
    begin : callable, optional
        Called once in each process; it is pickled, so it is a function of a module, or a partial of one.
    """
    # Kernels, frames and boosting share the cores among the processes instead of fighting for them.
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    for library in ("OMP_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ.setdefault(library, threads)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=begin) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


@contextmanager
def deaf_children() -> Iterator[None]:
    """Have processes that begin here ignore Ctrl-C: the parent ends them, and says what happened instead of them."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)
