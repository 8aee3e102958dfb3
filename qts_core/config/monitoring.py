"""Logs, metrics, alerts, and when a model counts as worn out (specification 13, 15.1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from qts_core.config.hot_values import HotValuesSettings
from qts_core.config.section import Port, Section
from qts_core.config.storage import StorageSettings

__all__ = ["DecaySettings", "DriftSettings", "MonitoringSettings"]


class DriftSettings(Section):
    """Inputs that no longer look like the training data."""

    psi_threshold: Annotated[float, Field(gt=0, le=10)] = 0.2
    """Population stability index from which a feature has drifted; 0.2 is the usual mark."""
    max_drifted_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Share of drifted features from which retraining is asked for, fraction."""
    min_rows: Annotated[int, Field(ge=1, le=100_000_000)] = 500
    """Fewest live rows worth judging."""
    max_missing_share: Annotated[float, Field(gt=0, le=1)] = 0.75
    """Share of bars beyond its warm-up that a feature may lack a value on before a warning, fraction."""


class DecaySettings(Section):
    """Predictions that no longer predict."""

    min_rank_ic: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Rank correlation of prediction and outcome below which retraining is asked for."""
    window_sessions: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Sessions over which it is measured."""


class MonitoringSettings(Section):
    """config/monitoring.yaml."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe log line that is written."""
    log_format: Literal["json", "console"] = "json"
    """One JSON object a line, or text for people."""
    metrics_port: Port | None = None
    """Metrics share the dashboard's port; if given, it must be equal to `trading.dashboard_port`."""
    alert_email: str | None = None
    """Where alerts are mailed."""
    alert_slack_webhook: SecretStr | None = None
    """Slack webhook for alerts; only from the environment."""
    drift: DriftSettings = DriftSettings()
    """Drift of the inputs."""
    decay: DecaySettings = DecaySettings()
    """Decay of the predictions."""
    retrain_cooldown_hours: Annotated[float, Field(ge=0, le=10_000)] = 24.0
    """Hours after a retraining before drift, decay or new data may ask for another."""
    retrain_new_sessions: Annotated[int, Field(ge=1, le=10_000)] = 21
    """Sessions beyond its training from which new data asks for training a model again."""
    sensor_limit_seconds: Annotated[float, Field(gt=0, le=50)] = 20.0
    """Longest that a sensor looks around; what it did not get to is looked at next time."""
    hot_values: HotValuesSettings = HotValuesSettings()
    """The newest values for other programs, in Redis."""
    storage: StorageSettings = StorageSettings()
    """How long files stay and how much disk they may take."""
