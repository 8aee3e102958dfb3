"""A second process that compiles kernels from the end of the list while the first comes from its beginning.

Numba compiles one function at a time in a process and keeps the code on disk, where the other finds it. Whatever goes
wrong over there, the first process compiles everything itself: run as ``python -m qts_core.features.compiling_aside``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qts_core.features.operations import BUILT_IN, OPERATIONS
from qts_core.features.program import Form, linked

__all__ = ["FEWEST", "Task", "compile_tasks", "compiling_aside"]

Task = tuple[str, tuple[int, ...], tuple[Form, ...]]
"""An operation of QTS, the dimensions of its series and the forms of what follows them."""

FEWEST = 8
"""So many kernels are worth a process: it takes a second to start."""
PATIENCE = 5.0
"""Seconds that it gets to end."""


@contextmanager
def compiling_aside(tasks: Sequence[Task]) -> Iterator[None]:
    """Let another process compile `tasks` meanwhile, and end it; nothing where there is no second processor."""
    mine = [task for task in tasks if task[0] in BUILT_IN]
    helper = _started(mine) if len(mine) >= FEWEST and (os.cpu_count() or 1) > 1 else None
    try:
        yield
    finally:
        if helper is not None:
            helper.terminate()
            try:
                helper.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                helper.kill()
                helper.wait()


def _started(tasks: Sequence[Task]) -> subprocess.Popen[bytes] | None:
    quiet = subprocess.DEVNULL
    try:
        helper = subprocess.Popen(  # noqa: S603  # this very module
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet,
            start_new_session=True,
        )  # fmt: skip
        assert helper.stdin is not None
        with helper.stdin as pipe:
            pipe.write(json.dumps(tasks).encode())
    except OSError:
        return None
    return helper


def compile_tasks(text: str) -> int:
    """Compile the kernels of tasks as JSON; return how many there were."""
    tasks = json.loads(text)
    for name, series, more in tasks:
        linked(OPERATIONS[name].kernel, tuple(series), tuple((size, kind) for size, kind in more))
    return len(tasks)


if __name__ == "__main__":
    compile_tasks(sys.stdin.read())
