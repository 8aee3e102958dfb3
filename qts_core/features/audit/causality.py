"""Proofs that compute twice and compare to the bit: nothing depends on cuts, the future, places or neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qts_core.features.audit.conditions import disturbed, permuted
from qts_core.features.audit.evidence import Fault, differences
from qts_core.features.audit.subject import Subject
from qts_core.market.panel import Floats, Panel

__all__ = ["chunking_faults", "live_faults", "look_ahead_faults", "neighbour_faults", "symbol_order_faults"]


def chunking_faults(
    subject: Subject, panel: Panel, cuts: Sequence[int], *, whole: Floats | None = None
) -> tuple[Fault, ...]:
    """Return the features whose values depend on how time is cut, or are lost in a snapshot.

    Parameters
    ----------
    cuts : sequence of int
        Increasing rows inside the panel.
    whole : float64 [F, T, N], optional
        The values without a cut, where they are known.
    """
    whole = subject.compute(panel, ()) if whole is None else whole
    return differences("chunking", subject.names, whole, subject.compute(panel, cuts))


def live_faults(
    subject: Subject, panel: Panel, begin: int, end: int, *, whole: Floats | None = None
) -> tuple[Fault, ...]:
    """Return the features that come out otherwise when rows from `begin` to `end` are pushed one at a time."""
    whole = subject.compute(panel, ()) if whole is None else whole
    if subject.stepwise is None:
        stepped = subject.compute(panel.rows(slice(0, end)), range(max(begin, 1), end))
    else:
        stepped = subject.stepwise(panel, (begin, end))
    return differences("live", subject.names, whole[:, :end], stepped)


def look_ahead_faults(
    subject: Subject, panel: Panel, row: int, random: np.random.Generator, *, whole: Floats | None = None
) -> tuple[Fault, ...]:
    """Return the features whose values before `row` change when the bars from `row` on are altered or cut off.

    A split factor is altered too, since a later split must not reach back.
    """
    before = (subject.compute(panel, ()) if whole is None else whole)[:, :row]
    altered = subject.compute(disturbed(panel, slice(row, None), slice(None), random), ())[:, :row]
    found = {fault.feature: fault for fault in differences("future", subject.names, before, altered)}
    short = subject.compute(panel.rows(slice(0, row)), ())
    for fault in differences("future", subject.names, before, short):
        found.setdefault(fault.feature, fault)
    return tuple(found[name] for name in subject.names if name in found)


def symbol_order_faults(
    subject: Subject, panel: Panel, random: np.random.Generator, *, whole: Floats | None = None
) -> tuple[Fault, ...]:
    """Return the features whose values change when the symbols change places."""
    order = random.permutation(len(panel.symbols))
    whole = subject.compute(panel, ()) if whole is None else whole
    moved_subject = subject if subject.reordered is None else subject.reordered(order)
    moved = moved_subject.compute(permuted(panel, order), ())
    return differences("order", subject.names, whole[:, :, order], moved, columns=order)


def neighbour_faults(
    subject: Subject, panel: Panel, random: np.random.Generator, *, whole: Floats | None = None
) -> tuple[Fault, ...]:
    """Return the features whose values for the first symbol change when the bars of all others are altered."""
    alone = (subject.compute(panel, ()) if whole is None else whole)[:, :, :1]
    changed = subject.compute(disturbed(panel, slice(None), slice(1, None), random), ())[:, :, :1]
    return differences("neighbours", subject.names, alone, changed)
