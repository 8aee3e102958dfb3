"""`qts data actions` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qts_core.cli.data import app
from qts_core.market.errors import DataValidationError

RUNNER = CliRunner()
TEXT = """symbol,ex_date,kind,value,new_symbol
AAPL,2020-08-31,split,4,
AAPL,2020-08-07,dividend,0.82,
FB,2022-06-09,symbol_change,,META
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(Path(__file__).parents[5])
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "actions.csv").write_text(TEXT)
    return tmp_path / "actions.csv"


def test_imported_actions_are_listed_with_where_they_are_from(file: Path) -> None:
    imported = RUNNER.invoke(app, ["actions", "import", str(file), "--source", "vendor", "--json"])
    assert imported.exit_code == 0, imported.output
    summary = json.loads(imported.stdout)
    assert (summary["actions"], summary["in_lake"], summary["doubts"]) == (3, 3, [])
    assert summary["kinds"] == {"dividend": 1, "split": 1, "symbol_change": 1}
    listed = json.loads(RUNNER.invoke(app, ["actions", "list", "--json"]).stdout)
    assert [row["source"] for row in listed] == ["vendor"] * 3
    table = RUNNER.invoke(app, ["actions", "list", "--symbol", "META"])
    assert "symbol_change" in table.stdout
    assert "split" not in table.stdout
    again = json.loads(RUNNER.invoke(app, ["actions", "import", str(file), "--json"]).stdout)
    assert (again["in_lake_before"], again["in_lake"]) == (3, 3)


def test_a_dry_run_writes_nothing_and_symbols_may_be_chosen(file: Path) -> None:
    tried = RUNNER.invoke(app, ["actions", "import", str(file), "--dry-run", "--symbols", "aapl", "--json"])
    assert json.loads(tried.stdout)["actions"] == 2
    assert "no such corporate actions" in RUNNER.invoke(app, ["actions", "list"]).stderr


def test_actions_that_contradict_those_in_the_lake_are_refused(file: Path, tmp_path: Path) -> None:
    assert RUNNER.invoke(app, ["actions", "import", str(file)]).exit_code == 0
    (tmp_path / "more.csv").write_text("symbol,ex_date,kind,new_symbol\nXYZ,2023-01-03,symbol_change,META\n")
    refused = RUNNER.invoke(app, ["actions", "import", str(tmp_path / "more.csv")])
    assert isinstance(refused.exception, DataValidationError)
    assert refused.exception.code == "QTS-DATA-035"
