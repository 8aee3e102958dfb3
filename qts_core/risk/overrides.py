"""A person may set a limit aside, for a while, in writing: who, why, which limit, until when (specification 10.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from qts_core.market.errors import ExposureLimitError
from qts_core.risk.settings import LimitSettings
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["FIRM", "Override", "Overrides"]

FIRM = ("kill.", "mode.", "limit.restricted", "limit.buying_power", "loss.")
"""Beginnings of names that nobody sets aside here: the kill latch has its own reset, losses end with their period,
the rest is the law's or the broker's."""


@dataclass(frozen=True, slots=True)
class Override:
    """One permission.

    Attributes
    ----------
    limit : str
        Name of the verdict, such as ``limit.sector``.
    symbol : str
        What it is for; ``*`` = every symbol and the portfolio.
    who, why : str
        The person and the reason; neither may be empty.
    given, until : datetime
        From when to when, `until` not included; aware UTC.
    bound : float
        Value up to which it reaches, in the limit's own unit: setting a limit aside does not mean there is none.
    """

    limit: str
    symbol: str
    who: str
    why: str
    given: datetime
    until: datetime
    bound: float

    def covers(self, verdict: Verdict, now: datetime) -> bool:
        """Return whether this permission is for `verdict` at `now`."""
        is_meant = verdict.name == self.limit and self.symbol in (PORTFOLIO, verdict.symbol)
        return is_meant and self.given <= now < self.until and verdict.value <= self.bound


class Overrides:
    """Every permission ever given, in order; nothing is removed, a withdrawal ends one early."""

    def __init__(self, records: Sequence[Override] = ()) -> None:
        self._records = list(records)

    @property
    def records(self) -> tuple[Override, ...]:
        """All permissions, expired ones too."""
        return tuple(self._records)

    def allow(self, override: Override) -> None:
        """Record a permission.

        Raises
        ------
        ExposureLimitError
            If it names nobody, no reason or no time, or a limit that cannot be set aside.
        """
        problem = _problem(override)
        if problem:
            raise ExposureLimitError("QTS-RISK-025", problem)
        self._records.append(override)

    def withdraw(self, limit: str, symbol: str, now: datetime) -> None:
        """End the permissions for `limit` and `symbol` at `now`."""
        self._records = [
            replace(o, until=max(o.given, now)) if (o.limit, o.symbol) == (limit, symbol) and now < o.until else o
            for o in self._records
        ]

    def judge(self, verdict: Verdict, now: datetime) -> Verdict:
        """Return `verdict`, or the same one allowed with the name of who allowed it."""
        if verdict.is_allowed:
            return verdict
        for override in reversed(self._records):
            if override.covers(verdict, now):
                return replace(verdict, is_allowed=True, reason=f"set aside by {override.who}: {override.why}")
        return verdict

    def widened(self, settings: LimitSettings, now: datetime) -> LimitSettings:
        """Return `settings` with the caps that are set aside for the whole portfolio moved to their bounds."""
        for override in self._records:
            if override.symbol == PORTFOLIO and override.given <= now < override.until:
                settings = _wider(settings, override)
        return settings

    def snapshot(self) -> list[dict[str, object]]:
        """Return every permission as JSON values."""
        return [
            {"limit": o.limit, "symbol": o.symbol, "who": o.who, "why": o.why, "given": o.given.isoformat(),
             "until": o.until.isoformat(), "bound": o.bound}
            for o in self._records
        ]  # fmt: skip

    @classmethod
    def from_snapshot(cls, state: Sequence[Mapping[str, object]]) -> Overrides:
        """Return what :meth:`snapshot` wrote."""
        return cls(
            [
                Override(
                    str(o["limit"]), str(o["symbol"]), str(o["who"]), str(o["why"]),
                    datetime.fromisoformat(str(o["given"])), datetime.fromisoformat(str(o["until"])),
                    float(cast(float, o["bound"])),
                )
                for o in state
            ]
        )  # fmt: skip


def _problem(override: Override) -> str:
    if not override.who.strip() or not override.why.strip():
        return f"{override.limit} cannot be set aside without who and why; give both"
    if override.limit.startswith(FIRM):
        return f"{override.limit} cannot be set aside; only positions, sectors, correlation and the like can"
    if override.until <= override.given:
        return f"{override.limit} would be set aside until {override.until.isoformat()}, before it begins"
    if not -float("inf") < override.bound < float("inf"):
        return f"{override.limit} would be set aside without a bound; say up to which value"
    return ""


def _wider(settings: LimitSettings, override: Override) -> LimitSettings:
    """Return `settings` with the cap of one permission moved to its bound, never closer."""
    bound = override.bound
    match override.limit:
        case "limit.position":
            return replace(settings, max_position_ratio=max(bound, settings.max_position_ratio))
        case "limit.sector":
            return replace(settings, max_sector_ratio=max(bound, settings.max_sector_ratio))
        case "limit.correlated":
            return replace(settings, max_correlated_ratio=max(bound, settings.max_correlated_ratio))
        case "limit.gross":
            return replace(settings, max_gross_ratio=max(bound, settings.max_gross_ratio))
        case "limit.net":
            return replace(settings, max_net_ratio=max(bound, settings.max_net_ratio))
        case "limit.concentration":
            return replace(settings, max_concentration=max(bound, settings.max_concentration))
        case "limit.count":
            return replace(settings, max_positions=max(int(bound), settings.max_positions))
        case _:
            return settings
