"""`qts`: quick to help, silent about what is not installed, clear about the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qts_core.cli.errors import run_command
from qts_core.cli.lazy import LazyCommand
from qts_core.cli.main import COMMANDS, app
from qts_core.cli.output import table_text
from qts_core.market.errors import MissingConfigError


@pytest.fixture(autouse=True)
def _home(qts_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTS_HOME", str(qts_home))


def qts(*arguments: str) -> int:
    return run_command(app, "qts", arguments)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command_without_importing_it(flag: str) -> None:
    code = f"import sys; from qts_core.cli.errors import run_command; from qts_core.cli.main import app; run_command(app, 'qts', ['{flag}']); print(sorted(m for m in sys.modules if m in ('polars', 'numba', 'sqlalchemy', 'pandas', 'mlflow', 'dagster', 'pydantic')))"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name in ("config", "doctor"):
        assert f"\n  {name}" in done.stdout
    assert done.stdout.index("Examples:") < done.stdout.index("Options:")


def test_version_names_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert qts("--version") == 0
    assert capsys.readouterr().out.startswith("qts 0.1.0")


def test_a_part_that_is_not_installed_is_one_line() -> None:
    with pytest.raises(MissingConfigError, match="`x` needs a part that is not installed"):
        LazyCommand("qts_core.cli.no_such_module", "").load("x")


def test_every_command_that_is_there_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.util import find_spec

    for name, command in COMMANDS.items():
        if find_spec(command.module) is not None:
            assert qts(name, "--help") == 0, name
            assert "Usage" in capsys.readouterr().out


def test_show_prints_values_with_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert qts("config", "show", "risk.portfolio", "--sources") == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("risk.portfolio.max_positions"))
    assert line.split()[1] == "20"
    assert "risk.yaml:" in line


def test_show_as_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert qts("config", "show", "--json", "--sources") == 0
    content = json.loads(capsys.readouterr().out)
    assert len(content["configuration_hash"]) == 64
    assert content["settings"]["trading.mode"]["value"] == "paper"


def test_show_of_an_unknown_section_suggests_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert qts("config", "show", "riks") == 2
    assert "did you mean risk?" in capsys.readouterr().err


def test_check_refuses_contradictions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert qts("config", "check") == 0
    monkeypatch.setenv("TRADING_MODE", "live")
    assert qts("config", "check") == 2
    assert "2 settings are wrong" in capsys.readouterr().err


def test_doctor_finds_a_sound_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert qts("doctor", "--json") == 0
    findings = {f["name"]: f for f in json.loads(capsys.readouterr().out)}
    assert findings["database"]["good"]
    assert findings["calendar"]["good"]


def test_doctor_names_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MAX_POSITIONS", "none")
    assert qts("doctor") == 2
    assert "MISSING" in capsys.readouterr().out


def test_a_table_aligns_numbers_to_the_right() -> None:
    assert table_text(("name", "rows"), [("a", 5), ("bb", 12000)]) == (
        "name    rows\n----  ------\na          5\nbb    12,000"
    )
