"""Proofs on bars that go missing, begin late or end early, on half-days, and on prices that do not move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.features.audit.causality import chunking_faults, look_ahead_faults
from qts_core.features.audit.conditions import (
    at_rows,
    constant,
    frozen,
    gap_rows,
    half_days,
    with_volume,
    without_bars,
)
from qts_core.features.audit.evidence import Fault, beyond, differences, values_where
from qts_core.features.audit.subject import Subject
from qts_core.market.panel import Floats, Panel

__all__ = [
    "bounds_faults",
    "delisting_faults",
    "gap_faults",
    "half_day_faults",
    "listing_faults",
    "missing_bar_faults",
    "standstill_faults",
    "volume_faults",
    "warm_up_faults",
]

DEVIATIONS = "deviations"
"""Unit of what is measured in deviations: without any there is no value."""


def bounds_faults(subject: Subject, values: Floats) -> tuple[Fault, ...]:
    """Return the features with a value outside the interval they declare, or an infinite one."""
    return beyond("bounds", subject.names, values, [promise.bounds for promise in subject.promises])


def missing_bar_faults(subject: Subject, panel: Panel, values: Floats) -> tuple[Fault, ...]:
    """Return the features that have a value where the symbol has no bar."""
    return values_where("missing", subject.names, values, np.isnan(panel["close"]))


def warm_up_faults(subject: Subject, panel: Panel, values: Floats) -> tuple[Fault, ...]:
    """Return the features that have a value before as many bars as they say they need.

    Those of the symbol; where a feature reads other symbols, those of the symbol that has the most.
    """
    own = np.cumsum(~np.isnan(panel["close"]), axis=0)
    most = np.broadcast_to(own.max(axis=1, keepdims=True), own.shape)
    faults: list[Fault] = []
    for promise, name, each in zip(subject.promises, subject.names, values, strict=True):
        seen = own if promise.is_own else most
        faults += values_where("warm_up", (name,), each[None], seen <= promise.warm_up_bars)
    return tuple(faults)


def gap_faults(subject: Subject, panel: Panel, random: np.random.Generator) -> tuple[Fault, ...]:
    """Return the features that take rows without a bar for bars: a halt must be as if its time had never been.

    Holds for what depends on its own symbol; schedules across symbols count the rows of the market.
    """
    gone = gap_rows(panel, random)
    gapped = subject.compute(without_bars(panel, np.broadcast_to(gone[:, None], panel["close"].shape)), ())
    closed = subject.compute(at_rows(panel, ~gone), ())
    rows = np.flatnonzero(~gone)
    own = only_own(subject, differences("gaps", subject.names, closed, gapped[:, rows], rows=rows))
    inside = np.broadcast_to(gone[:, None], panel["close"].shape)
    return merged(own, values_where("gaps", subject.names, gapped, inside))


def listing_faults(subject: Subject, panel: Panel, row: int) -> tuple[Fault, ...]:
    """Return the features of a symbol listed at `row` that differ from a history which begins there.

    Every second symbol is listed late; nothing stands before its first bar.
    """
    late = np.zeros(panel["close"].shape, dtype=bool)
    late[:row, ::2] = True
    listed = subject.compute(without_bars(panel, late), ())
    begun = subject.compute(panel.rows(slice(row, None)), ())
    rows, columns = np.arange(row, len(panel)), np.arange(0, len(panel.symbols), 2)
    own = differences("listing", subject.names, begun[:, :, ::2], listed[:, row:, ::2], rows=rows, columns=columns)
    return merged(only_own(subject, own), values_where("listing", subject.names, listed, late))


def delisting_faults(subject: Subject, panel: Panel, row: int, *, whole: Floats) -> tuple[Fault, ...]:
    """Return the features that know beforehand which symbols will have left at `row`, or outlive them."""
    ended = np.zeros(panel["close"].shape, dtype=bool)
    ended[row:, 1::2] = True
    values = subject.compute(without_bars(panel, ended), ())
    past = differences("delisting", subject.names, whole[:, :row], values[:, :row])
    return merged(past, values_where("delisting", subject.names, values, ended))


def half_day_faults(subject: Subject, panel: Panel, random: np.random.Generator) -> tuple[Fault, ...]:
    """Return the features that break a proof where every second session closes early."""
    short = half_days(panel)
    values = subject.compute(short, ())
    line = short.timeline
    closes = np.flatnonzero(line.slot == line.slots - 1)
    last = int(closes[2 * len(closes) // 3])
    found = merged(
        beyond("half_days", subject.names, values, [p.bounds for p in subject.promises]),
        missing_bar_faults(subject, short, values),
        chunking_faults(subject, short, sorted({max(1, last), min(last + 1, len(short) - 1)}), whole=values),
        look_ahead_faults(subject, short, max(1, last), random, whole=values),
    )
    return tuple(Fault("half_days", f.feature, f.row, f.column, f.expected, f.found) for f in found)


def standstill_faults(subject: Subject, panel: Panel) -> tuple[Fault, ...]:
    """Return the features that make noise of prices which never moved, or stand still from the middle on."""
    bounds = [promise.bounds for promise in subject.promises]
    still = subject.compute(constant(panel), ())
    stopped = subject.compute(frozen(panel, len(panel) // 2), ())
    in_deviations = [i for i, promise in enumerate(subject.promises) if promise.unit == DEVIATIONS]
    names = [subject.names[i] for i in in_deviations]
    return merged(
        beyond("standstill", subject.names, still, bounds),
        values_where("standstill", names, still[in_deviations], np.ones(still.shape[1:], dtype=bool)),
        beyond("standstill", subject.names, stopped, bounds),
    )


def volume_faults(subject: Subject, panel: Panel, random: np.random.Generator) -> tuple[Fault, ...]:
    """Return the features that leave their bounds when nothing is traded: never, or in a third of the bars."""
    bounds = [promise.bounds for promise in subject.promises]
    shape = panel["close"].shape
    found = []
    for traded in (np.zeros(shape, dtype=bool), random.random(shape) > 1 / 3):
        found.append(beyond("volume", subject.names, subject.compute(with_volume(panel, traded), ()), bounds))
    return merged(*found)


def only_own(subject: Subject, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Return the faults of features that depend on their own symbol alone."""
    own = own_of(subject)
    place = {name: index for index, name in enumerate(subject.names)}
    return tuple(fault for fault in faults if own[place[fault.feature]])


def own_of(subject: Subject) -> NDArray[np.bool_]:
    """Return which features depend on their own symbol alone, bool [F]."""
    return np.array([promise.is_own for promise in subject.promises], dtype=bool)


def merged(*parts: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Return the first fault of each feature."""
    found: dict[str, Fault] = {}
    for part in parts:
        for fault in part:
            found.setdefault(fault.feature, fault)
    return tuple(found.values())
