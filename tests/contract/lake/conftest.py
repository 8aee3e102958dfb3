"""Every store of the lake: a local folder and an fsspec file system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake

OpenLake = Callable[[], Lake]


@pytest.fixture(params=["folder", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place of each kind."""
    return str(tmp_path / "lake") if request.param == "folder" else f"memory://{tmp_path}"


@pytest.fixture
def open_lake(root: str) -> OpenLake:
    """Opens the same lake again, as another process would."""
    return lambda: Lake(root)


@pytest.fixture
def lake(open_lake: OpenLake) -> Lake:
    """An empty lake of each kind."""
    return open_lake()
