"""`qts data import` from the outside, in a home of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qts_core.adapters.lake import Lake
from qts_core.cli.data import app
from qts_core.market.errors import TradingSystemError

ImportFile = Callable[..., Result]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)
    return Lake(tmp_path / "home" / "lake")


@pytest.fixture
def import_file(tmp_path: Path, lake: Lake) -> ImportFile:
    """Write a file and import it; give bytes as `data`, or None to import what is there."""

    def run(name: str, data: bytes | None, *options: str) -> Result:
        path = tmp_path / name
        if data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return CliRunner().invoke(app, ["import", str(path), *options])

    return run


@pytest.fixture
def refused(import_file: ImportFile, lake: Lake) -> Callable[..., str]:
    """Import a file that must be refused, see that nothing was written, and return the line it was refused with."""

    def run(name: str, data: bytes | None, *options: str, code: str) -> str:
        before = {table: lake.data_hash(table) for table in lake.tables()}
        result = import_file(name, data, *options)
        error = result.exception
        assert isinstance(error, TradingSystemError), (result.output, error)
        assert error.code == code, error
        assert error.exit_code in {2, 3}
        assert "\n" not in error.line()
        assert {table: lake.data_hash(table) for table in lake.tables()} == before, "something was written"
        return error.line()

    return run
