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
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.models.conformal import Conformal
from qts_core.models.tuned_levels import Experts, Tuning

__all__ = ["INTERVALS", "SETS", "UNBOUNDED", "Asked", "Issued", "OnlineLevels", "moved", "radii"]

UNBOUNDED = 1e9
"""Radius of an interval without bounds: no return is beyond, and it is a number that JSON can hold."""
EMPTY = -1.0
"""Radius of an interval that holds nothing, issued once the level asks for misses only."""
INTERVALS, SETS = "intervals", "sets"
ARRAYS = ("centre", "radius", "holds_up", "holds_down", "members")


STRANGENESS = ("spread", "up", "down")


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What experts were asked when a promise was made, and what it takes to tell how strange its outcome was.

    Attributes
    ----------
    spread : float64 [N]
        What distances of intervals are divided by.
    up, down : float64 [N]
        How far the classes "up" and "not up" lay from the prediction; NaN without sets.
    alphas : mapping of (str to (str to float64 [K]))
        By ``intervals`` or ``sets`` and group, the miss rate that each expert aimed at.
    """

    spread: Floats
    up: Floats
    down: Floats
    alphas: Mapping[str, Mapping[str, Floats]]

    def to_dict(self) -> dict[str, object]:
        """Return plain values, exact, that :meth:`from_dict` reads."""
        alphas = {kind: {g: to_list(v) for g, v in sorted(each.items())} for kind, each in self.alphas.items()}
        return {**{name: to_list(getattr(self, name)) for name in STRANGENESS}, "alphas": alphas}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Asked:
        """Return what :meth:`to_dict` wrote."""
        alphas = cast(Mapping[str, Mapping[str, object]], content["alphas"])
        spread, up, down = (from_list(content[name]) for name in STRANGENESS)
        return cls(
            spread, up, down,
            {kind: {g: from_list(v) for g, v in each.items()} for kind, each in alphas.items()},
        )  # fmt: skip


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
    asked : Asked, optional
        Of levels that are tuned.
    """

    centre: Floats
    radius: Floats
    holds_up: Floats
    holds_down: Floats
    members: Floats
    asked: Asked | None = None

    @classmethod
    def nothing(cls, breadth: int) -> Issued:
        """Return the promise of a bar at which nothing was promised."""
        none = np.full(breadth, np.nan)
        return cls(none, none, none, none, none)

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

    def strangeness(self, outcome: Floats, asked: Asked) -> dict[str, Floats]:
        """Return how far outcomes lay from their prediction, by ``intervals`` and ``sets``; NaN = unknown."""
        direction = np.where(outcome > 0.0, asked.up, asked.down)
        return {
            INTERVALS: np.abs(outcome - self.centre) / asked.spread,
            SETS: np.where(np.isfinite(outcome), direction, np.nan),
        }

    def to_dict(self) -> dict[str, object]:
        """Return plain values, exact, that :meth:`from_dict` reads."""
        plain: dict[str, object] = {name: to_list(getattr(self, name)) for name in ARRAYS}
        return plain if self.asked is None else {**plain, "asked": self.asked.to_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Issued:
        """Return what :meth:`to_dict` wrote."""
        asked = cast("Mapping[str, object] | None", content.get("asked"))
        centre, radius, up, down, members = (from_list(content[name]) for name in ARRAYS)
        return cls(centre, radius, up, down, members, None if asked is None else Asked.from_dict(asked))

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
    experts : dict of str to (dict of str to Experts)
        By ``intervals`` or ``sets`` and group, of levels that are tuned.
    tables : str
        Identity of the calibration scores that the experts speak of; empty without experts.
    """

    def __init__(self) -> None:
        self.intervals: dict[str, float] = {}
        self.sets: dict[str, float] = {}
        self.waiting: deque[Issued] = deque()
        self.experts: dict[str, dict[str, Experts]] = {INTERVALS: {}, SETS: {}}
        self.tables = ""

    def under(self, tables: str) -> None:
        """Go on with other calibration scores: what was promised by the former teaches experts nothing."""
        if tables != self.tables:
            self.tables = tables
            self.waiting = deque(replace(one, asked=None) for one in self.waiting)

    def of(self, kind: str) -> dict[str, float]:
        """Return the levels of ``intervals`` or ``sets``."""
        return self.intervals if kind == INTERVALS else self.sets

    def learn(
        self, issued: Issued, outcome: Floats, tables: Mapping[str, Conformal], symbols: Sequence[str], *, alpha: float,
        tuning: Tuning,
    ) -> None:  # fmt: skip
        """Let experts hear what came of a promise, and take up the levels that follow.

        Parameters
        ----------
        outcome : float64 [N]
            Of `symbols`; NaN = unknown.
        tables : mapping of str to Conformal
            Calibration scores of ``intervals`` and ``sets``, where they are given.
        alpha : float
            Miss rate promised.
        """
        if issued.asked is None:
            return
        strangeness = issued.strangeness(outcome, issued.asked)
        for kind, table in tables.items():
            betas, names = (
                table.missed_from(strangeness[kind], symbols),
                np.array(table.groups_of(symbols), dtype=object),
            )
            for group, then in issued.asked.alphas[kind].items():
                known = betas[(names == group) & np.isfinite(betas)]
                if len(known):
                    experts = self.consulted(kind, group, alpha=alpha, count=len(tuning.rates))
                    experts = experts.after(then, known, alpha=alpha, tuning=tuning)
                    self.experts[kind][group], self.of(kind)[group] = experts, experts.level

    def asked(self, tables: Mapping[str, Conformal], *, alpha: float, count: int) -> dict[str, dict[str, Floats]]:
        """Return what each of `count` experts aims at now, by ``intervals`` or ``sets`` and group."""
        return {
            kind: {group: self.consulted(kind, group, alpha=alpha, count=count).alphas for group in table.groups}
            for kind, table in tables.items()
        }

    def consulted(self, kind: str, group: str, *, alpha: float, count: int) -> Experts:
        """Return the `count` experts of a group; new ones begin where the level stands."""
        known = self.experts[kind].get(group)
        if known is None or len(known.alphas) != count:
            known = Experts.starting(self.of(kind).get(group, alpha), count)
        return known

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        state: dict[str, object] = {
            INTERVALS: dict(sorted(self.intervals.items())),
            SETS: dict(sorted(self.sets.items())),
            "waiting": [one.to_dict() for one in self.waiting],
        }
        if self.tables:
            state["tables"] = self.tables
            state["experts"] = {
                kind: {group: each.to_dict() for group, each in sorted(found.items())}
                for kind, found in self.experts.items()
            }
        return state

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self.intervals = dict(cast(Mapping[str, float], state[INTERVALS]))
        self.sets = dict(cast(Mapping[str, float], state[SETS]))
        self.waiting = deque(Issued.from_dict(one) for one in cast(Sequence[Mapping[str, object]], state["waiting"]))
        self.tables = str(state.get("tables", ""))
        kept = cast(Mapping[str, Mapping[str, Mapping[str, object]]], state.get("experts", {}))
        self.experts = {
            kind: {group: Experts.from_dict(each) for group, each in kept.get(kind, {}).items()}
            for kind in (INTERVALS, SETS)
        }


def radii(quantiles: Floats, spread: Floats) -> Floats:
    """Return the radius of each interval, float64 [N]: the quantile times the spread, as numbers that JSON can hold."""
    is_empty, is_open = np.isneginf(quantiles), np.isposinf(quantiles)
    wide = np.minimum(np.where(is_empty | is_open, 0.0, quantiles) * spread, UNBOUNDED)
    return np.where(is_empty, EMPTY, np.where(is_open, UNBOUNDED, wide))
