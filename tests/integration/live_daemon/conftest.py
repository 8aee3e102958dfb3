"""A market and a tiny model, made once for all process tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.support.live_home import LiveHome, make_live_home


@pytest.fixture(scope="session")
def live_home(tmp_path_factory: pytest.TempPathFactory) -> LiveHome:
    """Return a home whose lake ends with the session to trade."""
    return make_live_home(Path(tmp_path_factory.mktemp("home")), symbols=8, first=date(2024, 11, 1), features=6)
