"""Where the outside is: broker, database, registry (specification 15.1); secrets come only from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from qts_core.config.section import Folder, Port, Section

__all__ = ["LIVE_REST", "PAPER_REST", "AlpacaSettings", "DatabaseSettings", "MlflowSettings"]

PAPER_REST = "https://paper-api.alpaca.markets"
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]
"""A name or number of a machine, no address."""
LIVE_REST = "https://api.alpaca.markets"


def _check_secret(value: SecretStr | None) -> SecretStr | None:
    text = value.get_secret_value() if value else ""
    if any(c.isspace() or c in "'\"" or not c.isprintable() for c in text):
        raise ValueError("holds a space, line break or quotation mark; write it bare")
    return value


class AlpacaSettings(Section):
    """The broker. Without keys the daemon trades on the embedded paper exchange."""

    api_key: SecretStr | None = None
    """Key id."""
    secret_key: SecretStr | None = None
    """Secret."""
    paper_trading: bool = True
    """Whether the account is a paper account; live trading needs an explicit false."""
    base_url: str = PAPER_REST
    """Trading API; default by `paper_trading`."""
    data_url: str = "https://data.alpaca.markets"
    """Market data API."""
    trade_stream_url: str = "wss://paper-api.alpaca.markets/stream"
    """Stream of order updates; default by `base_url`."""
    feed: Literal["iex", "sip", "test"] = "iex"
    """Market data feed."""
    data_stream_url: str = "wss://stream.data.alpaca.markets/v2/iex"
    """Stream of bars; default by `feed`."""
    rate_limit_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Requests per minute that the account allows."""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        """Fill the addresses that follow from others; `given` is raw input of any shape."""
        if not isinstance(given, dict):
            return given
        derived = dict(given)
        derived.setdefault("base_url", LIVE_REST if derived.get("paper_trading") is False else PAPER_REST)
        if isinstance(derived["base_url"], str):
            derived["base_url"] = derived["base_url"].rstrip("/").removesuffix("/v2")
            derived.setdefault("trade_stream_url", derived["base_url"].replace("http", "ws", 1) + "/stream")
        derived.setdefault("data_stream_url", f"wss://stream.data.alpaca.markets/v2/{derived.get('feed', 'iex')}")
        return derived

    @field_validator("api_key", "secret_key")
    @classmethod
    def _bare(cls, value: SecretStr | None) -> SecretStr | None:
        return _check_secret(value)

    @field_validator("base_url", "data_url", "trade_stream_url", "data_stream_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
            raise ValueError("not an address such as https://paper-api.alpaca.markets")
        if parts.username or parts.password:
            raise ValueError("an address must not hold a user name or password")
        return value.rstrip("/")

    @property
    def has_keys(self) -> bool:
        """Whether both halves of the key pair are there."""
        return self.api_key is not None and self.secret_key is not None


class DatabaseSettings(Section):
    """The database of trials, gate records and the daemon's state; and Redis, when used."""

    url: Annotated[str, Field(repr=False)] = "sqlite:///.qts/qts.db"
    """SQLAlchemy URL; default SQLite under `QTS_HOME`, or PostgreSQL when `POSTGRES_HOST` is set."""
    postgres_host: Host | None = None
    """Host; its presence selects PostgreSQL."""
    postgres_port: Port = 5432
    """Port."""
    postgres_user: str = "qts"
    """User."""
    postgres_password: SecretStr | None = None
    """Password."""
    postgres_db: str = "qts"
    """Database."""
    gate_key: SecretStr | None = None
    """Key that signs gate records, 32 characters or more; default a file in `QTS_HOME`; only from the environment."""
    redis_url: SecretStr | None = None
    """Address of Redis, such as `rediss://user:password@host:6379/0`; only from the environment."""
    redis_host: Host | None = None
    """Host of Redis, when there is no `REDIS_URL`."""
    redis_port: Port = 6379
    """Port."""
    redis_password: SecretStr | None = None
    """Password."""

    @field_validator("gate_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("a gate key has at least 32 characters, such as those of `openssl rand -hex 32`")
        return _check_secret(value)

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        """Build the URL from the POSTGRES_* parts; `given` is raw input of any shape."""
        if not isinstance(given, dict) or not given.get("postgres_host") or "url" in given:
            return given
        password = given.get("postgres_password")
        secret = password.get_secret_value() if isinstance(password, SecretStr) else password
        user = quote(str(given.get("postgres_user", "qts")), safe="")
        login = f"{user}:{quote(secret, safe='')}" if secret else user
        place = f"{given['postgres_host']}:{given.get('postgres_port', 5432)}"
        name = quote(str(given.get("postgres_db", "qts")), safe="")
        return {**given, "url": f"postgresql+psycopg://{login}@{place}/{name}"}

    @property
    def redis_address(self) -> str | None:
        """`redis_url`, or the address that the parts make; it may hold a password. None when there is no Redis."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        if self.redis_host is None:
            return None
        login = f":{quote(self.redis_password.get_secret_value(), safe='')}@" if self.redis_password else ""
        return f"redis://{login}{self.redis_host}:{self.redis_port}/0"


class MlflowSettings(Section):
    """The experiment tracker and model registry."""

    tracking_uri: Annotated[str, Field(repr=False)] = "sqlite:///.qts/mlflow/mlflow.db"
    """Tracking and registry URI; default SQLite under `QTS_HOME`."""
    artifact_root: Folder = Path(".qts/mlflow/artifacts")
    """Where artifacts go when `tracking_uri` is a database; default under `QTS_HOME`."""
