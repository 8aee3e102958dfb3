"""Which symbols belong to the universe at which bar: one mask for labels, scores, orders and reports (spec. 15.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from qts_core.market.instruments import Instrument
from qts_core.market.time import day_number
from qts_core.market.timeline import Timeline

__all__ = ["Flags", "members_on", "membership_mask"]

Flags = NDArray[np.bool_]


def members_on(instruments: Sequence[Instrument], day: date) -> Flags:
    """Return which of N instruments belong to the universe on a trading day, bool [N]."""
    return np.array([instrument.is_member(day) for instrument in instruments], dtype=np.bool_)


def membership_mask(instruments: Sequence[Instrument], timeline: Timeline) -> Flags:
    """Return where each of N instruments belongs to the universe on T bars.

    Returns
    -------
    bool [T, N]
        True from the first bar of the first member day to the last bar of the last one; an auxiliary symbol's column
        is false throughout.
    """
    mask = np.ones((len(timeline), len(instruments)), dtype=np.bool_)
    for column, instrument in enumerate(instruments):
        if instrument.is_auxiliary:
            mask[:, column] = False
        if instrument.member_from is not None:
            mask[:, column] &= timeline.session >= day_number(instrument.member_from)
        if instrument.member_to is not None:
            mask[:, column] &= timeline.session <= day_number(instrument.member_to)
    return mask
