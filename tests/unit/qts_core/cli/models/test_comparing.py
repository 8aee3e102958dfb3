"""`qts models compare`: what contradicts itself is refused in one line, and all models are printed or written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qts_core.cli import compose
from qts_core.cli.errors import run_command
from qts_core.cli.models import app
from qts_core.research import comparison
from qts_core.research.tools import ResearchTools
from tests.unit.qts_core.report.test_comparison_page import SHOWN
from tests.unit.qts_core.research.memory import memory_tools


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools = memory_tools()

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[ResearchTools]:
        yield tools

    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(compose, "research_tools", opened)


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["qts models", "compare", *words])
    code = run_command(app, "qts models")
    out, err = capsys.readouterr()
    return int(code), out, err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1", "2", "--all"), "--all compares the newest version of every model; found 1 2"),
        (("1", "2", "--live"), "--live compares the champion with its shadows; found 1 2"),
        (("--all", "--live"), "two comparisons"),
        (("--page", "x.html"), "only --all has a page"),
    ],
)
def test_contradictions_are_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, monkeypatch, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_without_a_trained_model_it_says_how_to_get_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(capsys, monkeypatch, "--all")
    assert code != 0
    assert err.startswith("QTS-MODEL-085")
    assert "qts train" in err


def test_all_models_are_printed_and_the_page_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(comparison, "compare_models", lambda *_, **__: SHOWN)
    page = tmp_path / "all.html"
    code, out, err = run(capsys, monkeypatch, "--all", "--page", str(page))
    assert code == 0
    assert out.startswith("None of 3 models is shown to earn anything after costs.\n")
    assert "not compared: later" in out
    assert err == f"page: {page}\n"
    assert "<h1>All models, net of costs</h1>" in page.read_text()
    code, out, _ = run(capsys, monkeypatch, "--all", "--json")
    assert [m["key"] for m in json.loads(out)["models"]] == ["line", "<trees>", "wood"]
    code, _, err = run(capsys, monkeypatch, "--all", "--page", str(tmp_path / "nowhere" / "x.html"))
    assert code == 2
    assert err.startswith("QTS-CLI-001")
