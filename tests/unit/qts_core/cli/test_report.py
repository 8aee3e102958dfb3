"""`qts report`: what is printed, and the one line for what is not there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.report_files import ReportFiles
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.market.errors import ExitCode
from qts_core.report.record import ReportRecord

NET = np.random.default_rng(1).normal(0.001, 0.01, 60)
DAYS = tuple(date(2024, 1, 2) + timedelta(days=i) for i in range(60))
FIGURES = {
    "total_return": 0.1426,
    "sharpe_ratio": 2.39,
    "max_drawdown": 0.021,
    "trades": 1249.0,
    "calmar_ratio": np.inf,
}
KEPT = ReportRecord(
    "3f9a1c000000", "demo", "Demo version 1", "Passed all 9 gates; 2 of 4 goals met", True, DAYS, NET, NET, NET,
    FIGURES, {"code": "abc", "data": ""}, {"risk.limit": "0.1"}, ("ret_1",), (("Bars", "https://example.org/"),),
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QTS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept(home: Path) -> Path:
    files = ReportFiles(home / "reports")
    files.save(KEPT, "<html></html>")
    other = replace(KEPT, id="77b000000000", name="other", net=NET + 0.002, configuration={"risk.limit": "0.2"})
    files.save(other, "<html></html>")
    return home


def run(*words: str) -> int:
    return run_command(app, "qts", ["report", *words])


def test_list_prints_one_line_a_report(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "3f9a1c000000" in lines[2]
    assert "14.26%" in lines[2]


def test_list_of_nothing_says_how_to_make_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "tear_sheet_" in said.err


def test_show_says_first_that_the_market_is_made_up(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "3f9a") == 0
    said = capsys.readouterr().out
    assert said.startswith("Demo version 1 (3f9a1c000000)\nSYNTHETIC MARKET. Passed all 9 gates")
    assert "not recorded" in said
    assert "Bars: https://example.org/" in said


def test_show_as_json_has_null_for_what_is_not_finite(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "demo", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["figures"]["calmar_ratio"] is None
    assert content["figures"]["sharpe_ratio"] == 2.39


def test_open_with_path_prints_where_the_page_is(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("open", "demo", "--path") == 0
    assert Path(capsys.readouterr().out.strip()) == kept / "reports" / "demo.html"


@pytest.mark.parametrize("words", [("show", "nobody"), ("open", "nobody"), ("compare", "demo", "nobody")])
def test_an_unknown_report_is_one_line_and_a_user_error(
    kept: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(*words) != 0
    said = capsys.readouterr().err.strip()
    assert "QTS-EXEC-075" in said
    assert len(said.splitlines()) == 1


def test_compare_prints_differences_and_what_differs_and_writes_the_page(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = kept / "difference.html"
    assert run("compare", "demo", "other", "--page", str(page)) == 0
    said = capsys.readouterr().out
    assert "other is better beyond chance" in said
    assert "risk.limit" in said
    assert page.read_text().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_one_line(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("compare", "demo", "other", "--page", str(kept / "none" / "x.html"))
    assert code == ExitCode.USER_ERROR
    assert "QTS-CLI-001" in capsys.readouterr().err
