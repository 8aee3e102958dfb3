"""Health as a value: what is checked, whether it holds, and the sentence that says so (specification 13.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HealthCheck", "HealthReport"]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One fact that must hold."""

    name: str
    is_ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All facts at one moment."""

    checks: Sequence[HealthCheck]

    @property
    def is_ok(self) -> bool:
        """Whether every fact holds."""
        return all(check.is_ok for check in self.checks)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-able values."""
        rows = [{"name": c.name, "ok": c.is_ok, "detail": c.detail} for c in self.checks]
        return {"status": "ok" if self.is_ok else "unhealthy", "checks": rows}
