"""The checks that an order passes before it is sent (specification 10.4).

The second line of defence. Orders are admitted one by one, as if everything on order filled except what reduces risk.
What reduces risk is never refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.light import light
from qts_core.market.panel import Floats
from qts_core.risk.limits import ROUNDING, Sectors
from qts_core.risk.measures.clusters import Clusters
from qts_core.risk.overrides import Overrides
from qts_core.risk.settings import LimitSettings
from qts_core.risk.verdict import Verdict

__all__ = ["NO_CONTEXT", "PreTrade", "TradeContext"]


@light
@dataclass(frozen=True, slots=True, eq=False)
class TradeContext:
    """What is known at the moment of a decision beside the book; the defaults restrict nothing.

    Attributes
    ----------
    slot, slots : int
        Place of the bar in its session and how many there are; 0 slots = the hours do not matter.
    buying_power : float
        What the broker still lends for new exposure beyond what is held and on order, ratio of equity.
    clusters : Clusters, optional
        Which symbols move together.
    overrides : Overrides, optional
        What a person has set aside, as of `now`.
    max_position : float
        Cap on the value of one position, ratio of equity.
    """

    slot: int = 0
    slots: int = 0
    buying_power: float = math.inf
    clusters: Clusters | None = None
    overrides: Overrides | None = None
    now: datetime | None = None
    max_position: float = math.inf


NO_CONTEXT = TradeContext()


class PreTrade:
    """Admits the orders of one bar at their worst case: what adds risk fills, what reduces it does not.

    Parameters
    ----------
    symbols : sequence of str
        The N columns.
    held, on_order : float64 [N]
        Weights held, and signed weights of orders that are still open.
    context : TradeContext
        Hours, buying power, clusters and overrides.
    """

    def __init__(
        self, symbols: Sequence[str], held: Floats, on_order: Floats, sectors: Sectors, settings: LimitSettings,
        context: TradeContext = NO_CONTEXT,
    ) -> None:  # fmt: skip
        self._symbols = symbols
        self._sectors = sectors
        self._settings = settings
        self._context = context
        self._worst, self._by_sector, self._gross, self._count = _at_worst(
            held, on_order, sectors.index, len(sectors.names)
        )
        self._squares = float(np.square(self._worst).sum()) if settings.max_concentration < math.inf else 0.0
        self._by_cluster = context.clusters.gross(self._worst) if context.clusters is not None else None
        self._bought = 0.0

    def admit(self, column: int, weight: float) -> Verdict:
        """Decide on an order that would bring `column` to `weight`; an admitted one counts from then on."""
        symbol = self._symbols[column]
        before = float(self._worst[column])
        added = abs(weight) - before
        if added <= 0.0:
            return Verdict("limit.reduces", symbol, True, "", before, abs(weight))
        verdict = self._first_broken(column, symbol, weight, before, added)
        if verdict is not None:
            return verdict
        self._worst[column] = abs(weight)
        self._gross += added
        self._bought += added
        self._squares += weight * weight - before * before
        self._by_sector[self._sectors.index[column]] += added
        if self._by_cluster is not None and self._context.clusters is not None:
            self._by_cluster[self._context.clusters.index[column]] += added
        self._count += before == 0.0
        return Verdict("limit.gross", symbol, True, "", self._settings.max_gross_ratio, self._gross)

    def _first_broken(self, column: int, symbol: str, weight: float, before: float, added: float) -> Verdict | None:
        """Return the verdict of the first check that refuses and that nobody has set aside."""
        for name, limit, value, reason in self._checks(column, symbol, weight, before, added):
            if not value <= limit + ROUNDING:
                verdict = Verdict(name, symbol, False, reason, limit, value)
                if not self._is_set_aside(verdict):
                    return verdict
        return None

    def _is_set_aside(self, verdict: Verdict) -> bool:
        overrides, now = self._context.overrides, self._context.now
        return overrides is not None and now is not None and overrides.judge(verdict, now).is_allowed

    def _checks(
        self, column: int, symbol: str, weight: float, before: float, added: float
    ) -> list[tuple[str, float, float, str]]:
        """Return (name, limit, value, reason) of every check, in the order in which they are asked.

        What is forbidden whatever its size has the value 1 and the limit 0.
        """
        chosen, context, sector = self._settings, self._context, int(self._sectors.index[column])
        checks: list[tuple[str, float, float, str]] = []
        if symbol in chosen.restricted:
            checks.append(("limit.restricted", 0.0, 1.0, f"{symbol} is restricted: it may only be reduced"))
        if context.slots and not chosen.quiet_open_bars <= context.slot < context.slots - 1 - chosen.quiet_close_bars:
            reason = f"bar {context.slot + 1} of {context.slots} is outside the hours in which risk is added"
            checks.append(("limit.hours", 0.0, 1.0, reason))
        checks += (
            ("limit.position", chosen.max_position_ratio, abs(weight), _exceeds("one position")),
            ("limit.sector", float(self._sectors.caps[sector]), float(self._by_sector[sector]) + added,
             _exceeds("a sector")),
        )  # fmt: skip
        if context.max_position < math.inf:
            checks.append(("limit.position_value", context.max_position, abs(weight), _exceeds("one position's value")))
        if self._by_cluster is not None and context.clusters is not None:
            value = float(self._by_cluster[context.clusters.index[column]]) + added
            checks.append(("limit.correlated", chosen.max_correlated_ratio, value, _exceeds("what moves with it")))
        checks.append(("limit.gross", chosen.max_gross_ratio, self._gross + added, _exceeds("gross exposure")))
        if chosen.max_concentration < math.inf:
            value = self._squares + weight * weight - before * before
            checks.append(("limit.concentration", chosen.max_concentration, value, _exceeds("the concentration")))
        count = float(self._count + (before == 0.0))
        checks.append(("limit.count", float(chosen.max_positions), count, _exceeds("the number of positions")))
        if context.buying_power < math.inf:
            power = context.buying_power * (1.0 - chosen.buying_power_reserve_ratio)
            checks.append(("limit.buying_power", power, self._bought + added, "it costs more than the broker lends"))
        return checks


@cache
def _exceeds(what: str) -> str:
    return f"with all open orders filled, {what} would exceed its cap"


@kernel
def _at_worst(
    held: Floats, on_order: Floats, sector: NDArray[np.int64], sectors: int
) -> tuple[Floats, Floats, float, int]:
    """Return |weight| with what adds risk filled [N], its sum by sector, its sum, and how many are not nothing."""
    worst, by_sector = np.empty(len(held)), np.zeros(sectors)
    count = 0
    for i in range(len(held)):
        now, then = abs(held[i]), abs(held[i] + on_order[i])
        worst[i] = now if now >= then or np.isnan(now) else then
        by_sector[sector[i]] += worst[i]
        count += worst[i] != 0.0
    return worst, by_sector, pairwise_sum(worst), count
