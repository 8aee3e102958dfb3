"""The environment variables of QTS, each with the setting it sets (specification 15.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["OVERRIDE_PREFIX", "RUNTIME_VARIABLES", "SECRET_KEYS", "SECRET_VARIABLES", "VARIABLES", "Kind", "Variable"]

OVERRIDE_PREFIX = "QTS_"
"""Any key of a settings file can be set as ``QTS_<SECTION>__<KEY>``, such as ``QTS_RISK__PORTFOLIO__MAX_POSITIONS``."""


class Kind(StrEnum):
    """How the text of a variable becomes a value."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable.

    Attributes
    ----------
    name : str
        The specification's name.
    key : str
        Dotted key of the setting.
    kind : Kind
        How its text is read.
    aliases : tuple of str
        Other names, such as Alpaca's own.
    is_secret : bool
        Whether its value is never shown.
    """

    name: str
    key: str
    kind: Kind = Kind.TEXT
    aliases: tuple[str, ...] = ()
    is_secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("QTS_HOME", "home"),
    Variable("ALPACA_API_KEY", "alpaca.api_key", aliases=("APCA_API_KEY_ID",), is_secret=True),
    Variable(
        "ALPACA_SECRET_KEY",
        "alpaca.secret_key",
        aliases=("APCA_API_SECRET_KEY", "ALPACA_API_SECRET"),
        is_secret=True,
    ),
    Variable("ALPACA_BASE_URL", "alpaca.base_url", aliases=("APCA_API_BASE_URL",)),
    Variable("ALPACA_DATA_URL", "alpaca.data_url", aliases=("APCA_API_DATA_URL",)),
    Variable("ALPACA_PAPER_TRADING", "alpaca.paper_trading", Kind.FLAG, ("ALPACA_PAPER_TRADE", "ALPACA_IS_PAPER")),
    Variable("ALPACA_RATE_LIMIT", "alpaca.rate_limit_per_minute", Kind.WHOLE),
    Variable("ALPACA_TRADE_STREAM_URL", "alpaca.trade_stream_url"),
    Variable("ALPACA_DATA_STREAM_URL", "alpaca.data_stream_url"),
    Variable("ALPACA_FEED", "alpaca.feed"),
    Variable("POSTGRES_HOST", "database.postgres_host"),
    Variable("POSTGRES_PORT", "database.postgres_port", Kind.WHOLE),
    Variable("POSTGRES_USER", "database.postgres_user"),
    Variable("POSTGRES_PASSWORD", "database.postgres_password", is_secret=True),
    Variable("POSTGRES_DB", "database.postgres_db"),
    Variable("QTS_DATABASE_URL", "database.url", aliases=("DATABASE_URL",), is_secret=True),
    Variable("QTS_GATE_KEY", "database.gate_key", is_secret=True),
    Variable("REDIS_URL", "database.redis_url", is_secret=True),
    Variable("REDIS_HOST", "database.redis_host"),
    Variable("REDIS_PORT", "database.redis_port", Kind.WHOLE),
    Variable("REDIS_PASSWORD", "database.redis_password", is_secret=True),
    Variable("MLFLOW_TRACKING_URI", "mlflow.tracking_uri"),
    Variable("TRADING_MODE", "trading.mode"),
    Variable("QTS_LIVE_ACCOUNT", "trading.live_account"),
    Variable("TRADING_START_TIME", "trading.trading_start_time"),
    Variable("TRADING_END_TIME", "trading.trading_end_time"),
    Variable("TIMEZONE", "trading.timezone"),
    Variable("CONFIDENCE_THRESHOLD", "trading.confidence_threshold", Kind.NUMBER),
    Variable("SIGNAL_THRESHOLD", "trading.signal_threshold", Kind.NUMBER),
    Variable("DASHBOARD_PORT", "trading.dashboard_port", Kind.WHOLE, ("QTS_DASHBOARD_PORT",)),
    Variable("MAX_POSITIONS", "risk.portfolio.max_positions", Kind.WHOLE),
    Variable("MAX_POSITION_SIZE_PCT", "risk.position_sizing.max_position_pct", Kind.NUMBER),
    Variable("MAX_DAILY_LOSS_PCT", "risk.risk_limits.daily_loss_limit", Kind.NUMBER),
    Variable("MAX_DRAWDOWN_PCT", "risk.risk_limits.max_drawdown", Kind.NUMBER),
    Variable("MODEL_DIR", "models.model_dir"),
    Variable("FEATURE_CACHE_DIR", "models.feature_cache_dir"),
    Variable("TRAINING_LOOKBACK_DAYS", "models.training_lookback_days", Kind.WHOLE),
    Variable("PREDICTION_HORIZON", "models.prediction_horizon", Kind.WHOLE),
    Variable("ENSEMBLE_METHOD", "models.ensemble.method"),
    Variable("LOG_LEVEL", "monitoring.log_level"),
    Variable("LOG_FORMAT", "monitoring.log_format"),
    Variable("METRICS_PORT", "monitoring.metrics_port", Kind.WHOLE),
    Variable("ALERT_EMAIL", "monitoring.alert_email"),
    Variable("ALERT_SLACK_WEBHOOK", "monitoring.alert_slack_webhook", is_secret=True),
)

SECRET_KEYS = frozenset(variable.key for variable in VARIABLES if variable.is_secret)
"""Settings whose value is never shown."""

SECRET_VARIABLES = frozenset(
    name
    for variable in VARIABLES
    if variable.is_secret
    for name in (variable.name, *variable.aliases, OVERRIDE_PREFIX + variable.key.upper().replace(".", "__"))
)
"""Variables that hold a secret, by every name they may have."""

RUNTIME_VARIABLES: dict[str, str] = {
    "QTS_CONFIG_DIR": "Folder of the settings files; default `./config` when it exists.",
    "QTS_DEBUG": "1 shows a traceback instead of one line.",
    "QTS_EXCHANGE_KEY": "The only API key that `live-daemon exchange` lets in; default any.",
    "QTS_EXCHANGE_SECRET": "Its secret.",
    "QTS_REAL_DATA": "Folder of real sample bars for tests.",
    "QTS_GOLDEN": "Folder of reference tables for tests.",
    "QTS_TEST_POSTGRES_URL": "A running PostgreSQL for tests, whose user may create databases.",
    "QTS_REQUIRE_SERVICES": "1 makes a test fail that would skip because a service is missing.",
}
"""Variables that set no setting."""
