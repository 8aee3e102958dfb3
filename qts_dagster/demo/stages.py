"""Stages of the demo: what is under way, how long it took, and the table at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

__all__ = ["Stage", "Stages"]


@dataclass(slots=True)
class Stage:
    """One finished stage; `rows` is what it made, in the unit of `unit`."""

    name: str
    seconds: float = 0.0
    rows: int | None = None
    unit: str = ""
    note: str = ""


@dataclass(slots=True)
class Stages:
    """All stages in order, told to a person as they pass."""

    console: Console
    done: list[Stage] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage; what happens inside shows a spinner."""
        stage, start = Stage(name), time.perf_counter()
        with self.console.status(f"{name} …"):
            yield stage
        stage.seconds = time.perf_counter() - start
        self.add(stage)

    def add(self, stage: Stage) -> None:
        """Record and announce a finished stage."""
        self.done.append(stage)
        rows = "" if stage.rows is None else f"{stage.rows:,} {stage.unit}".strip()
        self.console.print(f"  {stage.name:<28} {stage.seconds:7.1f} s   {rows}{'  ' if rows else ''}{stage.note}")

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.perf_counter() - self.started

    def table(self) -> Table:
        """Return the table of stages with seconds and rows."""
        table = Table(title="Stages", title_justify="left")
        for column, side in (("stage", "left"), ("seconds", "right"), ("rows", "right"), ("", "left")):
            table.add_column(column, justify=side)  # type: ignore[arg-type]
        for stage in self.done:
            table.add_row(
                stage.name, f"{stage.seconds:.1f}", "" if stage.rows is None else f"{stage.rows:,}", stage.unit
            )
        table.add_section()
        table.add_row("all", f"{self.seconds:.1f}", "", "")
        return table
