"""Search spaces as data: ranges, log scales, integers, choices, and dimensions that exist only under a choice (7.3)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.base import Parameter

__all__ = ["Choice", "Dimension", "Number", "Point", "Space", "When"]

Point = Mapping[str, Parameter]
"""A value for each active dimension."""

When = tuple[tuple[str, tuple[Parameter, ...]], ...]
"""Earlier choices and the options under which a dimension exists; all of them must hold."""

MOST_POINTS = 1_000_000
SAME = 1e-9
HEIGHT = math.sqrt(0.5)
"""Of an option in the cube: two options are as far from each other as the ends of a range."""


@dataclass(frozen=True, slots=True)
class Number:
    """A range of numbers, both ends included.

    Attributes
    ----------
    low, high : float
    is_log : bool
        Whether equal ratios count as equal distances, as for learning rates.
    is_integer : bool
        Whole numbers only, as for counts of trees.
    """

    name: str
    low: float
    high: float
    is_log: bool = False
    is_integer: bool = False
    when: When = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name} goes from {self.low} to {self.high}, expected low below high")
        if self.is_log and self.low <= 0:
            raise ValueError(f"{self.name} begins with {self.low}, but a log scale needs numbers above 0")
        if self.is_integer and (self.low != int(self.low) or self.high != int(self.high)):
            raise ValueError(f"{self.name} goes from {self.low} to {self.high}, expected whole numbers")

    def value(self, place: float) -> Parameter:
        """Return the number at `place` of the scale, 0 to 1."""
        low, high = self._ends()
        found = low + (high - low) * min(max(place, 0.0), 1.0)
        plain = math.exp(found) if self.is_log else found
        if self.is_integer:
            return int(min(max(round(plain), self.low), self.high))
        return float(min(max(plain, self.low), self.high))

    def place(self, value: Parameter) -> float:
        """Return where `value` lies on the scale, 0 to 1."""
        if not isinstance(value, int | float):
            raise ValueError(f"{self.name} is {value!r}, expected a number")
        low, high = self._ends()
        return ((math.log(value) if self.is_log else float(value)) - low) / (high - low)

    def settled(self, places: Floats) -> Floats:
        """Return the places of the numbers at `places`: whole numbers lie on a grid."""
        clipped = np.clip(places, 0.0, 1.0)
        if not self.is_integer:
            return clipped
        low, high = self._ends()
        found = low + (high - low) * clipped
        whole = np.clip(np.round(np.exp(found) if self.is_log else found), self.low, self.high)
        return np.asarray(((np.log(whole) if self.is_log else whole) - low) / (high - low))

    def contains(self, value: Parameter) -> bool:
        """Whether `value` may be taken."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def levels(self, count: int) -> tuple[Parameter, ...]:
        """Return `count` numbers evenly spread over the scale, without repetition."""
        places = [0.5] if count == 1 else [i / (count - 1) for i in range(count)]
        return tuple(dict.fromkeys(self.value(place) for place in places))

    def _ends(self) -> tuple[float, float]:
        return (math.log(self.low), math.log(self.high)) if self.is_log else (float(self.low), float(self.high))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options that have no order, as for strategies."""

    name: str
    options: tuple[Parameter, ...]
    when: When = ()

    def __post_init__(self) -> None:
        if not self.options or len({repr(option) for option in self.options}) != len(self.options):
            raise ValueError(f"{self.name} chooses from {list(self.options)}, expected options that differ")

    def value(self, place: float) -> Parameter:
        """Return the option at `place`, 0 to 1, each as wide as the others."""
        return self.options[min(int(place * len(self.options)), len(self.options) - 1)]

    def contains(self, value: Parameter) -> bool:
        """Whether `value` may be taken."""
        return any(value == option and type(value) is type(option) for option in self.options)

    def levels(self, count: int) -> tuple[Parameter, ...]:
        """Return all options, whatever `count` says."""
        return self.options


Dimension = Number | Choice


@dataclass(frozen=True, slots=True)
class Space:
    """Dimensions in the order in which they are chosen.

    Raises
    ------
    ValueError
        If a name stands twice, or a condition names something other than an earlier choice and its options.
    """

    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        earlier: dict[str, Dimension] = {}
        for dimension in self.dimensions:
            if dimension.name in earlier:
                raise ValueError(f"{dimension.name} stands twice")
            for name, options in dimension.when:
                on = earlier.get(name)
                if not isinstance(on, Choice) or not options or not all(on.contains(o) for o in options):
                    raise ValueError(f"{dimension.name} depends on {name} {list(options)}, which is no earlier choice")
            earlier[dimension.name] = dimension

    def __len__(self) -> int:
        return len(self.dimensions)

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.dimensions)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the dimensions in order."""
        return tuple(dimension.name for dimension in self.dimensions)

    @property
    def width(self) -> int:
        """Columns of :meth:`encode`: one for each number, one for each option."""
        return sum(len(d.options) if isinstance(d, Choice) else 1 for d in self.dimensions)

    def point(self, places: Floats) -> dict[str, Parameter]:
        """Return the point at `places`, one number in [0, 1] for each dimension; inactive dimensions are left out."""
        chosen: dict[str, Parameter] = {}
        for dimension, place in zip(self.dimensions, places, strict=True):
            if is_active(dimension, chosen):
                chosen[dimension.name] = dimension.value(float(place))
        return chosen

    def contains(self, point: Point) -> bool:
        """Whether `point` gives each active dimension a value that it may take, and nothing else."""
        seen: dict[str, Parameter] = {}
        for dimension in self.dimensions:
            if is_active(dimension, seen):
                if dimension.name not in point or not dimension.contains(point[dimension.name]):
                    return False
                seen[dimension.name] = point[dimension.name]
        return set(seen) == set(point)

    def encode(self, point: Point) -> Floats:
        """Return `point` as float64 [width] in the unit cube: numbers by scale, options one-hot, inactive 0.5."""
        cells: list[float] = []
        for dimension in self.dimensions:
            is_there = dimension.name in point
            if isinstance(dimension, Choice):
                cells += [HEIGHT if is_there and o == point[dimension.name] else 0.0 for o in dimension.options]
            else:
                cells.append(dimension.place(point[dimension.name]) if is_there else 0.5)
        return np.array(cells)

    def encode_places(self, places: Floats) -> Floats:
        """Return what :meth:`encode` gives of the points at float64 [m, dimensions] places, float64 [m, width]."""
        option_of: dict[str, NDArray[np.int64]] = {}
        columns: list[Floats] = []
        for dimension, place in zip(self.dimensions, places.T, strict=True):
            active = np.ones(len(places), dtype=bool)
            for name, options in dimension.when:
                on = next(d for d in self.dimensions if d.name == name)
                assert isinstance(on, Choice), "conditions name choices"
                active &= np.isin(option_of[name], [i for i, option in enumerate(on.options) if option in options])
            if isinstance(dimension, Choice):
                count = len(dimension.options)
                chosen = np.where(active, np.minimum((place * count).astype(np.int64), count - 1), -1)
                option_of[dimension.name] = chosen
                columns += [HEIGHT * (chosen == i) for i in range(count)]
            else:
                columns.append(np.where(active, dimension.settled(place), 0.5))
        return np.stack(columns, axis=1)

    def grid(self, levels: int) -> tuple[dict[str, Parameter], ...]:
        """Return every combination of `levels` numbers of each range and every option, each point once.

        Raises
        ------
        ValueError
            If there are over a million.
        """
        sizes = [dimension.levels(levels) for dimension in self.dimensions]
        if math.prod(len(size) for size in sizes) > MOST_POINTS:
            raise ValueError(f"the grid has {math.prod(len(size) for size in sizes):,} points")
        found: dict[tuple[tuple[str, str], ...], dict[str, Parameter]] = {}
        for values in itertools.product(*sizes):
            point: dict[str, Parameter] = {}
            for dimension, value in zip(self.dimensions, values, strict=True):
                if is_active(dimension, point):
                    point[dimension.name] = value
            found.setdefault(tuple((name, repr(value)) for name, value in point.items()), point)
        return tuple(found.values())

    def neighbours(self, point: Point, *, step: float) -> tuple[dict[str, Parameter], ...]:
        """Return the points one `step` of a scale below and above `point` in each number, clipped to the space."""
        found = []
        for dimension in self.dimensions:
            if isinstance(dimension, Choice) or dimension.name not in point:
                continue
            here = dimension.place(point[dimension.name])
            for place in (here - step, here + step):
                value = dimension.value(place)
                if abs(dimension.place(value) - here) > SAME:
                    found.append({**point, dimension.name: value})
        return tuple(found)

    def as_dict(self) -> dict[str, dict[str, object]]:
        """Return the space as plain values, for its identity and for people."""
        return {dimension.name: _plain(dimension) for dimension in self.dimensions}


def is_active(dimension: Dimension, chosen: Point) -> bool:
    """Whether `dimension` exists under what was `chosen` before it."""
    return all(name in chosen and chosen[name] in options for name, options in dimension.when)


def _plain(dimension: Dimension) -> dict[str, object]:
    when = {"when": {name: list(options) for name, options in dimension.when}} if dimension.when else {}
    if isinstance(dimension, Choice):
        return {"choices": list(dimension.options), **when}
    scale = {"log": True} if dimension.is_log else {}
    whole = {"integer": True} if dimension.is_integer else {}
    ends = (int(dimension.low), int(dimension.high)) if dimension.is_integer else (dimension.low, dimension.high)
    return {"low": ends[0], "high": ends[1], **scale, **whole, **when}
