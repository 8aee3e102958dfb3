"""Who may be scored, opened and held at a bar: the universe's membership in the decision path (specification 15.2).

Outside its membership a symbol has no score and cannot be opened; what is held when it leaves is closed at the next
chance, whatever its signal says. A symbol that is not tradable is left exactly as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from qts_core.market.instruments import Instrument
from qts_core.market.membership import Flags, members_on
from qts_core.market.panel import Floats
from qts_core.risk.verdict import Verdict

__all__ = ["LEFT", "Membership"]

LEFT = "universe.left"
"""Name of the verdict that closes what left the universe."""


class Membership:
    """Masks over N symbols, renewed when the trading day changes.

    The state follows from the day alone, so snapshots need none of it.

    Parameters
    ----------
    instruments : sequence of Instrument
        The N columns.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._instruments = tuple(instruments)
        self._tradable: Flags = np.array([i.is_tradable for i in instruments], dtype=np.bool_)
        self._shortable: Flags = np.array([i.is_shortable for i in instruments], dtype=np.bool_)
        self._is_fixed = all(i.is_always_member for i in instruments)
        self._is_all_tradable = bool(self._tradable.all())
        self._day: date | None = None
        self._members: Flags = np.ones(len(self._instruments), dtype=np.bool_)
        self.can_open_long: Flags = self._tradable
        self.can_open_short: Flags = self._tradable & self._shortable

    @property
    def is_plain(self) -> bool:
        """Whether every symbol is a member on every day and can be traded."""
        return self._is_fixed and self._is_all_tradable

    def move_to(self, day: date) -> None:
        """Take up the masks of a trading day (New York)."""
        if self._is_fixed or day == self._day:
            return
        self._day = day
        self._members = members_on(self._instruments, day)
        self.can_open_long = self._tradable & self._members
        self.can_open_short = self.can_open_long & self._shortable

    def scores(self, score: Floats) -> Floats:
        """Return the members' scores, float64 [N]; NaN outside."""
        return score if self._is_fixed else np.where(self._members, score, np.nan)

    def without_leavers(self, target: Floats, current: Floats) -> tuple[Floats, list[Verdict]]:
        """Return target weights with none outside the membership, and a verdict for each position that this closes."""
        if self._is_fixed:
            return target, []
        outside = ~self._members & self._tradable
        leaving = np.flatnonzero(outside & (current != 0.0))
        verdicts = [
            Verdict(LEFT, i.symbol, False, "it is no member of the universe on this day", 0.0, float(current[column]))
            for column in leaving.tolist()
            for i in (self._instruments[column],)
        ]
        return np.where(outside, 0.0, target), verdicts

    def only_tradable(self, target: Floats, current: Floats) -> Floats:
        """Return target weights that leave alone what cannot be traded."""
        return target if self._is_all_tradable else np.where(self._tradable, target, current)
