"""Every pair of settings that contradict each other is named with both values."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from qts_core.config.consistency import absences, contradictions
from qts_core.config.settings import Settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trading.mode": "live"}, ("trading.mode is live", "alpaca.paper_trading is true")),
        (
            {"alpaca.base_url": "https://api.alpaca.markets"},
            ("live host api.alpaca.markets", "alpaca.paper_trading is true"),
        ),
        (
            {"alpaca.paper_trading": False, "alpaca.base_url": "https://paper-api.alpaca.markets"},
            ("paper host", "alpaca.paper_trading is false"),
        ),
        ({"alpaca.api_key": "AKX", "alpaca.secret_key": "s"}, ("live key", "alpaca.paper_trading is true")),
        ({"risk.position_sizing.max_position_pct": 0.4}, ("max_position_pct is 0.4", "max_sector_exposure is 0.3")),
        ({"risk.position_sizing.min_position_pct": 0.2}, ("min_position_pct is 0.2", "max_position_pct is 0.1")),
        ({"risk.risk_limits.daily_loss_limit": 0.06}, ("daily_loss_limit is 0.06", "weekly_loss_limit is 0.05")),
        ({"risk.risk_limits.max_drawdown": 0.1}, ("levels[2].threshold is 0.15", "max_drawdown is 0.1")),
        (
            {"universe.sector_limits": {"Energy": 0.5}},
            ("universe.sector_limits.Energy is 0.5", "risk.portfolio.max_sector_exposure is 0.3"),
        ),
        ({"models.live_model": "none_such"}, ("models.live_model is none_such", "lightgbm_direction")),
        ({"models.prediction_horizon": 5}, ("models.prediction_horizon is 5", "return_26bar")),
        (
            {"models.models.lightgbm_return.features.selection.method": "chi_square"},
            ("lightgbm_return.features.selection.method is chi_square", "task is regression"),
        ),
        ({"trading.trading_start_time": "17:00"}, ("trading_start_time is 17:00", "trading_end_time is 16:00")),
        ({"trading.signals.exit_threshold": 0.5}, ("exit_threshold is 0.5", "signal_threshold is 0.4")),
        ({"alpaca.rate_limit_per_minute": 100}, ("max_messages_per_minute is 150", "rate_limit_per_minute is 100")),
        (
            {"risk.kill_switch.actions": ("flatten_positions", "halt_trading")},
            ("kill_switch.actions flattens positions", "does not cancel all orders first"),
        ),
        (
            {"risk.kill_switch.policy": {"system_error": ("send_critical_alert",)}},
            ("kill_switch.policy.system_error is send_critical_alert", "no halt_trading"),
        ),
        (
            {"risk.kill_switch.actions": ("halt_trading", "shut_down", "log_state")},
            ("kill_switch.actions shuts down before log_state",),
        ),
        (
            {"risk.volatility_limits.threshold": 70.0},
            ("volatility_limits.threshold is 70", "volatility_limits.severe is 60"),
        ),
        ({"risk.pre_trade.restricted_symbols": ("ZZZZ",)}, ("restricted_symbols has ZZZZ", "universe does not")),
        ({"monitoring.metrics_port": 9000}, ("metrics_port is 9000", "dashboard_port is 8000")),
    ],
)
def test_a_contradiction_names_both_settings_and_values(
    settings: Settings, changes: Mapping[str, object], words: tuple[str, ...]
) -> None:
    found = contradictions(settings.evolve(changes))
    assert any(all(word in sentence for word in words) for sentence in found), found


def test_a_half_key_pair_and_live_mode_without_keys_lack_a_secret(settings: Settings) -> None:
    assert absences(settings) == []
    assert absences(settings.evolve({"alpaca.api_key": "abc"})) == [
        "ALPACA_API_KEY is set but ALPACA_SECRET_KEY is not"
    ]
    (sentence,) = absences(settings.evolve({"trading.mode": "live", "alpaca.paper_trading": False}))
    assert sentence == "trading.mode is live but ALPACA_API_KEY and ALPACA_SECRET_KEY are not both set"


def test_the_shipped_settings_hold_together(settings: Settings) -> None:
    assert contradictions(settings) == []


def test_every_contradiction_is_reported_at_once(settings: Settings) -> None:
    changes = {"trading.trading_start_time": "17:00", "monitoring.metrics_port": 9000, "models.live_model": "x"}
    assert len(contradictions(settings.evolve(changes))) == 3


def test_a_ladder_that_falls_or_shrinks_back_is_refused(settings: Settings) -> None:
    levels = settings.risk.drawdown_actions.levels
    fallen = settings.evolve({"risk.drawdown_actions.levels": (levels[1], levels[0], levels[2])})
    sentences = contradictions(fallen)
    assert any("thresholds must rise" in s for s in sentences)
    assert any("must not mean larger positions" in s for s in sentences)


def test_live_trading_with_everything_in_place_is_allowed(settings: Settings) -> None:
    live = settings.evolve(
        {
            "trading.mode": "live",
            "alpaca.paper_trading": False,
            "alpaca.base_url": "https://api.alpaca.markets",
            "alpaca.api_key": "AK123",
            "alpaca.secret_key": "s3cret",
        }
    )
    assert contradictions(live) == []
