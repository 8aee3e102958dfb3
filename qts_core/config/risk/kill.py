"""When everything stops, and how (specification 10.4, 15.4)."""

from __future__ import annotations

from typing import Literal

from qts_core.config.section import Section

__all__ = ["KillSwitchSettings"]

Trigger = Literal[
    "max_drawdown_breach",
    "rapid_pnl_decline",
    "daily_loss_breach",
    "system_error",
    "data_feed_failure",
    "broker_disconnection",
    "manual",
]
Action = Literal[
    "cancel_all_orders", "flatten_positions", "halt_trading", "send_critical_alert", "log_state", "shut_down"
]


class KillSwitchSettings(Section):
    """When everything stops, and how. Latched until a person resets it."""

    enabled: bool = True
    """Whether triggers fire; `live-daemon kill` works in any case."""
    triggers: tuple[Trigger, ...] = (
        "max_drawdown_breach",
        "daily_loss_breach",
        "system_error",
        "data_feed_failure",
        "broker_disconnection",
    )
    """What fires it."""
    actions: tuple[Action, ...] = ("cancel_all_orders", "flatten_positions", "halt_trading", "send_critical_alert")
    """What it does, in this order."""
