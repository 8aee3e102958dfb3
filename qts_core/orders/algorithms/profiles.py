"""The usual spread of volume over the session, from past sessions only: the historical profile of VWAP (12.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import date
from typing import cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.market.time import trading_day
from qts_core.orders.algorithms.volume import VolumeProfile

__all__ = ["ProfileFold"]


class ProfileFold:
    """Volumes of the last full sessions by slot and symbol; a fold over bars.

    The session under way is no part of any profile. Sessions of another length (half-days) are left out: their volume
    spreads otherwise.

    Parameters
    ----------
    breadth : int
        Symbols N.
    slots : int
        Bars of a full session: 26 of fifteen minutes.
    sessions : int
        How many past sessions are kept.
    minimum : int
        Sessions with volume from which there is a profile.
    """

    def __init__(self, breadth: int, *, slots: int = 26, sessions: int = 20, minimum: int = 5) -> None:
        self._shape = (slots, breadth)
        self._minimum = minimum
        self._past: deque[Floats] = deque(maxlen=sessions)
        self._today = np.zeros(self._shape)
        self._day: date | None = None
        self._is_full = False

    def update(self, bars: BarSlice) -> None:
        """Take a closed bar; volumes are put on the newest split basis by its factor."""
        day = trading_day(bars.ts_event)
        if day != self._day:
            self._close()
            self._day = day
            self._is_full = bars.slots == self._shape[0]
        if self._is_full:
            self._today[bars.slot] = np.nan_to_num(bars.volume / bars.factor)
        if bars.is_last_of_session:
            self._close()

    def traded_today(self, column: int, factor: float = 1.0) -> float:
        """Return the shares that one symbol has traded so far in the session under way, 0 on half-days."""
        return float(self._today[:, column].sum()) * factor

    def profile(self, column: int, factor: float = 1.0) -> VolumeProfile | None:
        """Return the profile of one symbol, or None before `minimum` sessions had volume.

        Each session's volume is spread in shares of its own sum first, so that no loud day drowns the quiet ones.

        Parameters
        ----------
        factor : float
            The symbol's chain-link factor in force; the session volume is given on that basis.
        """
        volumes = np.array([session[:, column] for session in self._past]).reshape(-1, self._shape[0])
        sums = volumes.sum(axis=1)
        volumes, sums = volumes[sums > 0], sums[sums > 0]
        if len(sums) < self._minimum:
            return None
        shares = (volumes / sums[:, None]).mean(axis=0)
        return VolumeProfile(tuple((shares / shares.sum()).tolist()), float(sums.mean()) * factor, len(sums))

    def snapshot(self) -> dict[str, object]:
        """Return the kept volumes as JSON values."""
        return {
            "past": [to_list(s.ravel()) for s in self._past],
            "today": to_list(self._today.ravel()),
            "day": None if self._day is None else self._day.isoformat(),
            "is_full": self._is_full,
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take the state that :meth:`snapshot` wrote."""
        self._past.clear()
        self._past.extend(from_list(s).reshape(self._shape) for s in cast(list[object], state["past"]))
        self._today = from_list(state["today"]).reshape(self._shape)
        self._day = None if state["day"] is None else date.fromisoformat(str(state["day"]))
        self._is_full = bool(state["is_full"])

    def _close(self) -> None:
        if self._is_full:
            self._past.append(self._today)
            self._today = np.zeros(self._shape)
        self._is_full = False
