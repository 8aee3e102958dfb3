"""Dense panels: float64 [T, N] per field, time-major, NaN where there is no bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qts_core.market.timeline import Timeline

__all__ = ["BAR_FIELDS", "Floats", "Panel"]

Floats = NDArray[np.float64]

BAR_FIELDS = ("open", "high", "low", "close", "volume", "factor")
"""Fields of a bar panel: raw prices and volume, and the `factor` of :meth:`Panel.chain_linked`."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """T bars of N symbols.

    Attributes
    ----------
    timeline : Timeline
        The T bars.
    symbols : tuple of str
        The N symbols, in the order of the columns.
    fields : mapping of str to float64 [T, N]
        C-contiguous arrays; NaN = no value. A panel of bars holds ``BAR_FIELDS``.
    """

    timeline: Timeline
    symbols: tuple[str, ...]
    fields: Mapping[str, Floats]

    def __post_init__(self) -> None:
        shape = (len(self.timeline), len(self.symbols))
        for name, values in self.fields.items():
            if values.shape != shape or values.dtype != np.float64:
                raise ValueError(f"field {name} is {values.dtype} {values.shape}, expected float64 {shape}")
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))

    def __len__(self) -> int:
        return len(self.timeline)

    def __getitem__(self, name: str) -> Floats:
        return self.fields[name]

    def rows(self, rows: slice) -> Panel:
        """Return the bars of `rows` as views."""
        return Panel(self.timeline[rows], self.symbols, {k: v[rows] for k, v in self.fields.items()})

    def columns(self, symbols: tuple[str, ...]) -> Panel:
        """Return a copy with `symbols` only, in that order.

        Raises
        ------
        KeyError
            If a symbol is not in the panel.
        """
        place = {s: i for i, s in enumerate(self.symbols)}
        picked = [place[s] for s in symbols]
        return Panel(self.timeline, symbols, {k: np.ascontiguousarray(v[:, picked]) for k, v in self.fields.items()})

    def chain_linked(self) -> Panel:
        """Return prices times `factor` and volume over it: known at the time, never changed afterwards."""
        factor = self.fields["factor"]
        linked = {name: self.fields[name] * factor for name in ("open", "high", "low", "close")}
        linked["volume"] = self.fields["volume"] / factor
        return Panel(self.timeline, self.symbols, linked)
