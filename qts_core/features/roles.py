"""Which symbols are the universe, and when, and which stand for the market, a sector, rates (specification 6.4, X-30).

Auxiliary symbols are columns like all others, so that their features are computed by the same kernels. They do not
count among the symbols of the universe, and any symbol may read the series of the one that stands for its market. A
symbol counts on the days of its membership: before it joined and after it left it is compared with nobody, and nobody
with it, while what depends on its own bars goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qts_core.config.universe_rules import ROLES as UNIVERSE_ROLES
from qts_core.config.universe_rules import SECTOR_ROLE
from qts_core.market.instruments import Instrument
from qts_core.market.membership import FOR_EVER, SINCE_EVER, Flags, MemberDays, is_between, member_days

__all__ = ["ROLES", "SymbolRoles"]

ROLES: Mapping[str, str] = MappingProxyType({**UNIVERSE_ROLES, "sector": "the symbol's own sector"})
"""What an auxiliary symbol may stand for, as universe.yaml has it; ``sector`` reads each symbol's own."""

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class SymbolRoles:
    """The part each of N columns plays.

    Attributes
    ----------
    counts : bool [N]
        True for symbols of the universe: only they enter ranks and means across symbols.
    columns : mapping of str to int64 [N]
        By role, the column that each symbol reads; -1 where there is none. Roles that no symbol plays are absent.
    days : int64 [2, N], optional
        First and last day on which each symbol counts, days since 1970; None when all count on every day.
    """

    counts: Flags
    columns: Mapping[str, NDArray[np.int64]]
    days: MemberDays | None = None

    @classmethod
    def of(cls, symbols: Sequence[str], instruments: Iterable[Instrument] = ()) -> SymbolRoles:
        """Find the parts of `symbols`; of several with one role the first instrument given counts.

        Parameters
        ----------
        symbols : sequence of str
            N columns.
        instruments : iterable of Instrument
            Those that are known; any other symbol belongs to the universe and to no sector.
        """
        place = {symbol: column for column, symbol in enumerate(symbols)}
        known = [each for each in instruments if each.symbol in place]
        first: dict[str, int] = {}
        for each in known:
            if each.is_auxiliary:
                first.setdefault(each.role, place[each.symbol])
        counts = np.ones(len(symbols), dtype=bool)
        columns = {role: np.full(len(symbols), first[role]) for role in ROLES if role in first}
        own = np.full(len(symbols), NONE)
        days = np.repeat(member_days([Instrument("")]), len(symbols), axis=1)
        for each in known:
            counts[place[each.symbol]] = not each.is_auxiliary
            days[:, place[each.symbol]] = member_days([each])[:, 0]
            own[place[each.symbol]] = NONE if each.is_auxiliary else first.get(f"{SECTOR_ROLE}{each.sector}", NONE)
        if (own != NONE).any():
            columns["sector"] = own
        return cls(counts, MappingProxyType(columns)).during(days)

    def during(self, days: MemberDays) -> SymbolRoles:
        """Return the same parts with other days of membership."""
        is_dated = bool((days != [[SINCE_EVER], [FOR_EVER]]).any())
        return SymbolRoles(self.counts, self.columns, days if is_dated else None)

    def counted(self, session: NDArray[np.float64]) -> Flags:
        """Return which symbols count at bars of these trading days [B], days since 1970: bool [B, N], not to change."""
        if self.days is None:
            return np.broadcast_to(self.counts, (len(session), len(self.counts)))
        return self.counts & is_between(self.days, session)

    def membership(self, day: int) -> str:
        """Return the sha256 of who has counted up to and on a trading day; empty when nobody came or went until then.

        What comes after does not enter: whoever is to leave tomorrow is a member like any other today.
        """
        if self.days is None:
            return ""
        first, last = self.days
        until = np.stack([np.where(first > day, FOR_EVER, first), np.where(last >= day, FOR_EVER, last)])
        if (until == [[SINCE_EVER], [FOR_EVER]]).all():
            return ""
        return hashlib.sha256(until.tobytes()).hexdigest()

    @property
    def digest(self) -> str:
        """Sha256 of the parts without the days; empty when all are the universe's and none stands for anything."""
        if self.counts.all() and not self.columns:
            return ""
        parts = [
            self.counts.tobytes(),
            *(name.encode() + self.columns[name].tobytes() for name in sorted(self.columns)),
        ]
        return hashlib.sha256(b"|".join(parts)).hexdigest()

    def reordered(self, order: NDArray[np.int64]) -> SymbolRoles:
        """Return the same parts for columns taken in another order."""
        place = np.empty(len(order) + 1, dtype=np.int64)
        place[order], place[NONE] = np.arange(len(order)), NONE
        columns = {name: place[values[order]] for name, values in self.columns.items()}
        return SymbolRoles(self.counts[order], columns, None if self.days is None else self.days[:, order])
