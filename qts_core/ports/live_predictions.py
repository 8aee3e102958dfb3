"""What a model foretold beside the one that traded: one record a bar and shadow (specification 7.3)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats
from qts_core.market.time import Micros

__all__ = ["SHADOW_NOTE", "LivePrediction"]

SHADOW_NOTE = "shadow_prediction"
"""Kind of the journal's notes that hold these records."""


@dataclass(frozen=True, slots=True, eq=False)
class LivePrediction:
    """The scores of champion and shadow at one bar.

    Attributes
    ----------
    ts_event : int
        Start of the bar, microseconds UTC.
    champion, shadow : str
        Model ids.
    alias : str
        By which the shadow was loaded.
    horizons : tuple of int
        Bars that the scores of champion and shadow speak of.
    symbols : tuple of str
        The N columns.
    price : float64 [N]
        Close with splits taken out, USD; NaN = no bar.
    champion_score, shadow_score : float64 [N]
        Expected forward returns; NaN = no opinion.
    """

    ts_event: Micros
    champion: str
    shadow: str
    alias: str
    horizons: tuple[int, int]
    symbols: tuple[str, ...]
    price: Floats
    champion_score: Floats
    shadow_score: Floats

    def to_body(self) -> dict[str, object]:
        """Return plain values; NaN as null."""
        return {
            "ts_event": self.ts_event, "champion": self.champion, "shadow": self.shadow, "alias": self.alias,
            "horizons": list(self.horizons), "symbols": list(self.symbols), "price": _nulls(self.price),
            "champion_score": _nulls(self.champion_score), "shadow_score": _nulls(self.shadow_score),
        }  # fmt: skip

    @classmethod
    def from_text(cls, text: str) -> LivePrediction:
        """Read the JSON of :meth:`to_body`; KeyError, TypeError or ValueError if it is not one."""
        body = json.loads(text)
        first, second = body["horizons"]
        return cls(
            int(body["ts_event"]), str(body["champion"]), str(body["shadow"]), str(body["alias"]),
            (int(first), int(second)), tuple(map(str, body["symbols"])), _floats(body["price"]),
            _floats(body["champion_score"]), _floats(body["shadow_score"]),
        )  # fmt: skip


def _nulls(values: Floats) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
