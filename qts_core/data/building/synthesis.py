"""Make 1-minute bars out of 15-minute ones, for replay at the pace of a live feed (specification 12.5).

The minutes are invented, their aggregate is not: building them back gives the very same open, high, low, close and
volume, bit for bit. Each (symbol, bar) has its own noise, so a slice gives the same minutes as the whole.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats, Panel
from qts_core.market.time import MICROS_PER_MINUTE
from qts_core.market.timeline import Timeline

__all__ = ["minute_timeline", "synthesise_minutes"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def minute_timeline(timeline: Timeline) -> Timeline:
    """Return the minutes of every bar of `timeline`, whose sessions must be whole for slots to be right."""
    counts = ((timeline.ts_known - timeline.ts_event) // MICROS_PER_MINUTE).astype(np.int64)
    firsts = np.repeat(np.cumsum(counts) - counts, counts)
    starts = np.repeat(timeline.ts_event, counts) + (np.arange(int(counts.sum())) - firsts) * MICROS_PER_MINUTE
    session = np.repeat(timeline.session, counts)
    edges = np.flatnonzero(np.r_[True, np.diff(session) != 0]) if len(session) else np.zeros(0, dtype=np.int64)
    lengths = np.diff(np.r_[edges, len(session)])
    slot = np.arange(len(session)) - np.repeat(edges, lengths)
    return Timeline(
        starts,
        starts + MICROS_PER_MINUTE,
        session,
        slot.astype(np.int16),
        np.repeat(lengths, lengths).astype(np.int16),
    )


def synthesise_minutes(bars: Panel) -> Panel:
    """Invent minutes for every bar.

    Parameters
    ----------
    bars : Panel
        ``BAR_FIELDS``, float64 [T, N], of bars that are all equally many whole minutes long.

    Returns
    -------
    Panel
        ``BAR_FIELDS`` of the minutes, float64 [T * minutes, N]; NaN where the bar is missing. Prices move in cents
        where the bar's do. Volumes of bars with whole volumes are whole.

    Raises
    ------
    ValueError
        If the bars differ in length.
    """
    lengths = np.unique((bars.timeline.ts_known - bars.timeline.ts_event) // MICROS_PER_MINUTE)
    if len(lengths) > 1:
        raise ValueError(f"bars of {lengths.tolist()} minutes cannot be split together")
    minutes = int(lengths[0]) if len(lengths) else 1
    noise = _uniform(bars, minutes)
    closes = _path(bars, minutes, noise)
    opens = np.concatenate([bars["open"][:, None, :], closes[:, :-1]], axis=1)
    highs, lows = _extremes(bars, opens, closes, noise)
    volume = _volume(bars["volume"], minutes, noise)
    factor = np.repeat(bars["factor"], minutes, axis=0)
    flat = (len(bars) * minutes, len(bars.symbols))
    fields = {"open": opens, "high": highs, "low": lows, "close": closes, "volume": volume}
    return Panel(
        minute_timeline(bars.timeline),
        bars.symbols,
        {**{name: np.ascontiguousarray(values.reshape(flat)) for name, values in fields.items()}, "factor": factor},
    )


def _uniform(bars: Panel, minutes: int) -> Floats:
    """Return noise in [0, 1) that depends on nothing but symbol, bar and minute, float64 [T, minutes + 4, N].

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA, figure 12 (SplitMix64).
    """
    names = np.array([zlib.crc32(s.encode()) for s in bars.symbols], dtype=np.uint64) << np.uint64(32)
    starts = (bars.timeline.ts_event // MICROS_PER_MINUTE).astype(np.uint64)
    steps = np.arange(minutes + 4, dtype=np.uint64)
    state = _mix(names[None, :] + starts[:, None])[:, None, :] + (steps[None, :, None] + np.uint64(1)) * GOLDEN
    noise: Floats = (_mix(state) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return noise


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _path(bars: Panel, minutes: int, noise: Floats) -> Floats:
    """Return closes of a bridge from open to close inside the bar's range, float64 [T, minutes, N]."""
    first, top, bottom, last = (bars[name][:, None, :] for name in ("open", "high", "low", "close"))
    walk = np.cumsum(noise[:, :minutes] - 0.5, axis=1)
    share = ((np.arange(minutes) + 1.0) / minutes)[None, :, None]
    bridge = walk - share * walk[:, -1:]
    path = first + share * (last - first) + bridge * (top - bottom) * (2.0 / np.sqrt(minutes))
    path = np.clip(_on_tick(path, bars), bottom, top)
    path[:, -1] = bars["close"]
    return path


def _extremes(bars: Panel, opens: Floats, closes: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Return highs and lows that stay inside the bar and touch each of its ends once, float64 [T, minutes, N]."""
    minutes = opens.shape[1]
    top, bottom = bars["high"][:, None, :], bars["low"][:, None, :]
    wick = (top - bottom) * 0.15
    upper, lower = np.maximum(opens, closes), np.minimum(opens, closes)
    highs = np.maximum(np.minimum(_on_tick(upper + wick * noise[:, 1 : minutes + 1], bars), top), upper)
    lows = np.minimum(np.maximum(_on_tick(lower - wick * noise[:, 2 : minutes + 2], bars), bottom), lower)
    # The ends are touched in the minute that came nearest to them anyway; noise decides between equals.
    tie = 1e-9 * noise[:, :minutes] * top
    highest = np.argmax(np.nan_to_num(upper + tie), axis=1)[:, None, :]
    lowest = np.argmin(np.nan_to_num(lower - tie), axis=1)[:, None, :]
    np.put_along_axis(highs, highest, top, axis=1)
    np.put_along_axis(lows, lowest, bottom, axis=1)
    return highs, lows


def _volume(volume: Floats, minutes: int, noise: Floats) -> Floats:
    """Return minute volumes, whole but for the last, that add up exactly in the order of time.

    Each but the last is a whole number, so every partial sum and the last one's remainder are exact in float64.
    """
    weight = 0.4 + noise[:, 3 : minutes + 3]
    weight /= weight.sum(axis=1, keepdims=True)
    parts: Floats = np.floor(volume[:, None, :] * weight)
    parts[:, -1] = volume - parts[:, :-1].sum(axis=1)
    return parts


def _on_tick(prices: Floats, bars: Panel) -> Floats:
    """Round to cents where all four prices of the bar are in cents, else to hundredths of a cent."""
    ends = np.stack([bars[name] for name in ("open", "high", "low", "close")])
    is_cents = (np.round(ends, 2) == ends).all(axis=0)[:, None, :]
    rounded: Floats = np.where(is_cents, np.round(prices, 2), np.round(prices, 4))
    return rounded
