"""Small pictures of a feature's values in text: a line for tables, a few lines for a terminal."""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["plot_lines", "sparkline"]

BLOCKS = "▁▂▃▄▅▆▇█"
EIGHTHS = " ▁▂▃▄▅▆▇█"
NONE = "·"
"""Stands where there is no value."""


def sparkline(values: Floats, width: int = 26) -> str:
    """Draw a series as one line of blocks from its smallest to its largest value.

    Parameters
    ----------
    values : float64 [T]
        NaN = no value; a column without any is a dot.
    width : int, default 26
        Characters; each is the mean of the values that fall to it.
    """
    columns = means(values, width)
    share = shares(columns)
    level = np.minimum((np.nan_to_num(share) * len(BLOCKS)).astype(np.int64), len(BLOCKS) - 1)
    return "".join(NONE if np.isnan(each) else BLOCKS[i] for each, i in zip(columns, level, strict=True))


def plot_lines(values: Floats, *, width: int = 72, height: int = 8) -> list[str]:
    """Draw a series as bars over `height` lines, the largest value written beside the first and the smallest last."""
    columns = means(values, width)
    eighths = np.round(np.nan_to_num(shares(columns)) * (8 * height - 1)).astype(np.int64) + 1
    known = columns[~np.isnan(columns)]
    top, bottom = (f"{known.max():.4g}", f"{known.min():.4g}") if len(known) else ("no value", "")
    margin = max(len(top), len(bottom))
    lines = []
    for line in range(height - 1, -1, -1):
        cells = np.clip(eighths - 8 * line, 0, 8)
        drawn = "".join(
            (NONE if line == 0 else " ") if np.isnan(each) else EIGHTHS[int(c)]
            for each, c in zip(columns, cells, strict=True)
        )
        label = top if line == height - 1 else bottom if line == 0 else ""
        lines.append(f"{label:>{margin}} {drawn}".rstrip())
    return lines


def means(values: Floats, width: int) -> Floats:
    """Return the mean of what falls to each of at most `width` columns, NaN where nothing has a value."""
    parts = np.array_split(np.asarray(values, dtype=np.float64), min(width, max(1, len(values))))
    return np.array([part[~np.isnan(part)].mean() if (~np.isnan(part)).any() else np.nan for part in parts])


def shares(columns: Floats) -> Floats:
    """Return where each value lies between the smallest, 0, and the largest, 1; a half when all are one."""
    known = columns[~np.isnan(columns)]
    if not len(known):
        return columns
    low, high = known.min(), known.max()
    span = high - low
    # what differs by rounding alone does not move
    if span <= 1e-12 * max(abs(low), abs(high)):
        return np.where(np.isnan(columns), np.nan, 0.5)
    scaled: Floats = (columns - low) / span
    return scaled
