"""What is put to the proof: features that can be computed on any bars, cut anywhere (ARCHITECTURE section 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from qts_core.features.block import FeatureBlock
from qts_core.features.engine import FeatureEngine
from qts_core.features.operations import Scope
from qts_core.features.roles import SymbolRoles
from qts_core.features.spec import Catalogue, FeatureSpec
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["Compute", "Promise", "Subject", "promise_of", "subject_of"]

Compute = Callable[[Panel, Sequence[int]], Floats]


@dataclass(frozen=True, slots=True)
class Promise:
    """What a feature says of itself that can be held against it.

    Attributes
    ----------
    is_own : bool
        Whether its value depends on its own symbol alone.
    bounds : tuple of float
        Closed interval that holds every value.
    warm_up_bars : int
        The symbol's own bars before the first value.
    unit : str
    """

    is_own: bool = False
    bounds: tuple[float, float] = (-inf, inf)
    warm_up_bars: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Features under proof.

    Attributes
    ----------
    names : tuple of str
    compute : callable
        ``compute(panel, cuts) -> float64 [F, T, N]``, working through the panel in pieces that end at `cuts`; at each
        cut the work is handed over by a snapshot.
    reordered : callable, optional
        The same features for columns in another order; needed where columns play parts of their own.
    stepwise : callable, optional
        As `compute`, but never one bar ahead: from the first cut on bar by bar up to the second, as live.
    promises : tuple of Promise
        One a feature; empty when nothing is promised.
    """

    names: tuple[str, ...]
    compute: Compute
    reordered: Callable[[NDArray[np.int64]], Subject] | None = None
    stepwise: Compute | None = None
    promises: tuple[Promise, ...] = ()


def subject_of(
    catalogue: Catalogue, *, bar_minutes: int = BAR_MINUTES, roles: SymbolRoles | None = None, threads: int = 1
) -> Subject:
    """Return the features of a catalogue; at each cut the engine is replaced by one restored from its snapshot."""

    def fresh(panel: Panel) -> FeatureEngine:
        return FeatureEngine(catalogue, panel.symbols, roles=roles, threads=threads)

    def block(panel: Panel, first: int, last: int) -> FeatureBlock:
        return FeatureBlock.of(panel.rows(slice(first, last)), bar_minutes=bar_minutes)

    def compute(panel: Panel, cuts: Sequence[int]) -> Floats:
        engine, values = fresh(panel), np.empty((len(catalogue), len(panel), len(panel.symbols)))
        for first, last in zip([0, *cuts], [*cuts, len(panel)], strict=True):
            if first:
                state = engine.snapshot()
                engine = fresh(panel)
                engine.restore(state)
            engine.push_into(block(panel, first, last), values[:, first:last])
        return values

    def stepwise(panel: Panel, cuts: Sequence[int]) -> Floats:
        engine, (begin, end) = fresh(panel), cuts
        values = np.empty((len(catalogue), end, len(panel.symbols)))
        if begin:
            engine.push_into(block(panel, 0, begin), values[:, :begin])
        for row in range(begin, end):
            engine.push_into(block(panel, row, row + 1), values[:, row : row + 1])
        return values

    def reordered(order: NDArray[np.int64]) -> Subject:
        moved = None if roles is None else roles.reordered(order)
        return subject_of(catalogue, bar_minutes=bar_minutes, roles=moved, threads=threads)

    promises = tuple(promise_of(spec) for spec in catalogue)
    return Subject(catalogue.names, compute, reordered, stepwise, promises)


def promise_of(spec: FeatureSpec) -> Promise:
    """Return what a feature of a catalogue says of itself."""
    return Promise(spec.scope is Scope.TIME_SERIES, spec.bounds, spec.warm_up_bars, spec.unit)
