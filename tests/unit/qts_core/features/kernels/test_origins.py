"""A kernel kept on disk is forgotten when a kernel that it calls, or a constant that it reads, changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLER = """
from qts_core.features.kernels.jit import kernel
from called import FACTOR, twice

@kernel
def answer(x):
    return twice(x) + FACTOR

print(answer(10.0), sum(answer.stats.cache_hits.values()))
"""
CALLED = """
from qts_core.features.kernels.jit import kernel

FACTOR = {factor}

@kernel
def twice(x):
    return x * {times}
"""


def answered(folder: Path) -> tuple[float, int]:
    """Return what the caller says in a process of its own, and how often it was found on disk."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run([sys.executable, "-B", "caller.py"], cwd=folder, env=environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    value, hits = done.stdout.split()
    return float(value), int(hits)


@pytest.mark.parametrize(
    ("factor", "times", "expected"), [(1.0, 3.0, 31.0), (5.0, 2.0, 25.0)], ids=["called kernel", "constant"]
)
def test_a_kept_kernel_is_forgotten_when_what_it_is_made_of_changes(
    tmp_path: Path, factor: float, times: float, expected: float
) -> None:
    (tmp_path / "caller.py").write_text(CALLER, encoding="utf-8")
    (tmp_path / "called.py").write_text(CALLED.format(factor=1.0, times=2.0), encoding="utf-8")
    assert answered(tmp_path) == (21.0, 0)
    os.utime(tmp_path / "caller.py", (1, 1))
    assert answered(tmp_path) == (21.0, 1)
    (tmp_path / "called.py").write_text(CALLED.format(factor=factor, times=times), encoding="utf-8")
    assert answered(tmp_path) == (expected, 0)
