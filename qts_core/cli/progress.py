"""A progress bar on stderr, for people only: nothing is drawn unless stderr is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Step", "progress_bar"]

Step = Callable[[str, int], Callable[[], None]]
"""Begins a stage of so many steps and returns what to call after each."""


@contextmanager
def progress_bar() -> Iterator[Step]:
    """Show stages one below the other while the block runs.

    Examples
    --------
    >>> with progress_bar() as stage:
    ...     advance = stage("reading", 2)
    ...     advance()
    ...     advance()
    """
    if not sys.stderr.isatty():
        yield lambda _name, _steps: lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def stage(name: str, steps: int) -> Callable[[], None]:
            task = bar.add_task(name, total=steps)
            return lambda: bar.advance(task)

        yield stage
