"""Every failure of a command is one line and a documented exit code."""

from __future__ import annotations

import os

import pytest
import typer

from qts_core.cli.errors import run_command
from qts_core.market.errors import (
    AnotherInstanceError,
    BrokerConnectionError,
    DataCorruptionError,
    DataValidationError,
    DrawdownLimitError,
    ExitCode,
    InvalidConfigError,
    ModelLoadError,
)

app = typer.Typer(no_args_is_help=True)
FAILURES: dict[str, BaseException] = {}


@app.command()
def fail(name: str) -> None:
    raise FAILURES[name]


@app.command()
def leave(code: int) -> None:
    raise typer.Exit(code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidConfigError("QTS-CONF-003", "wrong\nvalue"), 2),
        (DataValidationError("QTS-DATA-001", "bad"), 2),
        (DataCorruptionError("QTS-DATA-001", "bad"), 3),
        (ModelLoadError("QTS-MODEL-002", "bad"), 3),
        (AnotherInstanceError("QTS-LIVE-001", "bad"), 4),
        (BrokerConnectionError("QTS-EXEC-001", "bad"), 5),
        (DrawdownLimitError("QTS-RISK-001", "bad"), 6),
        (ZeroDivisionError("what\nnow"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_failure_is_one_line_and_its_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    FAILURES["it"] = error
    assert run_command(app, "qts", ["fail", "it"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") <= 1
    assert "Traceback" not in captured.err


def test_an_unexpected_failure_says_how_to_see_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    FAILURES["it"] = ZeroDivisionError("x")
    run_command(app, "qts", ["fail", "it"])
    assert "QTS_DEBUG=1" in capsys.readouterr().err
    monkeypatch.setenv("QTS_DEBUG", "1")
    run_command(app, "qts", ["fail", "it"])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["fial", "x"], ["fail"], ["fail", "a", "b"], ["fail", "--nope", "x"]])
def test_a_usage_error_points_to_help_and_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(app, "qts", arguments) == ExitCode.USER_ERROR
    error = capsys.readouterr().err
    assert error.startswith("QTS-CLI-001 qts")
    assert "--help`" in error
    assert error.count("\n") == 1


def test_no_arguments_show_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(app, "qts", []) == ExitCode.OK
    assert "Usage" in capsys.readouterr().out


def test_a_command_may_choose_its_exit_code() -> None:
    assert run_command(app, "qts", ["leave", "7"]) == ExitCode.KILLED


def test_waiting_openmp_threads_do_not_spin_unless_the_user_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    app.command()(lambda: None)
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    run_command(app, "qts", [])
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    run_command(app, "qts", [])
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
