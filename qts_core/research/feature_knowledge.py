"""When each row of features could be known: never before anything that it was made from (specification 5.3, leakage).

Windows and recursions make every row depend on all bars before it, across symbols too. So a row is known when its own
bar has ended and every bar and split up to it has come, revisions included: a running maximum. Rows with
``ts_known <= T`` then hold exactly what was computed at T, and that is what reading as of T asks for.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.actions.table import ActionKind, as_actions
from qts_core.data.quality.flags import real_bars
from qts_core.market.time import day_number, to_micros
from qts_core.market.timeline import Timeline

__all__ = ["known_rows"]


def known_rows(
    timeline: Timeline, bars: pl.DataFrame, actions: pl.DataFrame, floor: datetime | None = None
) -> NDArray[np.int64]:
    """Return when the features of each row of `timeline` could be known.

    Parameters
    ----------
    timeline : Timeline
        T rows.
    bars : DataFrame
        Of ``CLEAN_SCHEMA``, every version of every bar on the timeline that was used.
    actions : DataFrame
        Of ``ACTION_SCHEMA``; a split counts from its ex-date on. One without `ts_known` was known since ever.
    floor : datetime, optional
        When all that came before the timeline was known.

    Returns
    -------
    int64 [T]
        Microseconds UTC, never falling; without revisions the end of each bar.
    """
    known = timeline.ts_known.copy()
    if not len(known):
        return known
    if floor is not None:
        known[0] = max(known[0], to_micros(floor))
    arrived = real_bars(bars).group_by("ts_event").agg(pl.col("ts_known").max())
    rows = timeline.rows_of(arrived["ts_event"].to_physical().to_numpy())
    moments = arrived["ts_known"].to_physical().to_numpy()
    np.maximum.at(known, rows[rows >= 0], moments[rows >= 0])
    splits = as_actions(actions).filter((pl.col("kind") == ActionKind.SPLIT) & pl.col("ts_known").is_not_null())
    for ex_date, moment in splits.select("ex_date", "ts_known").iter_rows():
        row = int(np.searchsorted(timeline.session, day_number(ex_date)))
        if row < len(known):
            known[row] = max(known[row], to_micros(moment))
    return np.maximum.accumulate(known)
