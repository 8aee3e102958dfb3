"""`qts models` over a registry in memory: what it prints, what it refuses, with which exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from qts_core.cli import compose
from qts_core.cli.errors import run_command
from qts_core.cli.models import app
from qts_core.market.errors import ExitCode
from qts_core.ports.registry import CHALLENGER, CHAMPION
from qts_core.research.approval import gate_record
from qts_core.research.gates import Gate, GateReport
from qts_core.research.tools import ResearchTools
from tests.unit.qts_core.research.memory import SEAL, MemoryRegistry, memory_tools

NAME = "qts_toy"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> MemoryRegistry:
    """Version 1 is green, version 2 red, version 3 was never judged."""
    made = MemoryRegistry()
    tools = memory_tools(made)
    for passed in (True, False):
        version = made.register(NAME, ("a" if passed else "b") * 64)
        gate = Gate(
            "gate.trades", 400.0 if passed else 3.0, 100.0, ">=", passed, "completed trades: 3, needs at least 100"
        )
        record = gate_record(
            model=NAME, version=version, bundle_sha256=made.stored[NAME, version].bundle_sha256,
            report=GateReport((gate,), "pessimistic"), now=tools.now(), seal=SEAL,
        )  # fmt: skip
        tools.gates.add(record)
    made.register(NAME, "c" * 64)
    made.set_alias(NAME, CHALLENGER, "1")

    @contextmanager
    def in_memory(*_: object, **__: object) -> Iterator[ResearchTools]:
        yield tools

    monkeypatch.setattr(compose, "research_tools", in_memory)
    return made


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["qts models", *words])
    code = run_command(app, "qts models")
    out, err = capsys.readouterr()
    return int(code), out, err


@pytest.mark.usefixtures("registry")
def test_list_says_of_each_version_whether_it_may_trade_and_why_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, monkeypatch, "list", "toy", "--json")
    rows = {row["version"]: row for row in json.loads(out)}
    assert code == ExitCode.OK
    assert [rows[v]["may_trade"] for v in ("1", "2", "3")] == [True, False, False]
    assert rows["1"]["aliases"] == [CHALLENGER]
    assert "needs at least 100" in rows["2"]["reason"]
    assert "never judged" in rows["3"]["reason"]


def test_promote_takes_the_challenger(
    registry: MemoryRegistry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(capsys, monkeypatch, "promote", "toy")
    assert code == ExitCode.OK
    assert "qts_toy version 1 is the champion" in out
    assert registry.aliases[NAME, CHAMPION] == "1"


def test_promote_of_a_refused_version_is_one_line_and_exit_code_2(
    registry: MemoryRegistry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(capsys, monkeypatch, "promote", "toy", "--version", "2")
    assert code == ExitCode.USER_ERROR
    assert len(err.strip().splitlines()) == 1
    assert "QTS-MODEL-005" in err
    assert (NAME, CHAMPION) not in registry.aliases


@pytest.mark.parametrize("words", [("--force",), ("--reason", "because")])
@pytest.mark.usefixtures("registry")
def test_force_needs_a_reason_and_a_reason_needs_force(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(capsys, monkeypatch, "promote", "toy", "--version", "2", *words)
    assert code == ExitCode.USER_ERROR
    assert "go together" in err


def test_force_with_a_reason_promotes_and_show_tells(
    registry: MemoryRegistry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(
        capsys, monkeypatch, "promote", "toy", "--version", "2", "--force", "--reason", "a drill", "--json"
    )
    assert code == ExitCode.OK
    assert json.loads(out)["champion"] == "2"
    assert registry.aliases[NAME, CHAMPION] == "2"
    _, shown, _ = run(capsys, monkeypatch, "show", "toy", "--version", "2")
    assert "because: a drill" in shown
    assert "gate.trades" in shown


def test_rollback_returns_to_the_version_before(
    registry: MemoryRegistry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, monkeypatch, "promote", "toy")
    run(capsys, monkeypatch, "promote", "toy", "--version", "2", "--force", "--reason", "a drill")
    code, out, _ = run(capsys, monkeypatch, "rollback", "toy")
    assert code == ExitCode.OK
    assert "version 1 is the champion again" in out
    assert registry.aliases[NAME, CHAMPION] == "1"


@pytest.mark.usefixtures("registry")
def test_an_unknown_model_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = run(capsys, monkeypatch, "show", "nobody")
    assert code == ExitCode.USER_ERROR
    assert "qts_nobody" in err
