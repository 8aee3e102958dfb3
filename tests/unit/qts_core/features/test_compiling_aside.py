"""A second process compiles what the first has not come to; without it everything goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from qts_core.features import Plan, ops
from qts_core.features.compiling import forms_of
from qts_core.features.compiling_aside import FEWEST, Task, compile_tasks, compiling_aside
from qts_core.features.ops.sources import close

STEPS = Plan.of({"x": ops.sma(close, 3), "y": ops.cross_rank(close), "z": abs(close)}).steps
TASKS: list[Task] = [(step.operation.name, *forms_of(step)) for step in STEPS]
MANY = TASKS * FEWEST


def test_tasks_name_kernels_and_what_they_take() -> None:
    assert compile_tasks(json.dumps(TASKS)) == len(TASKS) == 3


def test_the_other_process_compiles_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    original = subprocess.Popen

    def popen(*given: Any, **named: Any) -> subprocess.Popen[bytes]:
        started.append(original(*given, **named))
        return started[-1]

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(subprocess, "Popen", popen)
    with compiling_aside(MANY):
        assert started[0].wait(60) == 0
    with compiling_aside(MANY):
        assert started[1].poll() is None
    assert started[1].poll() is not None, "it does not outlive the compilation"


@pytest.mark.parametrize(
    ("tasks", "processors"), [(MANY, 1), (MANY, None), (TASKS, 2), ([("mine@12345678", (2, 2), ())] * 20, 2)]
)
def test_no_process_where_it_would_not_help(
    monkeypatch: pytest.MonkeyPatch, tasks: Sequence[Task], processors: int | None
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    monkeypatch.setattr(subprocess, "Popen", None)
    with compiling_aside(tasks):
        pass


def test_a_process_that_cannot_start_or_breaks_is_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with compiling_aside([("no_such_operation", (2,), ()), *MANY]):
        pass
    monkeypatch.setattr(sys, "executable", "/there/is/no/python")
    with compiling_aside(MANY):
        pass
