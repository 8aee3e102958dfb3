"""The trading process never loads what trains or orchestrates (ARCHITECTURE 7; dependencies, import cost)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from live_daemon.import_guard import FORBIDDEN

LISTING = """
import sys
from live_daemon.import_guard import install
install()
import live_daemon.app, live_daemon.daemon, live_daemon.summary, live_daemon.cli
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(code: str) -> set[str]:
    """Return the top-level modules that `code` loads in a fresh interpreter."""
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.process
def test_the_daemon_loads_no_training_or_orchestration_library() -> None:
    modules = loaded(LISTING)
    assert not FORBIDDEN & modules
    assert {"alpaca", "lightgbm", "numba", "fastapi"} <= modules


@pytest.mark.process
def test_the_operators_verbs_load_nothing_heavy() -> None:
    listing = 'print(" ".join(sorted({n.partition(".")[0] for n in sys.modules})))'
    code = f"import sys, live_daemon.cli, live_daemon.app; {listing}"
    assert not {"numba", "polars", "lightgbm", "alpaca", "pandas", *FORBIDDEN} & loaded(code)
