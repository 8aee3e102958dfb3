"""Rules about when bars stand: sessions, grid, time zone, order, the future (bad inputs B25 to B34)."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.grid import place_bars
from qts_core.data.quality.evidence import Evidence, evidence_of, named_places
from qts_core.data.quality.sheet import Sheet

__all__ = ["future", "order", "placement"]

WHERE = ("symbol", "ts_event", "ts_known", "source")
SHIFTS = (4, 5, -4, -5, 1, -1)


def placement(sheet: Sheet) -> list[Evidence]:
    """Ask whether bars start in sessions and on the grid, and whether another time zone would put them there."""
    found = []
    bars = sheet.bars
    outside = bars.filter(~pl.col("in_session"))
    if outside.height:
        found += _outside(sheet, outside.select(WHERE))
        found += _wrong_zone(sheet, outside)
    astray = bars.filter(~pl.col("on_grid"))
    if astray.height / bars.height > sheet.settings.max_off_grid_ratio:
        detail = (
            f"{astray.height / bars.height:.1%} of the bars do not start on the {sheet.bar_minutes}-minute grid of "
            f"the session, the first {named_places(astray)[0]}; a bar's time is its start"
        )
        found.append(evidence_of("off_grid_share", astray.select(WHERE), detail))
    elif astray.height:
        found.append(evidence_of("off_grid", astray.select(WHERE)))
    return found


def future(sheet: Sheet, latest: datetime) -> list[Evidence]:
    """Refuse bars that start after `latest`."""
    ahead = sheet.bars.filter(pl.col("ts_event") > latest).select(WHERE)
    if ahead.is_empty():
        return []
    detail = f"{ahead.height} bars lie in the future, the first {named_places(ahead)[0]}"
    return [evidence_of("future", ahead, detail)]


def order(sheet: Sheet) -> list[Evidence]:
    """Count rows that go back in time within a symbol; a revision that came later is in its place."""
    steps = sheet.given.select(
        "symbol",
        "ts_event",
        back=(pl.col("ts_event").diff().over("symbol").dt.total_microseconds() < 0)
        & (pl.col("ts_known").diff().over("symbol").dt.total_microseconds() <= 0),
    )
    backward = steps.filter(pl.col("back").fill_null(value=False)).select("symbol", "ts_event")
    return [evidence_of("unsorted", backward.sort("symbol", "ts_event"))] if backward.height else []


def _outside(sheet: Sheet, outside: pl.DataFrame) -> list[Evidence]:
    """Count bars out of session, and apart from them those on days without one."""
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    dated = outside.with_columns(session=day)
    days = dated["session"].unique().sort().to_list()
    closed = [d for d in days if sheet.calendar.on(d) is None]
    early = [d for d in days if (s := sheet.calendar.on(d)) is not None and s.is_half_day]
    words = f"{outside.height} bars ({outside.height / sheet.bars.height:.2%}) lie outside the regular session"
    if early:
        words += f", some of them on half-days such as {early[0]:%Y-%m-%d}"
    found = [evidence_of("out_of_session", outside, words)]
    if closed:
        places = dated.filter(pl.col("session").is_in(closed))
        detail = f"{places.height} bars lie on {len(closed)} days without a session, the first {closed[0]:%Y-%m-%d}"
        found.append(evidence_of("closed_day", places, detail))
    return found


def _wrong_zone(sheet: Sheet, outside: pl.DataFrame) -> list[Evidence]:
    """Refuse when a shift of whole hours would move summer's or winter's bars into the session."""
    starts = sheet.bars["ts_event"].to_physical().to_numpy()
    inside = sheet.bars["in_session"].to_numpy()
    whole = _better_shift(sheet, starts, inside, SHIFTS[:4])
    if whole is not None:
        detail = (
            f"{1 - inside.mean():.0%} of the bars lie outside the session and a shift of {whole:+d} hours would "
            "repair it: these look like local times labelled UTC; write them without a zone and give it "
            "(--tz America/New_York)"
        )
        named = sheet.bars["symbol"].unique().cast(pl.String).to_list()
        return [evidence_of("wrong_zone", outside.select(WHERE), detail, symbols=named)]
    offset = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.dst_offset()
    is_summer = sheet.bars.select(offset.dt.total_minutes() > 0).to_series().to_numpy()
    for name, part in (("summer", is_summer), ("winter", ~is_summer)):
        if not part.any() or not (~part).any():
            continue
        hours = _better_shift(sheet, starts[part], inside[part], SHIFTS)
        if hours is not None:
            detail = (
                f"{1 - inside[part].mean():.0%} of the bars in {name} lie outside the session and a shift of "
                f"{hours:+d} hours would repair it: the change of clocks was left out; give the local times with "
                "their zone (--tz America/New_York)"
            )
            return [evidence_of("wrong_zone", outside.select(WHERE), detail)]
    return []


def _better_shift(
    sheet: Sheet, starts: NDArray[np.int64], inside: NDArray[np.bool_], shifts: tuple[int, ...]
) -> int | None:
    """Return the shift in hours that would put the bars into sessions, None when they are there or none does."""
    share = float(inside.mean())
    least = sheet.settings.min_in_session_ratio
    if share >= least:
        return None
    # Local labels are off by four hours in summer and five in winter: each shift repairs its part of the year.
    repaired = {
        hours: float(
            np.mean(place_bars(starts, sheet.calendar, sheet.bar_minutes, shift_minutes=60 * hours).in_session)
        )
        for hours in shifts
    }
    best = max(repaired, key=repaired.__getitem__)
    return best if repaired[best] >= min(least, share + 0.25) else None
