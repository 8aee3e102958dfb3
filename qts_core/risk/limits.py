"""Caps on exposure: fit target weights under them, increases first (specification 10.3).

The first of two lines of defence; the second admits single orders (:mod:`qts_core.risk.pre_trade`). What reduces risk
is never refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.risk.measures.clusters import Clusters
from qts_core.risk.settings import LimitSettings
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["ROUNDING", "Sectors", "within_limits"]

ROUNDING = 1e-12
"""Sums of ratios are off by rounding; a cap is not broken by that."""


@dataclass(frozen=True, slots=True, eq=False)
class Sectors:
    """Which sector each of N symbols belongs to, and each sector's cap."""

    names: tuple[str, ...]
    index: NDArray[np.int64]
    caps: Floats

    @classmethod
    def of(cls, instruments: Sequence[Instrument], settings: LimitSettings) -> Sectors:
        """Number the sectors of `instruments`; a sector's own cap can only be tighter than the general one."""
        names = tuple(sorted({i.sector for i in instruments}))
        place = {name: i for i, name in enumerate(names)}
        index = np.array([place[i.sector] for i in instruments], dtype=np.int64)
        general = settings.max_sector_ratio
        caps = np.array([min(general, settings.sector_ratios.get(name, settings.other_sector_ratio)) for name in names])
        return cls(names, index, caps)

    def gross(self, weight: Floats) -> Floats:
        """Return the sum of |weight| within each sector."""
        gross: Floats = np.bincount(self.index, weights=np.abs(weight), minlength=len(self.names)).astype(np.float64)
        return gross


def within_limits(
    target: Floats, current: Floats, sectors: Sectors, settings: LimitSettings, clusters: Clusters | None = None
) -> tuple[Floats, list[Verdict]]:
    """Return targets under every cap, and a verdict for each cap that cut them.

    Parameters
    ----------
    target, current : float64 [N]
        Ratios of equity; a target is never on the other side of its current weight.
    clusters : Clusters, optional
        Which symbols move together; without them no cap on correlated exposure holds.
    """
    verdicts: list[Verdict] = []
    cap, room = settings.max_position_ratio, settings.headroom_ratio
    gross, largest, total, net = _exposures(target, sectors.index, len(sectors.names))
    if largest > cap + ROUNDING:
        verdicts.append(_cut("limit.position", PORTFOLIO, cap, largest, "a weight exceeds the cap of one position"))
        over = np.abs(target) > cap + ROUNDING
        target = np.where(over, np.sign(target) * cap * (1.0 - room), target)
        gross, largest, total, net = _exposures(target, sectors.index, len(sectors.names))
    for i in _over(gross, sectors.caps):
        cap, name = float(sectors.caps[i]), sectors.names[i]
        verdicts.append(_cut("limit.sector", PORTFOLIO, cap, float(gross[i]), f"sector {name} exceeds its cap"))
        target = _fit(target, current, sectors.index == i, cap, room)
        _, largest, total, net = _exposures(target, sectors.index, len(sectors.names))
    if clusters is not None:
        target = _within_clusters(target, current, clusters, settings, verdicts)
        _, largest, total, net = _exposures(target, sectors.index, len(sectors.names))
    if total > settings.max_gross_ratio + ROUNDING:
        cap = settings.max_gross_ratio
        verdicts.append(_cut("limit.gross", PORTFOLIO, cap, total, "gross exposure exceeds its cap"))
        target = _fit(target, current, np.ones(len(target), dtype=np.bool_), cap, room)
        _, largest, total, net = _exposures(target, sectors.index, len(sectors.names))
    if abs(net) > settings.max_net_ratio + ROUNDING:
        cap = settings.max_net_ratio
        verdicts.append(_cut("limit.net", PORTFOLIO, cap, abs(net), "net exposure exceeds its cap"))
        target = _fit_side(target, current, net, cap, room)
    return target, verdicts


def _within_clusters(
    target: Floats, current: Floats, clusters: Clusters, settings: LimitSettings, verdicts: list[Verdict]
) -> Floats:
    cap = settings.max_correlated_ratio
    gross, *_ = _exposures(target, clusters.index, clusters.count)
    for i in _over(gross, np.full(clusters.count, cap)):
        members = clusters.index == i
        reason = f"{int(members.sum())} symbols that move together exceed their cap"
        verdicts.append(_cut("limit.correlated", PORTFOLIO, cap, float(gross[i]), reason))
        target = _fit(target, current, members, cap, settings.headroom_ratio)
    return target


@kernel
def _exposures(weight: Floats, sector: NDArray[np.int64], sectors: int) -> tuple[Floats, float, float, float]:
    """Return gross by sector, the largest |weight|, gross and net; a NaN is in none of the comparisons that follow."""
    size = np.abs(weight)
    gross = np.zeros(sectors)
    largest = 0.0
    for i in range(len(weight)):
        gross[sector[i]] += size[i]
        largest = max(largest, size[i])
    return gross, largest, pairwise_sum(size), pairwise_sum(weight)


@kernel
def _over(gross: Floats, caps: Floats) -> NDArray[np.int64]:
    """Return the sectors above their caps."""
    return np.flatnonzero(gross > caps + ROUNDING)


@kernel
def _fit(target: Floats, current: Floats, members: NDArray[np.bool_], cap: float, headroom: float) -> Floats:
    """Cut the increases of `members` until their gross fits; if what is held does not fit either, cut that too."""
    wanted = np.abs(target)
    kept = np.zeros(len(target))
    for i in range(len(target)):
        if target[i] * current[i] > 0.0:
            kept[i] = min(wanted[i], abs(current[i]))
    base = pairwise_sum(kept[members])
    added = pairwise_sum((wanted - kept)[members])
    share = min((cap - base) / added, 1.0) if added > 0.0 else 0.0
    fitted = target.copy()
    for i in range(len(target)):
        if members[i] and base <= cap:
            fitted[i] = np.sign(target[i]) * (kept[i] + share * (wanted[i] - kept[i]))
        elif members[i]:
            fitted[i] = np.sign(target[i]) * (kept[i] * (cap * (1.0 - headroom) / base))
    return fitted


@kernel
def _fit_side(target: Floats, current: Floats, net: float, cap: float, headroom: float) -> Floats:
    """Cut the side that outweighs the other until the difference is `cap`."""
    heavy = target * net > 0.0
    side_cap = cap + pairwise_sum(np.abs(target[~heavy]))
    return _fit(target, current, heavy, side_cap, headroom)


def _cut(name: str, symbol: str, limit: float, value: float, reason: str) -> Verdict:
    return Verdict(name, symbol, False, reason, limit, value)
