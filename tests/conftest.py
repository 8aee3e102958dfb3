"""Fixtures for every test: reference data when it is there, settings in a temporary home, no outside settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.config.variables import RUNTIME_VARIABLES, VARIABLES
from tests.support.postgres import postgres, postgres_url
from tests.support.redis import redis_server

__all__ = ["postgres", "postgres_url", "redis_server"]

ROOT = Path(__file__).parent.parent

# A developer's own settings must not decide whether a test passes.
for variable in VARIABLES:
    for name in (variable.name, *variable.aliases):
        os.environ.pop(name, None)
for name in [n for n in os.environ if n.startswith("QTS_") and n not in RUNTIME_VARIABLES]:
    if "__" in name:
        os.environ.pop(name)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

hypothesis_settings.register_profile("qts", deadline=None, derandomize=True, max_examples=60)
hypothesis_settings.load_profile("qts")


def _outside(variable: str, default: Path) -> Path:
    path = Path(os.environ.get(variable) or default)
    if not path.is_dir():
        pytest.skip(f"{variable} names no folder, and {default} is not there")
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real sample bars."""
    return _outside("QTS_REAL_DATA", ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of reference tables from outside."""
    return _outside("QTS_GOLDEN", ROOT.parent / "shared" / "golden")


@pytest.fixture
def qts_home(tmp_path: Path) -> Path:
    """An empty QTS_HOME."""
    return tmp_path / "home"


@pytest.fixture
def settings(qts_home: Path) -> Settings:
    """The settings shipped with QTS, with everything written under a temporary folder."""
    return load_settings(config_dir=ROOT / "config", environment={"QTS_HOME": str(qts_home)}).settings
