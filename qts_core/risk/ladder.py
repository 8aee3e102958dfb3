"""Losses restrict trading: day, week and month limits, the drawdown ladder, the way back (specification 10.2; X-05)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from qts_core.market.light import light
from qts_core.risk.settings import LossSettings
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["LossLadder", "Losses"]


@light
@dataclass(frozen=True, slots=True)
class Losses:
    """Where the account stands after a bar.

    Attributes
    ----------
    drawdown, daily, weekly, monthly : float
        Positive ratios of the highest equity, and of the last equity before the period.
    level : int
        Rungs of the drawdown ladder in force, 0 = none.
    scale : float
        Share of the usual size that is left.
    is_kill : bool
        Whether a loss asks for the kill switch.
    verdicts : tuple of Verdict
        One per loss limit that is broken.
    """

    drawdown: float
    daily: float
    weekly: float
    monthly: float
    level: int
    scale: float
    is_kill: bool
    verdicts: tuple[Verdict, ...]

    @property
    def is_reduce_only(self) -> bool:
        """Whether a period's loss forbids adding risk."""
        return bool(self.verdicts)


class LossLadder:
    """A fold over equity, bar by bar.

    Parameters
    ----------
    settings : LossSettings
    equity : float
        Dollars at the start.
    """

    def __init__(self, settings: LossSettings, equity: float) -> None:
        self.settings = settings
        self._peak = equity
        self._last = equity
        self._day: date | None = None
        self._anchors = [equity, equity, equity]
        self._level = 0
        self._scale = 1.0

    def update(self, equity: float, day: date) -> Losses:
        """Take the equity at a bar's close and the bar's New York date."""
        if day != self._day:
            self._turn(day)
        self._last = equity
        self._peak = max(self._peak, equity)
        drawdown = _loss(self._peak, equity)
        self._climb(drawdown)
        daily, weekly, monthly = [_loss(anchor, equity) for anchor in self._anchors]
        s = self.settings
        rung = s.levels[self._level - 1] if self._level else None
        is_kill = (rung is not None and rung.is_flatten) or daily >= s.daily_kill_limit
        scale = self._scaled(1.0 - rung.reduction if rung is not None else 1.0)
        is_broken = daily >= s.daily_limit or weekly >= s.weekly_limit or monthly >= s.monthly_limit
        verdicts = _verdicts(s, daily, weekly, monthly) if is_broken else ()
        return Losses(drawdown, daily, weekly, monthly, self._level, scale, is_kill and s.is_kill_enabled, verdicts)

    def forgive(self) -> None:
        """Start the ladder anew from the last equity: a person has released the kill latch.

        Sizes begin at the first step of the way back.
        """
        self._peak = self._last
        self._level = 0
        self._scale = min(1.0, self.settings.scale_in_per_session)
        self._anchors = [self._last] * 3

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        day = self._day.isoformat() if self._day else None
        return {"anchors": list(self._anchors), "day": day, "last": self._last, "level": self._level,
                "peak": self._peak, "scale": self._scale}  # fmt: skip

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._anchors = [float(a) for a in cast(list[float], state["anchors"])]
        self._day = date.fromisoformat(str(state["day"])) if state["day"] else None
        self._last = float(cast(float, state["last"]))
        self._level = int(cast(int, state["level"]))
        self._peak = float(cast(float, state["peak"]))
        # States from before sizes came back step by step say nothing of it: the rung's own size then.
        rung = self.settings.levels[self._level - 1] if 0 < self._level <= len(self.settings.levels) else None
        self._scale = float(cast(float, state.get("scale", 1.0 - rung.reduction if rung is not None else 1.0)))

    def _turn(self, day: date) -> None:
        before, self._day = self._day, day
        self._anchors[0] = self._last
        self._scale = min(1.0, self._scale + self.settings.scale_in_per_session)
        if before is None or day.isocalendar()[:2] != before.isocalendar()[:2]:
            self._anchors[1] = self._last
        if before is None or (day.year, day.month) != (before.year, before.month):
            self._anchors[2] = self._last

    def _scaled(self, allowed: float) -> float:
        """Return the share of the usual size: down at once, up by a step a session."""
        self._scale = allowed if self.settings.scale_in_per_session >= 1.0 else min(self._scale, allowed)
        return self._scale

    def _climb(self, drawdown: float) -> None:
        levels = self.settings.levels
        while self._level < len(levels) and drawdown >= levels[self._level].threshold:
            self._level += 1
        while self._level and drawdown < levels[self._level - 1].threshold * self.settings.recovery_ratio:
            self._level -= 1


def _verdicts(s: LossSettings, daily: float, weekly: float, monthly: float) -> tuple[Verdict, ...]:
    periods = (
        ("daily", s.daily_limit, daily), ("weekly", s.weekly_limit, weekly), ("monthly", s.monthly_limit, monthly),
    )  # fmt: skip
    return tuple(
        Verdict(
            f"loss.{name}", PORTFOLIO, False, f"the {name} loss reached its limit: risk is only reduced", limit, loss
        )
        for name, limit, loss in periods
        if loss >= limit
    )


def _loss(anchor: float, equity: float) -> float:
    return max(0.0, (anchor - equity) / anchor) if anchor > 0.0 else 1.0
