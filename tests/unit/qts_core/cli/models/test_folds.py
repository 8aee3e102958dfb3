"""`qts models folds` from the outside: a drawing, a table, a file, or the plan itself."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from qts_core.adapters.settings_files import load_settings
from qts_core.cli.compose import open_lake
from qts_core.cli.models import app
from qts_core.market.calendar import xnys
from qts_core.market.errors import InvalidConfigError
from qts_core.market.timeline import Timeline
from qts_core.research import fold_plans
from qts_core.research.fold_plans import planned_folds
from qts_core.training.folds import FoldPlan

RUNNER = CliRunner()
LINE = Timeline.between(xnys(), date(2022, 1, 1), date(2023, 12, 31))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(Path(__file__).parents[5])

    class Bars:
        timeline = LINE

    monkeypatch.setattr(fold_plans, "load_panel", lambda *_, **__: Bars)


def test_the_plan_is_drawn_and_tabled() -> None:
    result = RUNNER.invoke(app, ["folds"])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("fold 1 ")
    assert "█" in lines[0]
    assert "▒ex█" in lines[0]
    assert any(line.startswith("live model") for line in lines)
    assert "folds of walk_forward" in lines[-1]


def test_the_json_is_the_plan_that_training_uses() -> None:
    result = RUNNER.invoke(app, ["folds", "lightgbm_direction", "--json"])
    settings = load_settings().settings
    plan, _ = planned_folds(open_lake(settings), settings, "lightgbm_direction", calendar=xnys())
    assert FoldPlan.from_json(result.stdout) == plan
    assert json.loads(result.stdout)["hash"] == plan.hash


def test_the_picture_is_a_file_that_any_browser_reads(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["folds", "--svg", str(tmp_path / "folds.svg")])
    assert result.exit_code == 0, result.output
    root = ElementTree.fromstring((tmp_path / "folds.svg").read_text())
    assert root.tag.endswith("svg")


def test_a_picture_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["folds", "--svg", str(tmp_path / "nowhere" / "folds.svg")])
    assert isinstance(result.exception, InvalidConfigError)
    line = result.exception.line()
    assert "\n" not in line
    assert "QTS-CLI-001" in line
    assert "--svg" in line
