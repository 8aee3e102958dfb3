"""Checks of orders at work and of finished ones, and standing overrides, made from the configuration (10.3, 10.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from qts_core.config.risk import OrderCheckSettings, OverrideSettings
from qts_core.risk.after_trade import QualitySettings
from qts_core.risk.in_flight import InFlightSettings
from qts_core.risk.overrides import Override, Overrides

__all__ = ["OrderChecks", "order_checks", "standing_overrides"]


@dataclass(frozen=True, slots=True)
class OrderChecks:
    """When an order at work, or a finished one, is remarkable.

    Attributes
    ----------
    flight : InFlightSettings
    quality : QualitySettings
    estimate_bps : float
        Cost that an order is expected to have.
    """

    flight: InFlightSettings = field(default_factory=InFlightSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    estimate_bps: float = 5.0


def order_checks(settings: OrderCheckSettings) -> OrderChecks | None:
    """Return the checks of `settings`; None where they are off."""
    if not settings.is_enabled:
        return None
    flight = InFlightSettings(
        settings.max_slippage_bps, timedelta(minutes=settings.partial_after_minutes),
        timedelta(seconds=settings.stuck_after_seconds), timedelta(seconds=settings.lost_after_seconds),
    )  # fmt: skip
    return OrderChecks(
        flight, QualitySettings(settings.max_shortfall_bps, settings.max_over_estimate_bps), settings.estimate_bps
    )


def standing_overrides(given: Sequence[OverrideSettings]) -> tuple[Override, ...]:
    """Return the permissions of the configuration.

    Raises
    ------
    ExposureLimitError
        QTS-RISK-025: one names nobody, no reason or no time, or a limit that cannot be set aside.
    """
    kept = Overrides()
    for one in given:
        kept.allow(Override(one.limit, one.symbol, one.who, one.why, one.given, one.until, one.bound))
    return kept.records
