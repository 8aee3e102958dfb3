"""The settings object: frozen, closed, hashed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from qts_core.config.environment import AlpacaSettings, DatabaseSettings
from qts_core.config.settings import Settings


def test_every_address_follows_home() -> None:
    settings = Settings(home=Path("/data/q"))
    assert settings.database.url == "sqlite:////data/q/qts.db"
    assert settings.mlflow.tracking_uri == "sqlite:////data/q/mlflow/mlflow.db"
    assert settings.lake_dir == Path("/data/q/lake")


def test_settings_never_change(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.home = Path("x")  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        {"risk.portfolio.max_positions": 5},
        {"trading.signal_threshold": 0.5},
        {"universe.blacklist.symbols": ("AAPL",)},
        {"models.live_model": "lightgbm_direction"},
    ],
)
def test_what_can_change_a_decision_changes_the_hash(settings: Settings, change: dict[str, object]) -> None:
    assert settings.evolve(change).configuration_hash != settings.configuration_hash


@pytest.mark.parametrize(
    "change",
    [
        {"home": Path("/elsewhere")},
        {"trading.mode": "dry"},
        {"trading.dashboard_port": 9999},
        {"alpaca.api_key": "k"},
        {"monitoring.log_level": "DEBUG"},
        {"models.model_dir": Path("/m")},
    ],
)
def test_what_cannot_change_a_decision_leaves_the_hash(settings: Settings, change: dict[str, object]) -> None:
    assert settings.evolve(change).configuration_hash == settings.configuration_hash


def test_evolve_validates_and_refuses_unknown_keys(settings: Settings) -> None:
    with pytest.raises(ValidationError):
        settings.evolve({"risk.portfolio.max_positions": 0})
    with pytest.raises(ValidationError):
        settings.evolve({"risk.portfolio.no_such_key": 1})


def test_the_brokers_addresses_follow_the_account_kind() -> None:
    paper, live = AlpacaSettings(), AlpacaSettings(paper_trading=False)
    assert (paper.base_url, paper.trade_stream_url) == (
        "https://paper-api.alpaca.markets",
        "wss://paper-api.alpaca.markets/stream",
    )
    assert (live.base_url, live.trade_stream_url) == (
        "https://api.alpaca.markets",
        "wss://api.alpaca.markets/stream",
    )


def test_a_trailing_slash_or_version_is_dropped_from_the_brokers_address() -> None:
    # alpaca-py builds wrong addresses from both
    assert (
        AlpacaSettings(base_url="https://paper-api.alpaca.markets/v2/").base_url == "https://paper-api.alpaca.markets"
    )


@pytest.mark.parametrize("address", ["paper-api.alpaca.markets", "ftp://x", "https://user:pw@host"])
def test_an_address_that_is_none_or_holds_a_password_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        AlpacaSettings(base_url=address)


@pytest.mark.parametrize("secret", [" key", "key\n", '"key"', "'key'", "ke\ty"])
def test_a_secret_with_quotes_or_blanks_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValidationError, match="write it bare"):
        AlpacaSettings(api_key=secret)  # type: ignore[arg-type]


def test_postgres_parts_make_an_escaped_address() -> None:
    database = DatabaseSettings.model_validate(
        {"postgres_host": "db", "postgres_user": "q@ts", "postgres_password": "p/w:d"}
    )
    assert database.url == "postgresql+psycopg://q%40ts:p%2Fw%3Ad@db:5432/qts"


def test_no_secret_shows_in_the_settings_text() -> None:
    settings = Settings.model_validate(
        {
            "alpaca": {"api_key": "SENTINEL1", "secret_key": "SENTINEL2"},
            "database": {"url": "postgresql://u:SENTINEL3@h/d"},
        }
    )
    assert "SENTINEL" not in repr(settings)
    assert "SENTINEL" not in str(settings)
