"""Proof that bars were what they are: nothing that came later has rewritten them (checklist X-29)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qts_core.features.audit.evidence import Fault, differences
from qts_core.market.panel import BAR_FIELDS, Panel

__all__ = ["Load", "history_faults"]

Load = Callable[[int | None], Panel]
"""Bars as they were known at an instant, microseconds UTC; as they are known now for None."""


def history_faults(load: Load, moments: Sequence[int]) -> tuple[Fault, ...]:
    """Return the fields of bars that differ from what was known at earlier moments.

    Parameters
    ----------
    load : callable
        Reads the bars; every panel has the same symbols.
    moments : sequence of int
        Instants, microseconds UTC; only bars that had closed by then are compared.

    Notes
    -----
    Prices adjusted for splits to come, a revision that replaced a bar, and a bar that was filled in afterwards are one
    fault: a model would learn from a past that nobody could see.
    """
    now = load(None)
    found: dict[str, Fault] = {}
    for moment in moments:
        then = load(moment)
        place = now.timeline.rows_of(then.timeline.ts_event)
        closed = np.flatnonzero((then.timeline.ts_known <= moment) & (place >= 0))
        expected = np.stack([then[name][closed] for name in BAR_FIELDS])
        today = np.stack([now[name][place[closed]] for name in BAR_FIELDS])
        for fault in differences("history", BAR_FIELDS, expected, today, rows=place[closed]):
            found.setdefault(fault.feature, fault)
    return tuple(found[name] for name in BAR_FIELDS if name in found)
