"""Collects the columns that the splits of a model look at, each once."""

from __future__ import annotations

from qts_core.models.compiled.flat import Column, Reading

__all__ = ["Columns"]


class Columns:
    """A growing list of distinct columns."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, Reading, float, frozenset[int]], int] = {}

    @property
    def all(self) -> tuple[Column, ...]:
        """The columns in the order of their places."""
        return tuple(Column(*key) for key in self._places)

    def place(self, feature: int, reading: Reading, missing: float, categories: frozenset[int] = frozenset()) -> int:
        """Return the place of a column, adding it if it is new."""
        return self._places.setdefault((feature, reading, missing, categories), len(self._places))
