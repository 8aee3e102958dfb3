"""``live-daemon check``: everything that can be known to be wrong before trading."""

from __future__ import annotations

from live_daemon.latch import Latches
from live_daemon.lease import InstanceLock
from live_daemon.models import ModelSource
from live_daemon.paths import LivePaths
from qts_core.adapters.db.journal import Journal
from qts_core.config.settings import Settings
from qts_core.market.errors import TradingSystemError
from qts_core.monitoring.health import HealthCheck, HealthReport

__all__ = ["run_checks"]


def run_checks(settings: Settings, paths: LivePaths, latches: Latches) -> HealthReport:
    """Return the state of latches, lock, journal and model."""
    halted, killed = latches.halted(), latches.killed()
    return HealthReport(
        [
            HealthCheck("settings", True, f"configuration {settings.configuration_hash[:12]}"),
            HealthCheck("halt latch", halted is None, halted.reason if halted else "not set"),
            HealthCheck("kill latch", killed is None, killed.reason if killed else "not set"),
            _lock(paths),
            _journal(paths),
            _model(settings, paths),
        ]
    )


def _lock(paths: LivePaths) -> HealthCheck:
    try:
        InstanceLock(paths.lock).release()
    except TradingSystemError as error:
        return HealthCheck("lock", True, f"a daemon runs: {error.found}")
    return HealthCheck("lock", True, "no daemon runs")


def _journal(paths: LivePaths) -> HealthCheck:
    if not paths.journal.exists():
        return HealthCheck("journal", True, "none yet")
    try:
        with Journal(paths.journal) as journal:
            return HealthCheck("journal", True, f"{journal.verify()} events, the chain holds")
    except TradingSystemError as error:
        return HealthCheck("journal", False, error.line())


def _model(settings: Settings, paths: LivePaths) -> HealthCheck:
    source = ModelSource("", settings, paths)
    try:
        ready = source.load()
    except TradingSystemError as error:
        return HealthCheck("model", False, error.line())
    instead = f"; the champion does not trade: {source.refusal}" if source.refusal else ""
    return HealthCheck("model", True, f"{ready.model.model_id}, {ready.told}{instead}")
