"""Adaptive conformal inference: the level moves with what came, so that coverage holds while markets drift.

After each outcome ``alpha <- alpha + rate (target - miss)``: misses widen the next intervals, hits narrow them. Over T
outcomes the share of misses is within ``(max(alpha_1, 1 - alpha_1) + rate (1 + d)) / (rate T)`` of the target, whatever
the market does; d is the number of bars that an outcome comes late. A label of horizon h is heard of h + 1 bars after
its interval was issued, never before.

References
----------
Gibbs and Candès (2021), Adaptive Conformal Inference Under Distribution Shift, NeurIPS 34, pp. 1660-1672: the update is
equation (2), the bound for d = 0 is proposition 4.1. With outcomes d bars late alpha can leave [0, 1] by d more steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats

__all__ = ["UNBOUNDED", "Issued", "OnlineLevels", "moved", "radii"]

UNBOUNDED = 1e9
"""Radius of an interval without bounds: no return is beyond, and it is a number that JSON can hold."""
EMPTY = -1.0
"""Radius of an interval that holds nothing, issued once the level asks for misses only."""
ARRAYS = ("centre", "radius", "holds_up", "holds_down", "members")


@dataclass(frozen=True, slots=True, eq=False)
class Issued:
    """What was promised of N symbols at one bar, float64 [N] each; NaN = nothing.

    Attributes
    ----------
    centre, radius : float64 [N]
        Interval of the return.
    holds_up, holds_down : float64 [N]
        Whether the set of classes holds "up" and "not up", 1 or 0.
    members : float64 [N]
        1 for symbols whose mean a relative return is taken against.
    """

    centre: Floats
    radius: Floats
    holds_up: Floats
    holds_down: Floats
    members: Floats

    @classmethod
    def nothing(cls, breadth: int) -> Issued:
        """Return the promise of a bar at which nothing was promised."""
        return cls(*[np.full(breadth, np.nan) for _ in ARRAYS])

    def outcome(self, ended: Floats, *, is_relative: bool) -> Floats:
        """Return what the promise was about, float64 [N], from the forward returns that have just ended."""
        if not is_relative:
            return ended
        known = np.isfinite(ended) & (self.members > 0.0)
        return ended - (float(ended[known].sum()) / int(known.sum()) if known.any() else 0.0)

    def missed_interval(self, outcome: Floats) -> Floats:
        """Return 1 where the outcome was outside, 0 where it was inside, NaN = unknown."""
        known = np.isfinite(outcome) & np.isfinite(self.centre) & np.isfinite(self.radius)
        return np.where(known, (np.abs(outcome - self.centre) > self.radius).astype(np.float64), np.nan)

    def missed_set(self, outcome: Floats) -> Floats:
        """Return 1 where the direction that came was not in the set, 0 where it was, NaN = unknown."""
        held = np.where(outcome > 0.0, self.holds_up, self.holds_down)
        return np.where(np.isfinite(outcome), 1.0 - held, np.nan)


def moved(
    alphas: Mapping[str, float], missed: Floats, groups: Sequence[str], *, alpha: float, rate: float
) -> dict[str, float]:
    """Return the levels after the outcomes of one bar: each group's moves by the share of its symbols that missed.

    Parameters
    ----------
    alphas : mapping of str to float
        Miss rate now aimed at; groups not named stand at `alpha`.
    missed : float64 [N]
        1, 0, NaN = unknown.
    groups : sequence of str
        Group of each symbol.
    alpha, rate : float
        Miss rate promised, and how fast the levels follow.
    """
    known = np.isfinite(missed)
    names = np.array(groups, dtype=object)
    found = dict(alphas)
    for name in sorted(set(groups)):
        inside = known & (names == name)
        if count := int(inside.sum()):
            share = float(missed[inside].sum()) / count
            found[name] = found.get(name, alpha) + rate * (alpha - share)
    return found


class OnlineLevels:
    """Levels of intervals and sets by group, and the promises whose outcome is not known yet.

    Attributes
    ----------
    intervals, sets : dict of str to float
        Miss rate now aimed at by group; those not named have never moved.
    """

    def __init__(self) -> None:
        self.intervals: dict[str, float] = {}
        self.sets: dict[str, float] = {}
        self.waiting: deque[Issued] = deque()

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "intervals": dict(sorted(self.intervals.items())),
            "sets": dict(sorted(self.sets.items())),
            "waiting": [{name: to_list(getattr(one, name)) for name in ARRAYS} for one in self.waiting],
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self.intervals = dict(cast(Mapping[str, float], state["intervals"]))
        self.sets = dict(cast(Mapping[str, float], state["sets"]))
        waiting = cast(Sequence[Mapping[str, object]], state["waiting"])
        self.waiting = deque(Issued(**{name: from_list(value) for name, value in one.items()}) for one in waiting)


def radii(quantiles: Floats, spread: Floats) -> Floats:
    """Return the radius of each interval, float64 [N]: the quantile times the spread, as numbers that JSON can hold."""
    is_empty, is_open = np.isneginf(quantiles), np.isposinf(quantiles)
    wide = np.minimum(np.where(is_empty | is_open, 0.0, quantiles) * spread, UNBOUNDED)
    return np.where(is_empty, EMPTY, np.where(is_open, UNBOUNDED, wide))
