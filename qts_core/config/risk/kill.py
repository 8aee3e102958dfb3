"""When everything stops, and how (specification 10.4, 15.4)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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

HALT_ONLY: tuple[Action, ...] = ("halt_trading", "send_critical_alert", "log_state")


def _halt_when_blind() -> dict[Trigger, tuple[Action, ...]]:
    return {"system_error": HALT_ONLY, "data_feed_failure": HALT_ONLY, "broker_disconnection": HALT_ONLY}


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
    policy: dict[Trigger, tuple[Action, ...]] = Field(default_factory=_halt_when_blind)
    """What single triggers do instead, in this order. Blind or cut off, nothing is sold: entries stop, exits at the broker stay."""  # noqa: E501  # the page of settings is made of this line
    data_feed_seconds: Annotated[float, Field(gt=0, le=86400)] | None = 300.0
    """Real seconds without data in a session, beyond which it is a `data_feed_failure`; `null` = never."""
    broker_seconds: Annotated[float, Field(gt=0, le=86400)] | None = 300.0
    """Real seconds without the broker, beyond which it is a `broker_disconnection`; `null` = never."""
    rapid_decline_limit: Annotated[float, Field(gt=0, le=0.5)] = 0.03
    """Loss within `rapid_decline_bars`, fraction of equity, that is a `rapid_pnl_decline`."""
    rapid_decline_bars: Annotated[int, Field(ge=1, le=520)] = 4
    """Bars within which it is measured."""
