"""Which symbols do not trade for a while (specification 11.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Halt", "Halts"]


@dataclass(frozen=True, slots=True)
class Halt:
    """One symbol's trading stops at `start` and goes on at `end`, aware UTC; `end` None = until further notice."""

    symbol: str
    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"halt of {self.symbol} ends at {self.end}, expected after its start {self.start}")


class Halts:
    """Halts known before and halts told as they happen. Orders are taken and wait; nothing fills."""

    def __init__(self, planned: Iterable[Halt] = ()) -> None:
        self._planned: dict[str, list[Halt]] = {}
        for halt in planned:
            self._planned.setdefault(halt.symbol, []).append(halt)
        self._now: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._planned or self._now)

    def stop(self, symbol: str) -> None:
        """Halt a symbol until :meth:`go`."""
        self._now.add(symbol)

    def go(self, symbol: str) -> None:
        """Let a symbol trade again."""
        self._now.discard(symbol)

    def is_halted(self, symbol: str, start: datetime, end: datetime) -> bool:
        """Return whether a symbol is halted at any moment from `start` to before `end`."""
        if symbol in self._now:
            return True
        return any(h.start < end and (h.end is None or start < h.end) for h in self._planned.get(symbol, ()))
