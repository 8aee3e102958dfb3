"""How long stored files stay, and how much disk everything may take (checklist C-35)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import Section

__all__ = ["StorageSettings"]


class StorageSettings(Section):
    """What `qts data gc` may delete, and what stays in memory."""

    budget_gb: Annotated[float, Field(gt=0)] = 100.0
    """Disk that QTS_HOME may take, gigabytes (10^9 bytes); beyond it old reports and caches go, never bars."""
    grace_hours: Annotated[float, Field(ge=0)] = 24.0
    """Hours that a superseded file stays for readers that still use it."""
    keep_features_days: Annotated[float, Field(ge=0)] = 30.0
    """Days after which a feature table that no configured or stored model uses may go."""
    keep_reports_days: Annotated[float, Field(ge=0)] = 90.0
    """Days that reports and caches stay even when the budget is exceeded."""
    cache_mb: Annotated[float, Field(ge=0)] = 512.0
    """Memory for months of the lake that `qts train` reads again and again, megabytes (10^6 bytes); 0 keeps none."""

    @property
    def cache_bytes(self) -> int:
        """`cache_mb` in bytes."""
        return int(self.cache_mb * 1_000_000)
