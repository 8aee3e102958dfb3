"""The trading process never loads what trains or orchestrates (ARCHITECTURE 7; dependencies, import cost)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from live_daemon.import_guard import FORBIDDEN
from qts_core.models.factory import MODEL_CLASSES

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
    assert {"alpaca", "numba", "fastapi"} <= modules
    assert not {"lightgbm", "xgboost", "catboost"} & modules, "a model's library comes with the model"


@pytest.mark.process
def test_every_kind_of_model_can_be_loaded_without_a_training_library() -> None:
    code = """
from live_daemon.import_guard import install
install()
from qts_core.models.factory import MODEL_CLASSES, create_model
for kind, model_type in MODEL_CLASSES:
    create_model(kind, model_type, name="m")
    print(kind)
"""
    assert {kind for kind, _ in MODEL_CLASSES} == loaded(code)


@pytest.mark.process
def test_the_operators_verbs_load_nothing_heavy() -> None:
    listing = 'print(" ".join(sorted({n.partition(".")[0] for n in sys.modules})))'
    code = f"import sys, live_daemon.cli, live_daemon.app; {listing}"
    assert not {"numba", "polars", "lightgbm", "alpaca", "pandas", *FORBIDDEN} & loaded(code)
