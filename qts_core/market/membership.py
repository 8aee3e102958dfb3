"""Which symbols belong to the universe at which bar: one mask for labels, scores, orders and reports (spec. 15.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from qts_core.market.instruments import Instrument
from qts_core.market.time import day_number
from qts_core.market.timeline import Timeline

__all__ = [
    "FOR_EVER",
    "SINCE_EVER",
    "Flags",
    "MemberDays",
    "days_of",
    "is_between",
    "member_days",
    "members_on",
    "membership_mask",
]

Flags = NDArray[np.bool_]
MemberDays = NDArray[np.int64]
"""First and last trading day in the universe of each of N instruments, int64 [2, N], days since 1970, both included."""

SINCE_EVER, FOR_EVER = -(10**9), 10**9
"""Days that stand for no date; both are exact as floats."""


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
    mask = is_between(member_days(instruments), timeline.session)
    mask[:, [instrument.is_auxiliary for instrument in instruments]] = False
    return mask


def member_days(instruments: Sequence[Instrument]) -> MemberDays:
    """Return the dates of N instruments as numbers, whatever their role."""
    days = np.empty((2, len(instruments)), dtype=np.int64)
    for column, each in enumerate(instruments):
        days[0, column] = SINCE_EVER if each.member_from is None else day_number(each.member_from)
        days[1, column] = FOR_EVER if each.member_to is None else day_number(each.member_to)
    return days


def days_of(mask: Flags, timeline: Timeline) -> MemberDays:
    """Return the days of a mask [T, N]: for each instrument those of the first run of bars on which it is a member.

    A run that begins inside a session counts from the next one, and one that ends inside a session to its end, so that
    nothing before a bar depends on the mask from that bar on.
    """
    days = np.tile(np.array([[FOR_EVER], [SINCE_EVER]]), mask.shape[1])
    session = timeline.session
    for column in np.flatnonzero(mask.any(axis=0)).tolist():
        first = int(np.argmax(mask[:, column]))
        outside = np.flatnonzero(~mask[first:, column])
        is_inside = first > 0 and session[first] == session[first - 1]
        days[0, column] = session[first] + is_inside if first else SINCE_EVER
        days[1, column] = session[first + outside[0] - 1] if outside.size else FOR_EVER
    return days


def is_between(days: MemberDays, session: NDArray[np.int32] | NDArray[np.float64]) -> Flags:
    """Return which of N instruments are inside their dates on the trading days of B bars, bool [B, N]."""
    found: Flags = (session[:, None] >= days[0]) & (session[:, None] <= days[1])
    return found
