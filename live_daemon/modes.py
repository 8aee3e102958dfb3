"""The one mode machine: the mode is a function of the conditions that hold, so no path can forget one (design 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Conditions", "Mode", "ModeMachine", "mode_of"]


class Mode(StrEnum):
    """What the daemon may do; only TRADING lets risk-increasing orders leave."""

    STARTING = "STARTING"
    RECONCILING = "RECONCILING"
    TRADING = "TRADING"
    STALE = "STALE"
    DEGRADED = "DEGRADED"
    HALTED = "HALTED"
    KILLED = "KILLED"


@dataclass(slots=True)
class Conditions:
    """What holds now; each mapping goes from who says so to why."""

    is_recovered: bool = False
    is_reconciled: bool = False
    killed: dict[str, str] = field(default_factory=dict)
    halted: dict[str, str] = field(default_factory=dict)
    degraded: dict[str, str] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)


def mode_of(conditions: Conditions) -> tuple[Mode, str]:
    """Return the mode that the conditions add up to, and why; the gravest wins."""
    for mode, reasons in ((Mode.KILLED, conditions.killed), (Mode.HALTED, conditions.halted)):
        if reasons:
            return mode, "; ".join(f"{who}: {why}" for who, why in sorted(reasons.items()))
    if not conditions.is_recovered:
        return Mode.STARTING, "the journal is being folded"
    if not conditions.is_reconciled:
        return Mode.RECONCILING, "the book is being compared with the broker"
    for mode, reasons in ((Mode.DEGRADED, conditions.degraded), (Mode.STALE, conditions.stale)):
        if reasons:
            return mode, "; ".join(f"{who}: {why}" for who, why in sorted(reasons.items()))
    return Mode.TRADING, ""


class ModeMachine:
    """Holds the conditions and tells of every change of the mode.

    Parameters
    ----------
    on_change : callable
        Called with (before, after, reason) after each change.
    """

    def __init__(self, on_change: Callable[[Mode, Mode, str], None]) -> None:
        self._conditions = Conditions()
        self._on_change = on_change
        self._mode, self._reason = mode_of(self._conditions)

    @property
    def mode(self) -> Mode:
        """The mode now."""
        return self._mode

    @property
    def reason(self) -> str:
        """Why it is not TRADING; empty when it is."""
        return self._reason

    def why(self, who: str) -> str | None:
        """Return what `who` says keeps the daemon from adding risk for now; None when nothing does."""
        return self._conditions.degraded.get(who) or self._conditions.stale.get(who)

    def recovered(self) -> None:
        """Say that the journal has been folded."""
        self._conditions.is_recovered = True
        self._settle()

    def reconciled(self, *, is_clean: bool) -> None:
        """Say whether book and broker agree."""
        self._conditions.is_reconciled = is_clean
        self._settle()

    def kill(self, who: str, why: str | None) -> None:
        """Set (or, with None, take away) a reason to be KILLED."""
        self._put(self._conditions.killed, who, why)

    def halt(self, who: str, why: str | None) -> None:
        """Set or take away a reason to be HALTED."""
        self._put(self._conditions.halted, who, why)

    def degrade(self, who: str, why: str | None) -> None:
        """Set or take away a reason to be DEGRADED."""
        self._put(self._conditions.degraded, who, why)

    def stale(self, who: str, why: str | None) -> None:
        """Set or take away a reason to be STALE."""
        self._put(self._conditions.stale, who, why)

    def _put(self, reasons: dict[str, str], who: str, why: str | None) -> None:
        if why is None:
            reasons.pop(who, None)
        else:
            reasons.setdefault(who, why)
        self._settle()

    def _settle(self) -> None:
        before = self._mode
        self._mode, self._reason = mode_of(self._conditions)
        if self._mode is not before:
            self._on_change(before, self._mode, self._reason)
