"""Settings from files and the environment: precedence, sources, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from qts_core.adapters.settings_files import LoadedSettings, load_settings
from qts_core.market.errors import ConfigParseError, ConfigurationError, InvalidConfigError, MissingConfigError

SPECIFICATION_FILES = {
    "symbols.yaml": """
universe: {name: "US_EQUITIES_50", version: "1.0.0", update_date: "2025-01-01"}
symbols:
  - {symbol: AAPL, sector: Technology, industry: Consumer Electronics, weight: 0.05, tradeable: true}
  - {symbol: MSFT, sector: Technology, industry: Software, weight: 0.05, tradeable: true}
sector_limits: {Technology: 0.30, Healthcare: 0.25, Financials: 0.20, Consumer: 0.15, Other: 0.10}
blacklist: {symbols: [], reasons: {}}
trading_hours:
  regular: {start: "09:30", end: "16:00"}
  extended: {pre_market: false, after_hours: false}
""",
    "model_configs.yaml": """
live_model: xgboost_direction
models:
  xgboost_direction:
    type: "xgboost"
    task: "classification"
    target: "direction_1bar"
    enabled: true
    hyperparameters: {n_estimators: 1000, max_depth: 6, learning_rate: 0.05, subsample: 0.8, colsample_bytree: 0.8,
                      reg_alpha: 0.1, reg_lambda: 1.0, min_child_weight: 3, early_stopping_rounds: 50}
    features: {groups: ["technical_momentum", "technical_volatility", "statistical_returns"], exclude: ["future_*"]}
    training: {validation_method: "walk_forward", train_window_days: 252, validation_window_days: 63,
               retrain_frequency: "weekly"}
  lstm_returns:
    type: "lstm"
    task: "regression"
    target: "return_5bar"
    hyperparameters: {hidden_size: 128, dropout: 0.3}
    features: {groups: ["all"], normalize: true, normalization_method: "zscore"}
  transformer_regime: {type: "transformer", task: "classification", target: "regime"}
ensemble: {method: "stacking", meta_learner: "ridge", weights_method: "sharpe_weighted", min_agreement: 0.6}
""",
    "risk_params.yaml": """
position_sizing: {method: "volatility_based", target_volatility: 0.15, max_position_pct: 0.10, min_position_pct: 0.01,
                  kelly_fraction: 0.25}
portfolio: {max_positions: 20, max_sector_exposure: 0.30, max_correlated_exposure: 0.40, rebalance_threshold: 0.05,
            optimization_method: "risk_parity"}
risk_limits: {daily_loss_limit: 0.02, weekly_loss_limit: 0.05, monthly_loss_limit: 0.10, max_drawdown: 0.15,
              var_95_limit: 0.03}
drawdown_actions:
  levels:
    - {threshold: 0.05, action: "reduce_size", reduction: 0.25}
    - {threshold: 0.10, action: "reduce_size", reduction: 0.50}
    - {threshold: 0.15, action: "flatten_all", notification: "critical"}
kill_switch:
  enabled: true
  triggers: ["max_drawdown_breach", "daily_loss_breach", "system_error", "data_feed_failure", "broker_disconnection"]
  actions: ["cancel_all_orders", "flatten_positions", "halt_trading", "send_critical_alert"]
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "risk.yaml").write_text("portfolio:\n  max_positions: 12\n", encoding="utf-8")
    return tmp_path


def load(folder: Path, environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> LoadedSettings:
    return load_settings(config_dir=folder, environment=environment or {}, dotenv=dotenv)


def refusal(folder: Path, environment: Mapping[str, str]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, environment)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_specifications_own_files_load_as_they_stand(tmp_path: Path) -> None:
    for name, text in SPECIFICATION_FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = load(tmp_path).settings
    assert settings.universe.tradable == ("AAPL", "MSFT")
    xgboost = settings.models.models["xgboost_direction"]
    assert (xgboost.training.train_sessions, xgboost.training.test_sessions, xgboost.horizon_bars) == (252, 63, 1)
    assert xgboost.hyperparameters["early_stopping_rounds"] == 50
    assert settings.models.models["lstm_returns"].horizon_bars == 5
    assert settings.risk.drawdown_actions.levels[2].action == "flatten_all"


@pytest.mark.parametrize(
    ("environment", "in_dotenv", "in_yaml", "expected", "source"),
    [
        ("3", "4", "5", 3, "environment MAX_POSITIONS"),
        (None, "4", "5", 4, ".env MAX_POSITIONS"),
        (None, None, "5", 5, "risk.yaml:2"),
        (None, None, None, 20, "default"),
        ("", "4", "5", 4, ".env MAX_POSITIONS"),
    ],
)
def test_environment_beats_dotenv_beats_yaml_beats_default(
    tmp_path: Path, environment: str | None, in_dotenv: str | None, in_yaml: str | None, expected: int, source: str
) -> None:
    line = f"  max_positions: {in_yaml}\n" if in_yaml else "  is_long_only: false\n"
    (tmp_path / "risk.yaml").write_text("portfolio:\n" + line, encoding="utf-8")
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"MAX_POSITIONS={in_dotenv}\n" if in_dotenv else "\n", encoding="utf-8")
    loaded = load(tmp_path, {"MAX_POSITIONS": environment} if environment is not None else {}, dotenv)
    assert loaded.settings.risk.portfolio.max_positions == expected
    assert loaded.source(("risk", "portfolio", "max_positions")).endswith(source)


def test_a_file_that_the_folder_lacks_comes_from_the_shipped_ones(folder: Path) -> None:
    loaded = load(folder)
    assert len(loaded.settings.universe.tradable) == 50
    assert "universe.yaml:" in loaded.source(("universe", "symbols", 0, "sector"))


def test_any_key_can_be_set_from_the_environment(folder: Path) -> None:
    settings = load(folder, {"QTS_RISK__PORTFOLIO__IS_LONG_ONLY": "true", "QTS_FEATURES__GROUPS": "[trend, volume]"})
    assert settings.settings.risk.portfolio.is_long_only is True
    assert settings.settings.features.groups == ("trend", "volume")


def test_alpacas_own_names_are_understood(folder: Path) -> None:
    alpaca = load(folder, {"APCA_API_KEY_ID": "PK1", "APCA_API_SECRET_KEY": "s"}).settings.alpaca
    assert alpaca.has_keys
    assert alpaca.api_key is not None
    assert alpaca.api_key.get_secret_value() == "PK1"


def test_a_key_that_looks_like_a_number_stays_text(folder: Path) -> None:
    alpaca = load(folder, {"ALPACA_API_KEY": "123456", "ALPACA_SECRET_KEY": "true"}).settings.alpaca
    assert alpaca.api_key is not None
    assert alpaca.api_key.get_secret_value() == "123456"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"MAX_POSITIONS": "2.5"}, ("MAX_POSITIONS", "found 2.5", "whole number")),
        ({"MAX_DAILY_LOSS_PCT": "2"}, ("daily_loss_limit", "found 2", "0.02 is 2 %")),
        ({"MAX_DRAWDOWN_PCT": ".nan"}, ("max_drawdown", "found nan", "finite")),
        ({"MAX_DRAWDOWN_PCT": "1e400"}, ("max_drawdown", "found inf", "finite")),
        ({"MAX_POSITIONS": "yes"}, ("MAX_POSITIONS", "found yes")),
        ({"TRADING_START_TIME": "9:30"}, ("trading_start_time", "found 9:30", '"09:30"')),
        ({"TRADING_MODE": "real"}, ("trading.mode", "found real", "'dry', 'paper' or 'live'")),
        ({"QTS_RISK__PORTFOLIO__MAX_POSTIONS": "3"}, ("max_postions", "did you mean max_positions?")),
        ({"ALPACA_API_KEY": "a", "APCA_API_KEY_ID": "b"}, ("ALPACA_API_KEY and APCA_API_KEY_ID", "different values")),
        ({"TRADING_MODE": "live", "ALPACA_PAPER_TRADING": "true"}, ("live", "paper_trading is true")),
        ({"TIMEZONE": "Mars/Olympus"}, ("trading.timezone", "Mars/Olympus")),
        ({"ALPACA_PAPER_TRADING": "perhaps"}, ("ALPACA_PAPER_TRADING", "true or false")),
    ],
)
def test_a_wrong_variable_is_named_with_what_was_found_and_expected(
    folder: Path, environment: dict[str, str], words: tuple[str, ...]
) -> None:
    line = str(refusal(folder, environment))
    assert all(word in line for word in words), line


def test_all_problems_are_listed_at_once(folder: Path) -> None:
    error = refusal(folder, {"QTS_TRADING__MOD": "x", "MAX_DAILY_LOSS_PCT": "2", "TRADING_MODE": "real"})
    assert "3 settings are wrong" in str(error)
    assert len(error.__notes__) == 3


def test_a_secret_is_never_shown_in_a_refusal(folder: Path) -> None:
    line = str(refusal(folder, {"ALPACA_API_KEY": "SENTINEL one", "ALPACA_SECRET_KEY": "'SENTINEL'"}))
    assert "SENTINEL" not in line
    assert "alpaca.api_key" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("portfolio:\n  max_drawdwn: 1\n", ("risk.portfolio.max_drawdwn", "risk.yaml:2")),
        ("risk_limits:\n  max_drawdwn: 0.1\n", ("did you mean max_drawdown?", "risk.yaml:2")),
        ("portfolio:\n  is_long_only: yes\n", ("is_long_only", "found yes", "true or false")),
        ("portfolio:\n  max_gross_exposure: true\n", ("max_gross_exposure", "a number")),
        ("portfolio:\n  max_gross_exposure: 1_000\n", ("found 1_000", "a number")),
        ("portfolio: 5\n", ("risk.portfolio", "a mapping")),
        (
            "drawdown_actions:\n  levels:\n    - {action: flatten_all}\n",
            ("levels[0].threshold is missing", "risk.yaml:3"),
        ),
        ("kill_switch:\n  triggers: [earthquake]\n", ("triggers[0]", "found earthquake", "risk.yaml:2")),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    (tmp_path / "risk.yaml").write_text(text, encoding="utf-8")
    line = str(refusal(tmp_path, {}))
    assert all(word in line for word in words), line


def test_a_symbol_that_yaml_reads_as_a_value_asks_for_quotes(tmp_path: Path) -> None:
    (tmp_path / "universe.yaml").write_text("symbols:\n  - {symbol: TRUE}\n", encoding="utf-8")
    line = str(refusal(tmp_path, {}))
    assert "universe.symbols[0].symbol" in line
    assert "quote it" in line


def test_symbols_like_on_and_no_are_words(tmp_path: Path) -> None:
    (tmp_path / "universe.yaml").write_text("symbols: [{symbol: ON}, {symbol: NO}, {symbol: Y}]\n", encoding="utf-8")
    assert load(tmp_path).settings.universe.tradable == ("NO", "ON", "Y")


def test_one_file_under_two_names_is_refused(folder: Path) -> None:
    (folder / "risk_params.yaml").write_text("", encoding="utf-8")
    with pytest.raises(InvalidConfigError, match=r"risk.yaml and risk_params.yaml"):
        load(folder)


def test_a_setting_under_two_spellings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(
        "models:\n  m:\n    training: {train_sessions: 1, train_window_days: 2}\n", encoding="utf-8"
    )
    with pytest.raises(InvalidConfigError, match="given twice"):
        load(tmp_path)


def test_a_missing_folder_or_unreadable_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingConfigError, match="does not exist"):
        load(tmp_path / "nowhere")
    (tmp_path / "risk.yaml").mkdir()
    with pytest.raises(MissingConfigError, match="cannot be read"):
        load(tmp_path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "risk.yaml").write_bytes(b"portfolio: \xff\xfe\n")
    with pytest.raises(ConfigParseError, match="not UTF-8"):
        load(tmp_path)


def test_a_file_of_secrets_that_anybody_may_change_is_refused(folder: Path) -> None:
    dotenv = folder / ".env"
    dotenv.write_text("MAX_POSITIONS=3\n", encoding="utf-8")
    dotenv.chmod(0o666)
    with pytest.raises(InvalidConfigError, match="chmod 600"):
        load(folder, {}, dotenv)


def test_odd_files_and_variables_are_warned_about(folder: Path) -> None:
    (folder / "riks.yaml").write_text("", encoding="utf-8")
    warnings = load(folder, {"QTS_HOEM": "x"}).warnings
    assert any("riks.yaml" in w and "did you mean risk.yaml?" in w for w in warnings)
    assert any("QTS_HOEM" in w and "did you mean QTS_HOME?" in w for w in warnings)


def test_home_becomes_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert load(folder, {"QTS_HOME": "mine"}).settings.home == folder / "mine"


def test_a_home_that_is_given_takes_database_and_registry_along_unless_the_environment_names_others(
    tmp_path: Path,
) -> None:
    environment = {"QTS_HOME": str(tmp_path / "theirs")}
    settings = load_settings(environment=environment, home=tmp_path / "mine").settings
    assert settings.home == tmp_path / "mine"
    assert settings.mlflow.tracking_uri == f"sqlite:///{tmp_path / 'mine' / 'mlflow' / 'mlflow.db'}"
    assert settings.mlflow.artifact_root == tmp_path / "mine" / "mlflow" / "artifacts"
    assert settings.database.url == f"sqlite:///{tmp_path / 'mine' / 'qts.db'}"
    environment["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:5000"
    named = load_settings(environment=environment, home=tmp_path / "mine").settings
    assert named.mlflow.tracking_uri == "http://127.0.0.1:5000"
