"""`qts features audit`, `explain` and `diff` on a small lake of one's own."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qts_core.adapters.lake import Lake
from qts_core.cli.features import app
from qts_core.data.ingest import clean_all, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.features.audit import PROOFS
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataNotFoundError, InvalidConfigError

run = CliRunner().invoke
FEW = ["--name", "tech_rsi_*", "--name", "time_*", "--symbols", "3"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A QTS_HOME with six weeks of five symbols, cleaned."""
    folder: Path = tmp_path_factory.mktemp("home")
    lake = Lake(folder / "lake")
    span = SyntheticMarketSettings(symbols=5, first=date(2024, 1, 22), last=date(2024, 3, 1), seed=3)
    register_synthetic(lake, synthetic_market(span), calendar=xnys())
    clean_all(lake, calendar=xnys())
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QTS_HOME", str(home))
    monkeypatch.chdir(tmp_path)


def test_the_audit_says_what_holds_on_how_many_bars() -> None:
    result = run(app, ["audit", *FEW])
    assert result.exit_code == 0, result.output
    assert all(proof.title in result.output for proof in PROOFS.values())
    assert "FAILS" not in result.output
    assert "of 3 symbols, 2024-01-01 to 2024-03-31" in result.output


def test_the_audit_as_json_has_a_verdict_for_every_feature() -> None:
    content = json.loads(run(app, ["audit", *FEW, "--months", "1", "--json"]).output)
    assert content["passed"] is True
    assert content["months"] == ["2024-03"]
    assert {each["verdict"] for each in content["features"]} <= {"passed", "silent"}
    assert content["faults"] == content["bars_rewritten"] == content["training"] == []


def test_the_page_is_written(tmp_path: Path) -> None:
    assert run(app, ["audit", *FEW, "--page", "audit.html"]).exit_code == 0
    assert "QTS feature audit" in (tmp_path / "audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--name", "tech_rsi_41_raw"], "QTS-FEAT-001"),
        (["--group", "technical_trent"], "QTS-FEAT-001"),
        (["--own"], "QTS-FEAT-021"),
        ([*FEW, "--page", "/nowhere/audit.html"], "QTS-CLI-001"),
    ],
)
def test_what_cannot_be_audited_is_one_line_with_its_code(options: list[str], code: str) -> None:
    result = run(app, ["audit", *options])
    assert isinstance(result.exception, InvalidConfigError)
    assert result.exception.code == code


def test_explain_draws_the_feature_on_own_bars(tmp_path: Path) -> None:
    result = run(app, ["explain", "tech_rsi_14_raw", "--bars", "52", "--svg", "rsi.svg"])
    assert result.exit_code == 0, result.output
    assert "52 bars" in result.output
    assert "█" in result.output
    assert (tmp_path / "rsi.svg").read_text(encoding="utf-8").startswith("<svg")
    drawn = json.loads(run(app, ["explain", "tech_rsi_14_raw", "--bars", "9", "--json"]).output)["drawn"]
    assert len(drawn["values"]) == len(drawn["bars"]) == 9


def test_explain_says_why_nothing_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(app, ["explain", "cross_sector_130_market"])
    assert "not drawn: no symbol of the lake plays market" in result.output
    assert isinstance(run(app, ["explain", "tech_rsi_14_raw", "--symbol", "NONE"]).exception, DataNotFoundError)
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "empty"))
    assert "not drawn: there are no bars yet" in run(app, ["explain", "tech_rsi_14_raw"]).output


def test_diff_shows_what_one_has_more() -> None:
    result = run(app, ["diff", "computed", "known"])
    assert result.exit_code == 0, result.output
    assert "0 removed, 0 changed" in result.output
    content = json.loads(run(app, ["diff", "lightgbm_return", "lightgbm_direction", "--json"]).output)
    assert content["added"] == content["removed"] == content["changed"] == []
    assert content["same"] > 100
