"""Evidence that a rule is broken: the places, and one sentence with the values that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from qts_core.data.quality.jumps import nearest_split

__all__ = ["NAMED", "Evidence", "evidence_of", "named_places", "step_words"]

NAMED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """One broken rule, with what shows it.

    Attributes
    ----------
    rule : str
        Key of ``RULES``.
    count : int
        How many bars, gaps, sessions or pairs, as the rule counts.
    symbols : tuple of str
        Symbols concerned, sorted.
    detail : str
        One sentence with values; empty when the rule's own sentence says it all.
    examples : tuple of str
        The first places in words.
    places : DataFrame
        Every place: `symbol`, `ts_event` and the values that matter.
    """

    rule: str
    count: int
    symbols: tuple[str, ...]
    detail: str
    examples: tuple[str, ...]
    places: pl.DataFrame


def evidence_of(
    rule: str,
    places: pl.DataFrame,
    detail: str = "",
    *,
    examples: Sequence[str] | None = None,
    count: int | None = None,
    symbols: Sequence[str] | None = None,
) -> Evidence:
    """Return evidence from the rows that show it.

    Parameters
    ----------
    rule : str
        Key of ``RULES``.
    places : DataFrame
        With `symbol` and `ts_event`; `symbol` may be of any text type.
    detail : str
        One sentence with values.
    examples : sequence of str, optional
        Places in words; symbol and time of the first rows by default.
    count : int, optional
        The number of rows by default.
    symbols : sequence of str, optional
        Those of the rows by default.
    """
    frame = places.with_columns(pl.col("symbol").cast(pl.String))
    named = frame["symbol"].unique().to_list() if symbols is None else symbols
    words = named_places(frame) if examples is None else _shortened(examples)
    height = frame.height if count is None else count
    return Evidence(rule, height, tuple(sorted(set(named))), detail, tuple(words), frame)


def named_places(frame: pl.DataFrame) -> list[str]:
    """Return symbol and time of the first rows in words, and how many more there are."""
    head = frame.select("symbol", "ts_event").head(NAMED)
    named = [f"{symbol} {moment:%Y-%m-%d %H:%M} UTC" for symbol, moment in head.iter_rows()]
    return named if frame.height <= NAMED else [*named, f"and {frame.height - NAMED} more"]


def step_words(symbol: str, moment: datetime, ratio: float, price: float) -> str:
    """Return a price step in words: symbol, day, size, the level reached and the split it is nearest to."""
    size = f"{ratio:.2f}x" if ratio >= 1 else f"1/{1 / ratio:.2f}"
    return f"{symbol} on {moment:%Y-%m-%d} ({size} to {price:.2f}, nearest split {nearest_split(ratio)})"


def _shortened(examples: Sequence[str]) -> list[str]:
    if len(examples) <= NAMED:
        return list(examples)
    return [*examples[:NAMED], f"and {len(examples) - NAMED} more"]
