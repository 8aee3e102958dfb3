"""Bad inputs B67, B69 and B70: files that cannot be read, keys against addresses, secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from qts_core.cli.main import app
from qts_core.market.errors import ExitCode
from tests.bad_inputs.refusals import SENTINEL, dotenv_of, load, refusal, written

# -- B67 --------------------------------------------------------------------------------------------------------


def test_b67_a_missing_folder_a_folder_for_a_file_and_a_file_for_a_folder(tmp_path: Path) -> None:
    line = refusal(tmp_path / "nowhere")
    assert line.startswith("QTS-CONF-001 MissingConfigError: The settings folder does not exist at ")
    assert line.endswith("check QTS_CONFIG_DIR")
    (tmp_path / "risk.yaml").mkdir()
    assert "The file cannot be read at " in refusal(tmp_path)
    assert "The settings folder does not exist" in refusal(written(tmp_path, "plain", "") / "plain")


def test_b67_an_unreadable_file_is_one_line(tmp_path: Path) -> None:
    written(tmp_path, "risk.yaml", "")
    (tmp_path / "risk.yaml").chmod(0)
    if os.access(tmp_path / "risk.yaml", os.R_OK):
        pytest.skip("this user may read everything")
    assert "The file cannot be read" in refusal(tmp_path)


def test_b67_a_missing_env_file_that_was_named_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path, dotenv=tmp_path / "no.env")
    assert line.startswith("QTS-CONF-001 MissingConfigError: The file cannot be read at ")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o602, 0o610])
@pytest.mark.parametrize("name", ["ALPACA_SECRET_KEY", "APCA_API_KEY_ID", "QTS_ALPACA__API_KEY", "POSTGRES_PASSWORD"])
def test_b67_a_file_of_secrets_that_others_may_use_is_refused(tmp_path: Path, mode: int, name: str) -> None:
    line = refusal(tmp_path, dotenv=dotenv_of(tmp_path, f"{name}={SENTINEL}\n", mode))
    assert line.startswith("QTS-CONF-007 InvalidConfigError: Others may use the file of secrets at ")
    assert f"found mode {mode:04o}, expected mode 0600; chmod 600 " in line


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_b67_a_file_of_secrets_for_oneself_is_read(tmp_path: Path, mode: int) -> None:
    text = f"ALPACA_API_KEY={SENTINEL}\nALPACA_SECRET_KEY={SENTINEL}\n"
    assert load(tmp_path, dotenv=dotenv_of(tmp_path, text, mode)).settings.alpaca.has_keys


def test_b67_without_secrets_others_may_read_but_not_write(tmp_path: Path) -> None:
    assert (
        load(tmp_path, dotenv=dotenv_of(tmp_path, "MAX_POSITIONS=3\n", 0o644)).settings.risk.portfolio.max_positions
        == 3
    )
    line = refusal(tmp_path, dotenv=dotenv_of(tmp_path, "MAX_POSITIONS=3\n", 0o646))
    assert "Others may change the file of settings" in line


def test_b67_a_line_of_the_env_file_that_is_no_assignment_is_refused_without_its_content(tmp_path: Path) -> None:
    line = refusal(tmp_path, dotenv=dotenv_of(tmp_path, f"MAX_POSITIONS=3\nALPACA_SECRET_KEY='{SENTINEL}\n"))
    assert line.startswith("QTS-CONF-002 ConfigParseError: A line is no assignment at ")
    assert ".env:2" in line


# -- B69 ---------------------------------------------------------------------------------------------------------


LIVE = {"TRADING_MODE": "live", "ALPACA_PAPER_TRADING": "false", "ALPACA_SECRET_KEY": SENTINEL}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({**LIVE, "ALPACA_API_KEY": f"PK{SENTINEL}"}, "ALPACA_API_KEY is a paper key (PK...)"),
        ({"ALPACA_API_KEY": f"AK{SENTINEL}", "ALPACA_SECRET_KEY": SENTINEL}, "ALPACA_API_KEY is a live key (AK...)"),
        ({"ALPACA_BASE_URL": "https://api.alpaca.markets"}, "alpaca.base_url is the live host api.alpaca.markets"),
        (
            {**LIVE, "ALPACA_API_KEY": "AKX", "ALPACA_BASE_URL": "https://paper-api.alpaca.markets/v2"},
            "alpaca.base_url is the paper host paper-api.alpaca.markets but alpaca.paper_trading is false",
        ),
        ({"TRADING_MODE": "live"}, "trading.mode is live but alpaca.paper_trading is true"),
    ],
)
def test_b69_keys_address_and_mode_must_agree_before_any_request(
    tmp_path: Path, environment: Mapping[str, str], words: str
) -> None:
    assert words in refusal(tmp_path, environment)


def test_b69_live_mode_needs_its_confirmation_on_the_command_line(tmp_path: Path) -> None:
    # A process of its own: the daemon keeps training libraries out of the one it runs in.
    own = {**os.environ, **LIVE, "ALPACA_API_KEY": "AKX", "QTS_HOME": str(tmp_path), "QTS_DEBUG": ""}
    command = [sys.executable, "-m", "live_daemon", "run", "--until-close"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USER_ERROR
    errors = done.stderr
    assert errors.startswith("QTS-CLI-001 InvalidConfigError: A command-line argument is wrong at --mode; found live")
    assert "--confirm and --account" in errors
    assert SENTINEL not in errors


# -- B70 --------------------------------------------------------------------------------------------------------


def test_b70_an_empty_secret_is_a_missing_one(tmp_path: Path) -> None:
    line = refusal(tmp_path, {"ALPACA_API_KEY": "", "ALPACA_SECRET_KEY": SENTINEL})
    assert line == "QTS-CONF-001 MissingConfigError: ALPACA_SECRET_KEY is set but ALPACA_API_KEY is not"
    line = refusal(tmp_path, {"TRADING_MODE": "live", "ALPACA_PAPER_TRADING": "false"})
    assert line.startswith("QTS-CONF-001 MissingConfigError: trading.mode is live but ALPACA_API_KEY and")


@pytest.mark.parametrize("text", ["'{}'", '"{}"', "{}\n", "{}\r\n", " {}", "{}\t", "{}\u200b", "{} {}"])
def test_b70_a_quoted_or_broken_secret_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    secret = text.format(SENTINEL, SENTINEL)
    line = refusal(tmp_path, {"ALPACA_API_KEY": "PKX", "ALPACA_SECRET_KEY": secret})
    assert line.startswith("QTS-CONF-003 InvalidConfigError: alpaca.secret_key is not allowed at environment ")
    assert "found a secret, holds a space, line break or quotation mark; write it bare" in line


def test_b70_quotation_marks_of_the_env_file_are_not_part_of_the_secret(tmp_path: Path) -> None:
    dotenv = dotenv_of(tmp_path, f"ALPACA_API_KEY=\"PK1\"\nALPACA_SECRET_KEY='{SENTINEL}'\n")
    alpaca = load(tmp_path, dotenv=dotenv).settings.alpaca
    assert alpaca.secret_key is not None
    assert alpaca.secret_key.get_secret_value() == SENTINEL


def test_b70_a_secret_in_a_settings_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    line = refusal(written(tmp_path, "trading.yaml", f"alpaca: {{secret_key: {SENTINEL}}}\n"))
    assert line.startswith("QTS-CONF-004 InvalidConfigError: Unknown key trading.alpaca at ")


def options_of(command: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield (command, option) of a whole command line; click's classes are no public types of typer."""
    for parameter in command.params:
        yield from ((path, option) for option in parameter.opts)
    if hasattr(command, "list_commands"):
        context = command.context_class(command)
        for name in command.list_commands(context):
            lazy = getattr(command, "lazy_commands", {}).get(name)
            yield from options_of(lazy.load(name) if lazy else command.get_command(context, name), f"{path} {name}")


@pytest.mark.parametrize("program", ["qts", "live-daemon"])
def test_b70_no_option_takes_a_secret(program: str) -> None:
    from typer.main import get_command

    from live_daemon import cli

    if program == "live-daemon" and not any(c.name == "exchange" for c in cli.app.registered_commands):
        cli._add_exchange()
    found = list(options_of(get_command(app if program == "qts" else cli.app), program))
    assert len(found) > 10
    words = ("secret", "password", "token", "api-key", "apikey", "credential")
    assert [each for each in found if any(word in each[1] for word in words) or each[1] == "--key"] == []
