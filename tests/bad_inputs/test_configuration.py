"""Bad inputs B59 to B66, B68, B71: settings files, environment, days on the command line; secrets stand apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from qts_core.adapters.settings_files import load_settings
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.config.shown import shown_values
from qts_core.market.errors import ExitCode
from tests.bad_inputs.refusals import SENTINEL, dotenv_of, load, refusal, written

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
NEGATIVE_MAY_BE = {"min_net_sharpe", "min_rank_ic", "exit_threshold", "patient_offset_bps"}


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
        ("position_sizing: {method: [volatility_based]}", "expected 'volatility_based', 'equal_weight'"),
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


# -- B68 ---------------------------------------------------------------------------------------------------------


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
