"""Bad inputs B59 to B71: settings files, environment, secrets and days on the command line."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from qts_core.adapters.settings_files import LoadedSettings, load_settings
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.config.shown import shown_values
from qts_core.market.errors import (
    ConfigParseError,
    ConfigurationError,
    ExitCode,
    InvalidConfigError,
    MissingConfigError,
)

SENTINEL = "SENTINEL-7f3a"


def load(folder: Path, environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> LoadedSettings:
    return load_settings(config_dir=folder, environment=environment or {}, dotenv=dotenv)


def refusal(folder: Path, environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> str:
    """Return the one line with which the settings are refused; every refusal has exit code 2."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, environment, dotenv)
    line = str(caught.value)
    assert caught.value.exit_code is ExitCode.USER_ERROR
    assert "\n" not in line
    assert SENTINEL not in line
    return line


def written(folder: Path, name: str, text: str) -> Path:
    """Write one settings file; the two long ones that are shipped stand aside, which is ten times as quick."""
    for short in ("universe.yaml", "models.yaml"):
        if not (folder / short).exists():
            (folder / short).write_text("", encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def dotenv_of(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


# -- B59 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "found"), [("9:30", "9:30"), ("570", "570"), ("9.5", "9.5"), ('"24:00"', "24:00")])
def test_b59_a_time_of_day_that_is_none_is_refused_with_the_way_to_write_it(
    tmp_path: Path, value: str, found: str
) -> None:
    line = refusal(written(tmp_path, "trading.yaml", f"mode: paper\ntrading_start_time: {value}\n"))
    assert line.startswith("QTS-CONF-003 InvalidConfigError: trading.trading_start_time is not allowed at ")
    assert f"trading.yaml:2: found {found}, expected" in line
    assert line.endswith('write a quoted time: "09:30"')


def test_b59_no_time_is_read_in_base_sixty(tmp_path: Path) -> None:
    folder = written(tmp_path, "trading.yaml", "trading_start_time: 09:30\ntrading_end_time: 16:00\n")
    trading = load(folder).settings.trading
    assert (trading.trading_start_time, trading.trading_end_time) == ("09:30", "16:00")


def test_b59_the_environments_name_of_a_setting_is_no_key_of_a_file(tmp_path: Path) -> None:
    line = refusal(written(tmp_path, "trading.yaml", "TRADING_START_TIME: 9:30\n"))
    assert "Unknown key trading.TRADING_START_TIME" in line
    assert "did you mean trading_start_time?" in line


# -- B60 --------------------------------------------------------------------------------------------------------


def test_b60_a_key_given_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    text = "risk_limits:\n  daily_loss_limit: 0.02\n  max_drawdown: 0.15\n  daily_loss_limit: 2.0\n"
    line = refusal(written(tmp_path, "risk.yaml", text))
    assert line.startswith("QTS-CONF-002 ConfigParseError: The key risk_limits.daily_loss_limit stands twice at ")
    assert "risk.yaml; found lines 2 and 4; keep one" in line


def test_b60_the_same_key_in_two_spellings_is_refused(tmp_path: Path) -> None:
    text = "models:\n  m:\n    training: {train_sessions: 100, train_window_days: 252}\n"
    assert "is given twice" in refusal(written(tmp_path, "models.yaml", text))


def test_b60_a_variable_set_twice_in_the_env_file_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path, dotenv=dotenv_of(tmp_path, f"MAX_POSITIONS=3\nLOG_LEVEL={SENTINEL}\nMAX_POSITIONS=30\n"))
    assert line.startswith("QTS-CONF-002 ConfigParseError: The variable MAX_POSITIONS is set twice at ")
    assert "found lines 1 and 3" in line


def test_b60_one_file_under_its_two_names_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "risk.yaml", "")
    line = refusal(written(tmp_path, "risk_params.yaml", ""))
    assert "risk.yaml and risk_params.yaml are the same settings file under two names" in line


# -- B61 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("risk_limits: {max_drawdwn: 0.1}", "risk.risk_limits.max_drawdwn", "max_drawdown?"),
        ("max_drawdwn: 0.1", "risk.max_drawdwn", "risk.risk_limits.max_drawdown?"),
        ("portfolio: {kelly_fractoin: 0.1}", "risk.portfolio.kelly_fractoin", "risk.position_sizing.kelly_fraction?"),
        ("Portfolio: {}", "risk.Portfolio", "portfolio?"),
    ],
)
def test_b61_a_misspelt_key_names_the_nearest_one(tmp_path: Path, text: str, key: str, hint: str) -> None:
    line = refusal(written(tmp_path, "risk.yaml", text + "\n"))
    assert line.startswith(f"QTS-CONF-004 InvalidConfigError: Unknown key {key} at ")
    assert line.endswith(f"risk.yaml:1; did you mean {hint}")


def test_b61_a_misspelt_file_or_variable_is_warned_about(tmp_path: Path) -> None:
    warnings = load(written(tmp_path, "riks.yaml", ""), {"QTS_HOEM": "x"}).warnings
    assert any("riks.yaml is read by nothing; did you mean risk.yaml?" in warning for warning in warnings)
    assert any("QTS_HOEM is read by nothing; did you mean QTS_HOME?" in warning for warning in warnings)


# -- B62, B63, B64 ----------------------------------------------------------------------------------------------


def numbers() -> Iterator[tuple[str, ...]]:
    """Yield the key of every setting that is a number and is shipped with a value."""
    loaded = load_settings(environment={})
    for shown in shown_values(loaded.settings, loaded.layers):
        parts = shown.key.replace("[", ".").replace("]", "").split(".")
        is_number = isinstance(shown.value, int | float) and not isinstance(shown.value, bool)
        if is_number and "hyperparameters" not in parts and not any(part.isdigit() for part in parts):
            yield tuple(parts)


NUMBERS = sorted(numbers())
NEGATIVE_MAY_BE = {"min_net_sharpe", "min_rank_ic", "exit_threshold"}


def nested(key: tuple[str, ...], value: str) -> str:
    """Return ``a: {b: {c: value}}`` for the keys below the section."""
    return ": {".join(key[1:]) + ": " + value + "}" * (len(key) - 2) + "\n"


FILES = {"alpaca", "database", "home", "mlflow"}


@pytest.mark.parametrize("key", [k for k in NUMBERS if k[0] not in FILES and k[1] != "storage"], ids=".".join)
@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e400", "1e300", "9" * 40, "9" * 5000, "true", '"1"'])
def test_b62_no_number_may_be_nan_infinite_huge_or_something_else(
    tmp_path: Path, key: tuple[str, ...], value: str
) -> None:
    line = refusal(written(tmp_path, f"{key[0]}.yaml", nested(key, value)))
    assert ".".join(key) in line
    assert len(line) < 2000


@pytest.mark.parametrize("key", [k for k in NUMBERS if k[0] in ("risk", "backtest", "trading")], ids=".".join)
def test_b62_no_limit_may_be_negative(tmp_path: Path, key: tuple[str, ...]) -> None:
    if key[-1] in NEGATIVE_MAY_BE:
        pytest.skip("a measure that may be negative")
    assert ".".join(key) in refusal(written(tmp_path, f"{key[0]}.yaml", nested(key, "-0.01")))


@pytest.mark.parametrize(
    ("variable", "value", "found"),
    [("MAX_DAILY_LOSS_PCT", ".nan", "nan"), ("MAX_DRAWDOWN_PCT", "inf", "inf"), ("MAX_POSITIONS", "1e9", "1e9")],
)
def test_b62_the_environment_is_no_way_around(tmp_path: Path, variable: str, value: str, found: str) -> None:
    assert f"found {found}, expected" in refusal(written(tmp_path, "risk.yaml", ""), {variable: value})


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("daily_loss_limit", "2", "it is a fraction: 0.02 is 2 %"),
        ("max_drawdown", "15", "it is a fraction: 0.15 is 15 %"),
        ("weekly_loss_limit", "5.0", "it is a fraction: 0.05 is 5 %"),
    ],
)
def test_b63_per_cent_where_a_fraction_is_meant_says_so(tmp_path: Path, key: str, value: str, hint: str) -> None:
    line = refusal(written(tmp_path, "risk.yaml", f"risk_limits: {{{key}: {value}}}\n"))
    assert f"risk.risk_limits.{key} is not allowed at " in line
    assert line.endswith(hint)


def test_b63_a_daily_loss_of_a_fifth_is_the_most_that_may_be_asked_for(tmp_path: Path) -> None:
    line = refusal(written(tmp_path, "risk.yaml", "risk_limits: {daily_loss_limit: 0.21}\n"))
    assert "found 0.21, expected less than or equal to 0.2" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("portfolio: {max_positions: 1_0}", "found 1_0, expected a whole number"),
        ("portfolio: {max_positions: 1e1}", "found 10.0, expected a whole number"),
        ("portfolio: {is_long_only: yes}", "found yes, expected true or false"),
        ("portfolio: {is_long_only: on}", "found on, expected true or false"),
        ("portfolio: {is_long_only: 1}", "found 1, expected true or false"),
        ("portfolio: {max_gross_exposure: 1,5}", "A key is no text at "),
        ("risk_limits: {max_drawdown: 0,1}", "A key is no text at "),
        ("position_sizing: {method: [volatility_based]}", "expected 'volatility_based' or 'equal_weight'"),
    ],
)
def test_b64_words_and_numbers_of_another_yaml_are_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(written(tmp_path, "risk.yaml", text + "\n"))


def test_b64_what_yaml_1_2_reads_is_read_exactly(tmp_path: Path) -> None:
    text = "portfolio: {max_positions: 010, rebalance_threshold: 1e-2}\n"
    portfolio = load(written(tmp_path, "risk.yaml", text)).settings.risk.portfolio
    assert (portfolio.max_positions, portfolio.rebalance_threshold) == (10, 0.01)
    assert math.isclose(load(tmp_path, {"MAX_DAILY_LOSS_PCT": "1e-2"}).settings.risk.risk_limits.daily_loss_limit, 0.01)


# -- B66 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "portfolio: !!python/object/apply:os.system ['true']",
        "portfolio: !!python/name:os.system",
        "portfolio: !custom {}",
        "portfolio: !!binary aGk=",
        "portfolio: !!set {a}",
        "portfolio: !!timestamp 2024-01-01",
    ],
)
def test_b66_a_tag_is_refused(tmp_path: Path, text: str) -> None:
    line = refusal(written(tmp_path, "risk.yaml", text + "\n"))
    assert line.startswith("QTS-CONF-002 ConfigParseError: A tag is not allowed at ")
    assert "risk.yaml:1 (portfolio)" in line


def test_b66_anchors_that_grow_and_loops_are_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    assert "An anchor is used twice" in refusal(written(tmp_path, "risk.yaml", bomb))
    assert "An anchor is used twice" in refusal(written(tmp_path, "risk.yaml", "portfolio: &p {again: *p}\n"))


def test_b66_no_code_loads_yaml_but_through_the_reader() -> None:
    root = Path(__file__).parents[2]
    files = [p for name in ("qts_core", "qts_dagster", "live_daemon") for p in (root / name).rglob("*.py")]
    users = [p.relative_to(root).as_posix() for p in files if "import yaml" in p.read_text(encoding="utf-8")]
    assert users == ["qts_core/config/yaml_text.py"]


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


# -- B68, B69 ---------------------------------------------------------------------------------------------------


def test_b68_every_contradiction_between_files_is_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, "universe.yaml", "symbols: [{symbol: A, sector: Energy}]\nsector_limits: {Energy: 0.40}\n")
    written(
        tmp_path,
        "risk.yaml",
        "position_sizing: {max_position_pct: 0.35}\n"
        "portfolio: {max_sector_exposure: 0.30, max_gross_exposure: 0.25}\n"
        "drawdown_actions:\n  levels:\n    - {threshold: 0.10, action: reduce_size, reduction: 0.5}\n"
        "    - {threshold: 0.05, action: flatten_all}\n",
    )
    line = refusal(tmp_path)
    assert line.startswith("QTS-CONF-005 InvalidConfigError: 4 settings are wrong: (1) ")
    for words in (
        "risk.position_sizing.max_position_pct is 0.35 but risk.portfolio.max_sector_exposure is 0.3",
        "risk.portfolio.max_sector_exposure is 0.3 but risk.portfolio.max_gross_exposure is 0.25",
        "universe.sector_limits.Energy is 0.4 but risk.portfolio.max_sector_exposure is 0.3",
        "levels[0].threshold is 0.1 but levels[1] has 0.05; thresholds must rise",
    ):
        assert words in line


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


def test_b69_live_mode_needs_its_confirmation_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from live_daemon.cli import app as daemon

    for name, value in {**LIVE, "ALPACA_API_KEY": "AKX", "QTS_HOME": str(tmp_path), "QTS_DEBUG": ""}.items():
        monkeypatch.setenv(name, value)
    assert run_command(daemon, "live-daemon", ["run", "--until-close"]) == ExitCode.USER_ERROR
    errors = capsys.readouterr().err
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


# -- B71 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2024-02-30", "found 2024-02-30, which is no day of the calendar"),
        ("01/02/2024", "found 01/02/2024, expected a New York date such as 2024-12-31"),
        ("2024-1-2", "found 2024-1-2, expected"),
        ("20240102", "found 20240102, expected"),
        ("2024-01-02T10:00", "found 2024-01-02T10:00, expected"),
        ("2024-01-02+00:00", "expected a New York date"),
        ("yesterday", "found yesterday, expected"),
        ("\u0662\u0660\u0662\u0664-01-02", "expected a New York date"),
        ("0000-01-01", "which is no day of the calendar"),
    ],
)
def test_b71_only_iso_days_are_read(day: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(app, "qts", ["parity", day]) == ExitCode.USER_ERROR
    errors = capsys.readouterr().err
    assert errors.startswith("QTS-CLI-001 qts parity: Invalid value for 'session': ")
    assert words in errors
    assert errors.count("\n") == 1


def test_errors_of_this_page_are_of_the_declared_classes() -> None:
    for kind in (ConfigParseError, InvalidConfigError, MissingConfigError):
        assert issubclass(kind, ConfigurationError)
