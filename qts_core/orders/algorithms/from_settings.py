"""Settings of execution algorithms, from config/trading.yaml (specification 15.1)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from qts_core.config.execution import ExecutionSettings
from qts_core.orders.algorithms.inside_bar import InsideProfile
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.orders.algorithms.routing import RoutingSettings
from qts_core.orders.algorithms.wishes import ScheduleSettings

__all__ = ["algorithm_settings"]


def algorithm_settings(execution: ExecutionSettings) -> AlgorithmSettings:
    """Return how orders are worked."""
    offset, routing = execution.limit_offset_bps, execution.routing
    return AlgorithmSettings(
        choice=AlgorithmChoice(execution.algorithm),
        duration=timedelta(minutes=execution.duration_minutes),
        schedule=ScheduleSettings(
            interval=timedelta(minutes=execution.interval_minutes),
            urgency=execution.urgency,
            jitter_ratio=execution.jitter_pct,
            max_participation=execution.max_participation_pct,
            limit_offset_bps=None if offset is None else Decimal(repr(offset)),
            is_completed=execution.is_completed,
            grace=execution.grace_intervals,
            max_rejects=execution.max_rejects,
        ),
        routing=RoutingSettings(
            small_ratio=routing.small_volume_pct,
            urgent_from=routing.urgent_from,
            calm_spread_bps=routing.calm_spread_bps,
            risk_aversion=execution.risk_aversion,
            saving_bps=routing.saving_bps,
        ),
        patient_offset_bps=Decimal(repr(routing.patient_offset_bps)),
        is_volume_adaptive=execution.is_volume_adaptive,
        spread_bps=routing.spread_bps,
        profile_sessions=execution.profile_sessions,
        inside_bar=InsideProfile(execution.inside_bar),
    )
