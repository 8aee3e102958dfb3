"""Proofs that a set of features is causal and reproducible, on any bars (specification 6; ARCHITECTURE section 3).

Each proof computes twice and compares to the bit; it returns the names that fail. They run over the whole catalogue in
the test suite, and over planted leaks to show that they would notice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.features.block import FeatureBlock
from qts_core.features.engine import FeatureEngine
from qts_core.features.roles import SymbolRoles
from qts_core.features.spec import Catalogue
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["Subject", "chunking_faults", "look_ahead_faults", "neighbour_faults", "subject_of", "symbol_order_faults"]

Compute = Callable[[Panel, Sequence[int]], Floats]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is put to the proof.

    Attributes
    ----------
    names : tuple of str
    compute : callable
        ``compute(panel, cuts) -> float64 [F, T, N]``, working through the panel in pieces that end at `cuts`.
    reordered : callable, optional
        The same features for columns in another order; needed where columns play parts of their own.
    """

    names: tuple[str, ...]
    compute: Compute
    reordered: Callable[[NDArray[np.int64]], Subject] | None = None


def subject_of(catalogue: Catalogue, *, bar_minutes: int = BAR_MINUTES, roles: SymbolRoles | None = None) -> Subject:
    """Return the features of a catalogue; at each cut the engine is replaced by one restored from its snapshot."""

    def compute(panel: Panel, cuts: Sequence[int]) -> Floats:
        engine = FeatureEngine(catalogue, panel.symbols, roles=roles)
        pieces = []
        for first, last in zip([0, *cuts], [*cuts, len(panel)], strict=True):
            if first:
                state = engine.snapshot()
                engine = FeatureEngine(catalogue, panel.symbols, roles=roles)
                engine.restore(state)
            pieces.append(engine.push(FeatureBlock.of(panel.rows(slice(first, last)), bar_minutes=bar_minutes)))
        return np.concatenate(pieces, axis=1)

    def reordered(order: NDArray[np.int64]) -> Subject:
        return subject_of(catalogue, bar_minutes=bar_minutes, roles=None if roles is None else roles.reordered(order))

    return Subject(catalogue.names, compute, reordered)


def chunking_faults(subject: Subject, panel: Panel, cuts: Sequence[int]) -> tuple[str, ...]:
    """Return the features whose values depend on how time is cut; `cuts` are increasing rows inside the panel."""
    return differing(subject.names, subject.compute(panel, ()), subject.compute(panel, cuts))


def look_ahead_faults(subject: Subject, panel: Panel, row: int, random: np.random.Generator) -> tuple[str, ...]:
    """Return the features whose values before `row` change when the bars from `row` on are altered or cut off.

    A split factor is altered too, since a later split must not reach back.
    """
    before = subject.compute(panel, ())[:, :row]
    altered = subject.compute(disturbed(panel, slice(row, None), slice(None), random), ())[:, :row]
    short = subject.compute(panel.rows(slice(0, row)), ())
    found = {*differing(subject.names, before, altered), *differing(subject.names, before, short)}
    return tuple(name for name in subject.names if name in found)


def symbol_order_faults(subject: Subject, panel: Panel, random: np.random.Generator) -> tuple[str, ...]:
    """Return the features whose values change when the symbols change places."""
    order = random.permutation(len(panel.symbols))
    fields = {name: np.ascontiguousarray(values[:, order]) for name, values in panel.fields.items()}
    moved_subject = subject if subject.reordered is None else subject.reordered(order)
    moved = moved_subject.compute(Panel(panel.timeline, panel.symbols, fields), ())
    return differing(subject.names, subject.compute(panel, ())[:, :, order], moved)


def neighbour_faults(subject: Subject, panel: Panel, random: np.random.Generator) -> tuple[str, ...]:
    """Return the features whose values for the first symbol change when the bars of all others are altered."""
    alone = subject.compute(panel, ())[:, :, :1]
    changed = subject.compute(disturbed(panel, slice(None), slice(1, None), random), ())[:, :, :1]
    return differing(subject.names, alone, changed)


def disturbed(panel: Panel, rows: slice, columns: slice, random: np.random.Generator) -> Panel:
    """Return the panel with every bar of a part rescaled at random, one in ten removed, and its factors changed."""
    fields = {name: values.copy() for name, values in panel.fields.items()}
    shape = fields["close"][rows, columns].shape
    scale = np.exp(0.05 * random.standard_normal(shape))
    gone = random.random(shape) < 0.1
    for name, values in fields.items():
        if name == "factor":
            values[rows, columns] *= 3.0
        else:
            # Prices of a bar move together, so that the bar stays one.
            values[rows, columns] *= scale
            values[rows, columns][gone] = np.nan
    return Panel(panel.timeline, panel.symbols, fields)


def differing(names: Sequence[str], one: Floats, other: Floats) -> tuple[str, ...]:
    """Return the features that are not equal to the bit; NaN equals NaN."""
    return tuple(name for name, a, b in zip(names, one, other, strict=True) if not is_same(a, b))


def is_same(one: Floats, other: Floats) -> bool:
    """Return whether two arrays hold the same bits, all NaN being one."""
    empty = np.isnan(one)
    if not np.array_equal(empty, np.isnan(other)):
        return False
    bits: NDArray[np.bool_] = np.ascontiguousarray(one).view(np.int64) == np.ascontiguousarray(other).view(np.int64)
    return bool((bits | empty).all())
