"""Breaches become alerts once, when they begin and when they end, however many bars they last (10.3, 13.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qts_core.market.events import Alert, Severity
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["SEVERITIES", "BreachAlerts"]

SEVERITIES: Sequence[tuple[str, Severity]] = (
    ("kill.", Severity.CRITICAL),
    ("loss.", Severity.WARNING),
    ("limit.var", Severity.WARNING),
    ("limit.", Severity.INFO),
    ("market.", Severity.WARNING),
    ("flight.stuck", Severity.WARNING),
    ("after.cost_model", Severity.WARNING),
)
"""How loud a breach is, by the beginning of its name; the first that fits."""


class BreachAlerts:
    """A fold over the verdicts of each bar."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], Severity] = {}

    def update(self, verdicts: Iterable[Verdict]) -> list[Alert]:
        """Take all verdicts of a bar; return an alert for each breach that is new, then for each that is over."""
        found = {(v.name, v.symbol): v for v in verdicts if not v.is_allowed}
        alerts = [
            Alert(_severity(v.name), f"{v.name} {'' if v.symbol == PORTFOLIO else v.symbol}".strip(), _detail(v))
            for key, v in found.items()
            if key not in self._standing
        ]
        over = [name for name in self._standing if name not in found]
        alerts += [
            Alert(Severity.INFO, f"{name} {'' if symbol == PORTFOLIO else symbol}".strip(), "within its limit again")
            for name, symbol in over
        ]
        self._standing = {key: _severity(v.name) for key, v in found.items()}
        return alerts

    def snapshot(self) -> list[list[str]]:
        """Return the breaches that stand, as JSON values: after a restart they are not new."""
        return [list(key) for key in self._standing]

    def restore(self, state: Iterable[Sequence[str]]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._standing = {(name, symbol): _severity(name) for name, symbol in state}


def _severity(name: str) -> Severity:
    return next((severity for start, severity in SEVERITIES if name.startswith(start)), Severity.INFO)


def _detail(verdict: Verdict) -> str:
    return f"{verdict.reason} (limit {verdict.limit:g}, found {verdict.value:g})"
