"""The settings file reaches the algorithms, key by key."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from qts_core.config.execution import ExecutionSettings, RoutingSection
from qts_core.orders.algorithms.from_settings import algorithm_settings
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.orders.algorithms.routing import RoutingSettings
from qts_core.orders.algorithms.wishes import ScheduleSettings


def test_the_shipped_settings_work_no_order() -> None:
    assert algorithm_settings(ExecutionSettings()).choice is AlgorithmChoice.NONE


def test_every_key_arrives() -> None:
    given = ExecutionSettings(
        algorithm="adaptive", duration_minutes=90, interval_minutes=3, urgency=0.8, jitter_pct=0.2,
        max_participation_pct=None, limit_offset_bps=-2.5, is_completed=False, grace_intervals=4, max_rejects=7,
        risk_aversion=2e-6, is_volume_adaptive=False,
        routing=RoutingSection(
            small_volume_pct=0.002, urgent_from=0.6, calm_spread_bps=30.0, saving_bps=1.0, patient_offset_bps=-1.0
        ),
    )  # fmt: skip
    assert algorithm_settings(given) == AlgorithmSettings(
        AlgorithmChoice.ADAPTIVE,
        timedelta(minutes=90),
        ScheduleSettings(timedelta(minutes=3), 0.8, 0.2, None, Decimal("-2.5"), False, 4, 7),
        RoutingSettings(0.002, 0.6, 30.0, 2e-6, 1.0),
        Decimal("-1.0"),
        False,
    )
